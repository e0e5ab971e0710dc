#include "codec/json_value.hpp"

#include "base/buffer.hpp"
#include "codec/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <simdjson.h>

namespace ark::codec {

namespace {

namespace sj = simdjson::ondemand;

const JsonValue null_value;
const JsonValue::Array no_array;
const JsonValue::Object no_object;

// A thread keeps its parser's memory for documents up to this size: about six bytes a byte of JSON.
constexpr std::size_t parser_kept_max = 64u << 10;

sj::parser& thread_parser() {
    thread_local sj::parser parser;
    return parser;
}

/// Builds the tree. simdjson's on-demand front end checks only what is visited, so everything is visited.
class TreeBuilder {
public:
    explicit TreeBuilder(std::size_t nesting_max) : nesting_max_(nesting_max) {}

    simdjson::error_code build(sj::value value, JsonValue& out, std::size_t depth) {
        if (depth > nesting_max_) return simdjson::DEPTH_ERROR;
        sj::json_type type;
        if (auto error = value.type().get(type)) return error;
        switch (type) {
            case sj::json_type::object:
                return build_object(value, out, depth);
            case sj::json_type::array:
                return build_array(value, out, depth);
            case sj::json_type::string:
                return build_string(value, out);
            case sj::json_type::number:
                return build_number(value, out);
            case sj::json_type::boolean:
                return value.get_bool().get(out.data.emplace<bool>());
            case sj::json_type::null:
                break;
        }
        bool null = false;
        const auto error = value.is_null().get(null);
        return error ? error : null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
    }

private:
    simdjson::error_code build_object(sj::value value, JsonValue& out, std::size_t depth) {
        auto& members = out.data.emplace<JsonValue::Object>();
        sj::object object;
        if (auto error = value.get_object().get(object)) return error;
        for (auto each : object) {
            sj::field field;
            if (auto error = std::move(each).get(field)) return error;
            std::string_view key;
            if (auto error = field.unescaped_key().get(key)) return error;
            auto& member = members.emplace_back(std::string(key), JsonValue{});
            if (auto error = build(field.value(), member.second, depth + 1)) return error;
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code build_array(sj::value value, JsonValue& out, std::size_t depth) {
        auto& elements = out.data.emplace<JsonValue::Array>();
        sj::array array;
        if (auto error = value.get_array().get(array)) return error;
        for (auto each : array) {
            sj::value element;
            if (auto error = std::move(each).get(element)) return error;
            if (auto error = build(element, elements.emplace_back(), depth + 1)) return error;
        }
        return simdjson::SUCCESS;
    }

    static simdjson::error_code build_string(sj::value value, JsonValue& out) {
        std::string_view text;
        if (auto error = value.get_string().get(text)) return error;
        out.data.emplace<std::string>(text);
        return simdjson::SUCCESS;
    }

    static simdjson::error_code build_number(sj::value value, JsonValue& out) {
        sj::number number;
        if (value.get_number().get(number)) {
            // An integer beyond 64 bits is still JSON; as for every reader of JSON, it is a double.
            return value.get_double().get(out.data.emplace<double>());
        }
        switch (number.get_number_type()) {
            case sj::number_type::signed_integer:
                out.data = number.get_int64();
                break;
            case sj::number_type::unsigned_integer:
                out.data = number.get_uint64();
                break;
            case sj::number_type::floating_point_number:
                out.data = number.get_double();
                break;
        }
        return simdjson::SUCCESS;
    }

    std::size_t nesting_max_;
};

Error bad_json(std::string_view why, std::size_t offset) {
    return fail(Errc::bad_payload, fmt::format("JSON: {} at byte {}", why, offset));
}

void write_pretty(const JsonValue& value, std::string& out, int indent, std::size_t depth) {
    const auto new_line = [&](std::size_t levels) {
        out.push_back('\n');
        out.append(levels * static_cast<std::size_t>(indent), ' ');
    };
    if (value.is_object() && value.size() > 0) {
        const char* separator = "{";
        for (const auto& [name, member] : value.object()) {
            out.append(separator);
            new_line(depth + 1);
            JsonWriter(out).key(name);
            out.push_back(' ');
            write_pretty(member, out, indent, depth + 1);
            separator = ",";
        }
        new_line(depth);
        out.push_back('}');
    } else if (value.is_array() && value.size() > 0) {
        const char* separator = "[";
        for (const auto& element : value.array()) {
            out.append(separator);
            new_line(depth + 1);
            write_pretty(element, out, indent, depth + 1);
            separator = ",";
        }
        new_line(depth);
        out.push_back(']');
    } else {
        JsonWriter json(out);
        value.write(json);
    }
}

struct Writer {
    JsonWriter& json;

    void operator()(std::nullptr_t) const { json.null(); }
    void operator()(bool value) const { json.boolean(value); }
    void operator()(std::int64_t value) const { json.number(value); }
    void operator()(std::uint64_t value) const { json.unsigned_number(value); }
    void operator()(double value) const { json.real(value); }
    void operator()(const std::string& value) const { json.string(value); }
    void operator()(const JsonValue::Array& array) const {
        json.begin_array();
        for (const auto& element : array)
            element.write(json);
        json.end_array();
    }
    void operator()(const JsonValue::Object& object) const {
        json.begin_object();
        for (const auto& [name, member] : object) {
            json.key(name);
            member.write(json);
        }
        json.end_object();
    }
};

}  // namespace

Result<JsonValue> JsonValue::parse(std::string_view text, std::size_t nesting_max) {
    // simdjson wants slack behind the text, so it is copied anyway; inside brackets a lone scalar is no special case,
    // and whatever follows the first value shows up as a second element or as a token behind the end.
    Buffer wrapped(text.size() + 2);
    wrapped.append("[");
    wrapped.append(text);
    wrapped.append("]");

    sj::parser own;
    auto& parser = wrapped.size() <= parser_kept_max ? thread_parser() : own;
    sj::document document;
    const auto opened = parser.iterate(wrapped.view(), wrapped.size() + Buffer::slack).get(document);
    if (opened == simdjson::UTF8_ERROR) return bad_json("invalid UTF-8", utf8_error_offset(text));
    if (opened) return bad_json(simdjson::error_message(opened), text.size());
    const auto place = [&] {
        const char* at = nullptr;
        const bool beyond = document.current_location().get(at) != simdjson::SUCCESS;
        const auto offset = beyond ? wrapped.size() : static_cast<std::size_t>(at - wrapped.data());
        return std::min(text.size(), offset - std::min<std::size_t>(offset, 1));
    };

    sj::array around;
    if (auto error = document.get_array().get(around)) return bad_json(simdjson::error_message(error), place());
    JsonValue result;
    std::size_t values = 0;
    for (auto each : around) {
        sj::value value;
        auto error = std::move(each).get(value);
        if (!error && ++values == 2) return bad_json("more than one value", place());
        if (!error) error = TreeBuilder(nesting_max).build(value, result, 0);
        if (error) return bad_json(simdjson::error_message(error), place());
    }
    if (values == 0) return bad_json("no value", text.size());
    const char* behind = nullptr;
    if (document.current_location().get(behind) != simdjson::OUT_OF_BOUNDS) {
        return bad_json("text behind the value", place());
    }
    return result;
}

const JsonValue& JsonValue::operator[](std::string_view name) const {
    const auto& members = object();
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
        if (member->first == name) return member->second;
    }
    return null_value;
}

const JsonValue& JsonValue::operator[](std::size_t index) const {
    const auto& elements = array();
    return index < elements.size() ? elements[index] : null_value;
}

std::size_t JsonValue::size() const {
    return is_array() ? array().size() : object().size();
}

const JsonValue::Array& JsonValue::array() const {
    const auto* array = std::get_if<Array>(&data);
    return array != nullptr ? *array : no_array;
}

const JsonValue::Object& JsonValue::object() const {
    const auto* object = std::get_if<Object>(&data);
    return object != nullptr ? *object : no_object;
}

std::string_view JsonValue::text(std::string_view fallback) const {
    const auto* text = std::get_if<std::string>(&data);
    return text != nullptr ? std::string_view(*text) : fallback;
}

std::int64_t JsonValue::integer(std::int64_t fallback) const {
    constexpr auto max = std::numeric_limits<std::int64_t>::max();
    if (const auto* number = std::get_if<std::int64_t>(&data)) return *number;
    if (const auto* number = std::get_if<std::uint64_t>(&data)) {
        return *number <= std::uint64_t{max} ? static_cast<std::int64_t>(*number) : fallback;
    }
    if (const auto* number = std::get_if<double>(&data)) {
        return std::abs(*number) < 0x1p63 ? static_cast<std::int64_t>(*number) : fallback;
    }
    if (const auto* digits = std::get_if<std::string>(&data)) {
        std::int64_t value = 0;
        const auto* end = digits->data() + digits->size();
        const auto read = std::from_chars(digits->data(), end, value);
        if (read.ec == std::errc() && read.ptr == end) return value;
    }
    return fallback;
}

double JsonValue::real(double fallback) const {
    if (const auto* number = std::get_if<double>(&data)) return *number;
    if (const auto* number = std::get_if<std::int64_t>(&data)) return static_cast<double>(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&data)) return static_cast<double>(*number);
    return fallback;
}

bool JsonValue::boolean(bool fallback) const {
    const auto* value = std::get_if<bool>(&data);
    return value != nullptr ? *value : fallback;
}

JsonValue* JsonValue::find(std::string_view name) {
    auto* members = std::get_if<Object>(&data);
    if (members == nullptr) return nullptr;
    const auto found = std::find_if(members->rbegin(), members->rend(), [&](auto& m) { return m.first == name; });
    return found == members->rend() ? nullptr : &found->second;
}

JsonValue& JsonValue::set(std::string_view name, JsonValue value) {
    if (auto* member = find(name)) return *member = std::move(value);
    if (!is_object()) data.emplace<Object>();
    return std::get<Object>(data).emplace_back(std::string(name), std::move(value)).second;
}

bool JsonValue::erase(std::string_view name) {
    auto* members = std::get_if<Object>(&data);
    return members != nullptr && std::erase_if(*members, [&](const auto& m) { return m.first == name; }) > 0;
}

bool operator==(const JsonValue& a, const JsonValue& b) {
    if (a.is_object() && b.is_object()) {
        return a.size() == b.size() && std::all_of(a.object().begin(), a.object().end(), [&](const auto& member) {
                   const auto& other = b[member.first];
                   // operator[] answers null for what is not there.
                   const auto names = [&](const auto& m) { return m.first == member.first; };
                   return member.second == other &&
                          (!other.is_null() || std::any_of(b.object().begin(), b.object().end(), names));
               });
    }
    const auto is_number = [](const JsonValue& v) { return v.data.index() >= 2 && v.data.index() <= 4; };
    if (a.data.index() != b.data.index() && is_number(a) && is_number(b)) return a.real() == b.real();
    return a.data == b.data;
}

void JsonValue::write(JsonWriter& json) const {
    std::visit(Writer{json}, data);
}

std::string JsonValue::dump() const {
    std::string out;
    JsonWriter json(out);
    write(json);
    return out;
}

std::string JsonValue::pretty(int indent) const {
    std::string out;
    write_pretty(*this, out, indent, 0);
    return out;
}

}  // namespace ark::codec
