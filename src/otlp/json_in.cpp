#include "base/hex.hpp"
#include "codec/base64.hpp"
#include "codec/json_scan.hpp"
#include "codec/utf8.hpp"
#include "otlp/json.hpp"
#include "otlp/json_schema.hpp"
#include "otlp/json_text.hpp"
#include "otlp/wire.hpp"
#include "otlp/wire_writer.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace ark::otlp {

namespace {

namespace sj = simdjson::ondemand;
using json::Kind;
using json::Rule;
using json::Schema;

// simdjson's debug builds keep 1024 levels; a value nested as a map takes five of JSON.
constexpr std::uint32_t nesting_hard_max = 128;
// Removing what an earlier occurrence of a key wrote costs a scan of its message: honest senders never repeat one.
constexpr int repeats_max = 100;
// A thread keeps its parser's index only for documents up to this size: six bytes a byte of JSON.
constexpr std::size_t parser_kept_max = 4u << 20;

sj::parser& thread_parser() {
    thread_local sj::parser parser;
    return parser;
}

/// The bytes of hex text, or one byte that no id consists of: the item is then rejected on its own, not the request.
std::string_view id_bytes(std::string_view text, std::span<char> room) {
    const std::size_t size = text.size() / 2;
    const std::span<std::uint8_t> out(reinterpret_cast<std::uint8_t*>(room.data()), std::min(size, room.size()));
    if (size > room.size() || !parse_hex(text, out)) return "?";
    return {room.data(), size};
}

/// JSON to protobuf, field by field, without a tree. Functions return false when the document is bad and leave the
/// reason.
class Transcoder {
public:
    Transcoder(const Buffer& json, std::uint32_t nesting_max)
        : json_(json),
          nesting_max_(std::min(nesting_max, nesting_hard_max)),
          buffer_(json.size() + 64),
          out_(buffer_) {}

    Result<Buffer> run(sj::parser& parser, const Schema& root) {
        if (json_.empty()) return bad("an empty body", 0);
        if (const auto error =
                parser.iterate(json_.data(), json_.size(), json_.size() + Buffer::slack).get(document_)) {
            if (error == simdjson::UTF8_ERROR) return bad("invalid UTF-8", codec::utf8_error_offset(json_.view()));
            return bad(simdjson::error_message(error), json_.size());
        }
        sj::object object;
        const auto error = document_.get_object().get(object);
        if (error ? !failed(error) : !message(object, root, 0)) return bad(why_, place());
        const char* behind = nullptr;
        if (document_.current_location().get(behind) != simdjson::OUT_OF_BOUNDS) {
            return bad("text behind the document", place());
        }
        return std::move(buffer_);
    }

private:
    bool message(sj::object object, const Schema& schema, std::uint32_t depth) {
        const std::size_t body = buffer_.size();
        std::uint32_t seen = 0;
        std::size_t expected = 0;
        for (auto each : object) {
            sj::field field;
            if (auto error = std::move(each).get(field)) return failed(error);
            const Rule* rule = nullptr;
            if (!find_rule(field, schema, expected, rule)) return false;
            if (rule == nullptr) continue;  // unknown keys are ignored
            auto& value = field.value();
            const char first = first_char(value);
            if (first == 'n') {
                if (!skip_null(value)) return false;
                continue;
            }
            const std::uint32_t bit = 1u << (rule - schema.rules.data());
            const bool repeated = schema.is_any_value ? seen != 0 : (seen & bit) != 0;
            if (repeated && !forget(body, schema, rule->tag)) return false;
            seen |= bit;
            if (!this->field(value, first, *rule, schema, depth)) return false;
        }
        return true;
    }

    /// Keys mostly come in the schema's order, so the search goes on behind the last one found.
    bool find_rule(sj::field& field, const Schema& schema, std::size_t& expected, const Rule*& out) {
        const char* const raw = field.key().raw();
        const std::size_t count = schema.rules.size();
        for (std::size_t i = 0, at = expected; i < count; ++i, at = at + 1 < count ? at + 1 : 0) {
            if (!schema.rules[at].key.is(raw)) continue;
            out = &schema.rules[at];
            expected = at + 1 < count ? at + 1 : 0;
            return true;
        }
        return find_escaped_rule(field, schema, out);
    }

    /// An unknown key, or a known one that somebody wrote with escapes.
    bool find_escaped_rule(sj::field& field, const Schema& schema, const Rule*& out) {
        const char* const raw = field.key().raw();
        std::size_t size = 0;
        unsigned mask = 0;
        while ((mask = codec::json_special_mask(raw + size)) == 0)
            size += codec::json_block;
        size += static_cast<std::size_t>(std::countr_zero(mask));
        if (raw[size] == '"') return true;
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return failed(error);
        for (const Rule& rule : schema.rules) {
            if (rule.key.name() == key) out = &rule;
        }
        return true;
    }

    /// Tells a value's type well enough: what gets the value checks the rest.
    static char first_char(sj::value& value) { return value.raw_json_token().front(); }

    bool skip_null(sj::value& value) {
        bool null = false;
        if (auto error = value.is_null().get(null)) return failed(error);
        return null || refuse("not a value");
    }

    bool field(sj::value& value, char first, const Rule& rule, const Schema& schema, std::uint32_t depth) {
        const bool keep_default = schema.is_any_value;
        switch (rule.kind) {
            case Kind::text:
                return text(value, rule.tag, keep_default);
            case Kind::id:
                return id(value, rule.tag);
            case Kind::base64:
                return base64(value, rule.tag);
            case Kind::boolean: {
                bool flag = false;
                if (auto error = value.get_bool().get(flag)) return failed(error);
                return varint(rule.tag, flag ? 1 : 0, keep_default);
            }
            case Kind::int64: {
                std::int64_t number = 0;
                return integer(value, first, number) &&
                       varint(rule.tag, static_cast<std::uint64_t>(number), keep_default);
            }
            case Kind::enumeration: {
                std::int32_t number = 0;
                if (!enumeration(value, first, number)) return false;
                return varint(rule.tag, static_cast<std::uint64_t>(std::int64_t{number}), keep_default);
            }
            case Kind::uint32: {
                std::uint32_t number = 0;
                return integer(value, first, number) && varint(rule.tag, number, keep_default);
            }
            case Kind::fixed64: {
                std::uint64_t number = 0;
                if (!integer(value, first, number)) return false;
                if (number != 0) out_.fixed64_field(rule.tag, number);
                return true;
            }
            case Kind::fixed32: {
                std::uint32_t number = 0;
                if (!integer(value, first, number)) return false;
                if (number != 0) out_.fixed32_field(rule.tag, number);
                return true;
            }
            case Kind::real: {
                double number = 0;
                if (!real(value, first, number)) return false;
                out_.fixed64_field(rule.tag, std::bit_cast<std::uint64_t>(number));
                return true;
            }
            case Kind::message:
                return nested(value, rule, depth);
            case Kind::messages:
            case Kind::texts:
                return repeated(value, rule, depth);
        }
        return refuse("a rule without a kind");
    }

    bool nested(sj::value& value, const Rule& rule, std::uint32_t depth) {
        const Schema& schema = *rule.message;
        const std::uint32_t inner = depth + (schema.is_container ? 1 : 0);
        if (inner > nesting_max_) return refuse("a value nested too deep");
        sj::object object;
        if (auto error = value.get_object().get(object)) return failed(error);
        const auto around = out_.begin(rule.tag, schema.usual_size);
        if (!message(object, schema, inner)) return false;
        out_.end(around);
        return true;
    }

    bool repeated(sj::value& value, const Rule& rule, std::uint32_t depth) {
        sj::array array;
        if (auto error = value.get_array().get(array)) return failed(error);
        const bool pairs = rule.kind == Kind::messages && rule.message->is_pair;
        for (auto each : array) {
            sj::value element;
            if (auto error = std::move(each).get(element)) return failed(error);
            if (pairs && plain_pair(element, rule.tag)) continue;  // the array passes over what was not asked for
            if (first_char(element) == 'n') {
                // An element cannot be absent without moving the others: it is the empty one.
                if (!skip_null(element)) return false;
                out_.bytes_field(rule.tag, {});
            } else if (rule.kind == Kind::texts ? !text(element, rule.tag, true) : !nested(element, rule, depth)) {
                return false;
            }
        }
        return true;
    }

    /// Writes an attribute of the usual kind without a look at its single tokens. False: nothing was done.
    bool plain_pair(sj::value& value, std::uint32_t tag) {
        json::PlainPair pair;
        if (!json::match_plain_pair(value.raw_json_token().data(), pair)) return false;
        constexpr auto field = [](std::size_t size) { return 1 + wire::varint_size(size) + size; };
        const auto integer = static_cast<std::uint64_t>(pair.integer);
        const std::size_t inside = pair.is_integer ? 1 + wire::varint_size(integer) : field(pair.text.size());
        out_.begin_sized(tag, field(pair.key.size()) + field(inside));
        out_.bytes_field(wire::tag(1, wire::bytes), pair.key);
        out_.begin_sized(wire::tag(2, wire::bytes), inside);
        if (pair.is_integer) {
            out_.varint_field(wire::tag(3, wire::varint), integer);
        } else {
            out_.bytes_field(wire::tag(1, wire::bytes), pair.text);
        }
        return true;
    }

    bool text(sj::value& value, std::uint32_t tag, bool keep_default) {
        const std::size_t longest = value.raw_json_token().size();
        sj::raw_json_string raw;
        if (auto error = value.get_raw_json_string().get(raw)) return failed(error);
        if (raw.raw()[0] == '"' && !keep_default) return true;
        const auto around = out_.begin(tag, longest - 2);
        if (!json::append_unescaped(raw.raw(), longest, out_)) return refuse("an invalid escape in a text");
        out_.end(around);
        return true;
    }

    bool id(sj::value& value, std::uint32_t tag) {
        sj::raw_json_string raw;
        if (auto error = value.get_raw_json_string().get(raw)) return failed(error);
        const char* const begin = raw.raw();
        const char* end = begin;
        while (*end != '"' && *end != '\\')
            ++end;  // an escape is no hex digit either: what is before it decides
        char room[64];
        const auto bytes = *end == '"' ? id_bytes({begin, static_cast<std::size_t>(end - begin)}, room) : "?";
        if (!bytes.empty()) out_.bytes_field(tag, bytes);
        return true;
    }

    bool base64(sj::value& value, std::uint32_t tag) {
        std::string_view text;
        if (auto error = value.get_string().get(text)) return failed(error);
        const auto bytes = codec::from_base64(text);
        if (!bytes) return refuse("bytes that are not base64");
        out_.bytes_field(tag, *bytes);
        return true;
    }

    bool varint(std::uint32_t tag, std::uint64_t number, bool keep_default) {
        if (number != 0 || keep_default) out_.varint_field(tag, number);
        return true;
    }

    /// A number, or the same as text; also 1.0 and 1e3, as proto3 JSON has it, but nothing that has a fraction or does
    /// not fit.
    template <class Integer>
    bool integer(sj::value& value, char first, Integer& out) {
        double real_number = 0;
        if (first == '"') {
            sj::raw_json_string raw;
            if (auto error = value.get_raw_json_string().get(raw)) return failed(error);
            const char* const limit = raw.raw() + Buffer::slack / 2;  // a quote or the slack ends it before
            const auto read = std::from_chars(raw.raw(), limit, out);
            if (read.ec == std::errc() && *read.ptr == '"') return true;
            if (!decimal_text(raw.raw(), real_number)) return refuse("not an integer");
        } else {
            std::int64_t number = 0;
            std::uint64_t wide = 0;
            if (!value.get_int64().get(number)) return fit(number, out);
            if (!value.get_uint64().get(wide)) return fit(wide, out);
            if (auto error = value.get_double().get(real_number)) return failed(error);
        }
        const double limit = std::ldexp(1.0, std::numeric_limits<Integer>::digits);
        const double lowest = std::is_signed_v<Integer> ? -limit : 0;
        if (real_number != std::trunc(real_number) || real_number < lowest || real_number >= limit) {
            return refuse("not an integer of this size");
        }
        out = static_cast<Integer>(real_number);
        return true;
    }

    /// A number, by specification; or a name, as senders write that leave the mapping to a protobuf library: refusing
    /// it would lose the whole export.
    bool enumeration(sj::value& value, char first, std::int32_t& out) {
        const auto token = value.raw_json_token();
        if (first != '"' || token.size() < 2 || token[1] < 'A' || token[1] > 'Z') return integer(value, first, out);
        sj::raw_json_string raw;
        if (auto error = value.get_raw_json_string().get(raw)) return failed(error);
        const std::string_view text(raw.raw(), token.size() - 1);
        out = json::enum_number(text.substr(0, text.find('"')));
        return true;
    }

    template <class From, class To>
    bool fit(From number, To& out) {
        if (!std::in_range<To>(number)) return refuse("an integer that does not fit");
        out = static_cast<To>(number);
        return true;
    }

    bool real(sj::value& value, char first, double& out) {
        if (first != '"') {
            const auto error = value.get_double().get(out);
            return !error || failed(error);
        }
        sj::raw_json_string raw;
        if (auto error = value.get_raw_json_string().get(raw)) return failed(error);
        constexpr double infinity = std::numeric_limits<double>::infinity();
        const std::pair<std::string_view, double> words[] = {
            {"NaN\"", std::numeric_limits<double>::quiet_NaN()}, {"Infinity\"", infinity}, {"-Infinity\"", -infinity}};
        for (const auto& [word, meaning] : words) {
            if (std::string_view(raw.raw(), word.size()) != word) continue;
            out = meaning;
            return true;
        }
        return decimal_text(raw.raw(), out) || refuse("not a number");
    }

    static bool decimal_text(const char* raw, double& out) {
        const char digit = raw[0] == '-' ? raw[1] : raw[0];
        if (digit < '0' || digit > '9') return false;  // from_chars would also take "inf" and ".5"
        std::size_t size = 0;
        while (raw[size] != '"' && raw[size] != '\\')
            ++size;
        const auto read = std::from_chars(raw, raw + size, out);
        return read.ec == std::errc() && *read.ptr == '"';
    }

    /// Of repeated keys the last wins: takes out what the earlier one wrote into the message that began at `body`.
    bool forget(std::size_t body, const Schema& schema, std::uint32_t tag) {
        if (++repeats_ > repeats_max) return refuse("too many repeated keys");
        std::size_t kept = body;
        if (!schema.is_any_value) {
            wire::Reader reader(buffer_.view().substr(body));
            const char* begin = reader.position();
            for (wire::Field each; reader.next(each); begin = reader.position()) {
                if (each.tag == tag) continue;
                const auto size = static_cast<std::size_t>(reader.position() - begin);
                std::memmove(buffer_.data() + kept, begin, size);
                kept += size;
            }
        }
        buffer_.resize(kept);
        return true;
    }

    bool failed(simdjson::error_code error) { return refuse(simdjson::error_message(error)); }
    bool refuse(const char* why) {
        why_ = why;
        return false;
    }

    std::size_t place() {
        const char* at = nullptr;
        if (document_.current_location().get(at) != simdjson::SUCCESS) return json_.size();
        return std::min(json_.size(), static_cast<std::size_t>(at - json_.data()));
    }
    static Error bad(std::string_view why, std::size_t offset) {
        return fail(Errc::bad_payload, fmt::format("OTLP/JSON: {} near byte {}", why, offset));
    }

    const Buffer& json_;
    const std::uint32_t nesting_max_;
    sj::document document_;
    Buffer buffer_;
    wire::Writer out_;
    const char* why_ = "";
    int repeats_ = 0;
};

Result<Buffer> transcode(const Buffer& json, std::uint32_t nesting_max, const Schema& root) {
    Transcoder transcoder(json, nesting_max);
    if (json.size() <= parser_kept_max) return transcoder.run(thread_parser(), root);
    sj::parser parser;
    return transcoder.run(parser, root);
}

}  // namespace

Result<Buffer> traces_from_json(const Buffer& json, std::uint32_t nesting_max) {
    return transcode(json, nesting_max, json::traces_request);
}

Result<Buffer> logs_from_json(const Buffer& json, std::uint32_t nesting_max) {
    return transcode(json, nesting_max, json::logs_request);
}

}  // namespace ark::otlp
