#include "tools/schema.hpp"

#include <algorithm>
#include <cmath>

namespace ark::tools {

namespace {

using codec::JsonValue;

constexpr std::size_t depth_max = 64;
constexpr std::size_t steps_max = 100'000;  // alternatives within alternatives multiply

bool is_number(const JsonValue& value) {
    return std::holds_alternative<std::int64_t>(value.data) || std::holds_alternative<std::uint64_t>(value.data) ||
           std::holds_alternative<double>(value.data);
}

bool is_integer(const JsonValue& value) {
    if (const auto* const real = std::get_if<double>(&value.data)) return std::trunc(*real) == *real;
    return is_number(value);
}

bool has_type(const JsonValue& value, std::string_view type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return std::holds_alternative<bool>(value.data);
    if (type == "null") return value.is_null();
    if (type == "integer") return is_integer(value);
    if (type == "number") return is_number(value);
    return true;
}

bool same(const JsonValue& a, const JsonValue& b) {
    if (is_number(a) && is_number(b)) return a.real() == b.real();
    return a.dump() == b.dump();
}

/// Characters, not bytes: continuation bytes do not count.
std::size_t length(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class Checker {
public:
    Checker(const JsonValue& root, std::size_t sentences_max) : root_(root), sentences_max_(sentences_max) {}

    void check(const JsonValue& given, const JsonValue& value, const std::string& at, std::size_t depth = 0) {
        if (full() || depth > depth_max || ++steps_ > steps_max) return;
        if (const auto* const all = std::get_if<bool>(&given.data)) {
            if (!*all) say(at, "nothing is allowed here");
            return;
        }
        if (const auto ref = given["$ref"].text(); !ref.empty()) return check(resolve(ref), value, at, depth + 1);
        if (!check_type(given["type"], value, at)) return;
        check_values(given, value, at);
        if (value.is_object()) check_object(given, value, at, depth);
        if (value.is_array()) check_array(given, value, at, depth);
        if (value.is_string())
            check_bounds(given, static_cast<double>(length(value.text())), at, "Length", "characters");
        if (is_number(value)) check_number(given, value.real(), at);
        check_combinations(given, value, at, depth);
    }
    std::vector<std::string> sentences;

private:
    bool full() const { return sentences.size() >= sentences_max_; }
    void say(const std::string& at, std::string what) {
        if (!full()) sentences.push_back(at + ": " + std::move(what));
    }
    bool fits(const JsonValue& schema, const JsonValue& value, std::size_t depth) {
        Checker inner(root_, 1);
        inner.steps_ = steps_;
        inner.check(schema, value, "$", depth + 1);
        steps_ = inner.steps_;
        return inner.sentences.empty();
    }
    /// "#/$defs/city"; anything else allows everything: remote schemas are never fetched.
    const JsonValue& resolve(std::string_view ref) const {
        static const JsonValue anything;
        if (!ref.starts_with('#')) return anything;
        const auto* at = &root_;
        ref.remove_prefix(1);
        while (ref.starts_with('/')) {
            ref.remove_prefix(1);
            const auto name = ref.substr(0, ref.find('/'));
            at = &(*at)[name];
            ref.remove_prefix(name.size());
        }
        return *at;
    }
    bool check_type(const JsonValue& type, const JsonValue& value, const std::string& at) {
        if (type.is_string()) {
            if (has_type(value, type.text())) return true;
            say(at, "a value of type " + std::string(type.text()) + " was expected");
            return false;
        }
        if (type.size() == 0) return true;
        const auto& types = type.array();
        if (std::any_of(types.begin(), types.end(), [&](const auto& t) { return has_type(value, t.text()); }))
            return true;
        say(at, "a value of one of the types " + type.dump() + " was expected");
        return false;
    }
    void check_values(const JsonValue& schema, const JsonValue& value, const std::string& at) {
        const auto& choices = schema["enum"].array();
        if (!choices.empty() &&
            std::none_of(choices.begin(), choices.end(), [&](const auto& c) { return same(c, value); }))
            say(at, "one of " + schema["enum"].dump() + " was expected");
        const auto& members = schema.object();
        const bool constant =
            std::any_of(members.begin(), members.end(), [](const auto& m) { return m.first == "const"; });
        if (constant && !same(schema["const"], value)) say(at, schema["const"].dump() + " was expected");
    }
    void check_object(const JsonValue& schema, const JsonValue& value, const std::string& at, std::size_t depth) {
        const auto& properties = schema["properties"].object();
        const auto& members = value.object();
        const auto has = [](const JsonValue::Object& object, std::string_view name) {
            return std::any_of(object.begin(), object.end(), [&](const auto& member) { return member.first == name; });
        };
        for (const auto& name : schema["required"].array()) {
            if (!has(members, name.text())) say(at, "'" + std::string(name.text()) + "' is missing");
        }
        const auto& rest = schema["additionalProperties"];
        for (const auto& [name, member] : members) {
            if (has(properties, name)) {
                check(schema["properties"][name], member, at + "." + name, depth + 1);
            } else if (const auto* const allowed = std::get_if<bool>(&rest.data); allowed != nullptr && !*allowed) {
                say(at, "'" + name + "' is not known");
            } else if (rest.is_object()) {
                check(rest, member, at + "." + name, depth + 1);
            }
        }
    }
    void check_array(const JsonValue& schema, const JsonValue& value, const std::string& at, std::size_t depth) {
        check_bounds(schema, static_cast<double>(value.size()), at, "Items", "items");
        if (schema["items"].is_null()) return;
        for (std::size_t i = 0; i < value.size() && !full(); ++i)
            check(schema["items"], value[i], at + "[" + std::to_string(i) + "]", depth + 1);
    }
    void check_bounds(const JsonValue& schema, double size, const std::string& at, const std::string& what,
                      const std::string& unit) {
        const auto& least = schema["min" + what];
        const auto& most = schema["max" + what];
        if (is_number(least) && size < least.real()) say(at, "at least " + least.dump() + " " + unit);
        if (is_number(most) && size > most.real()) say(at, "at most " + most.dump() + " " + unit);
    }
    void check_number(const JsonValue& schema, double number, const std::string& at) {
        const auto bound = [&](std::string_view name, bool broken, const char* words) {
            if (is_number(schema[name]) && broken) say(at, words + schema[name].dump() + " was expected");
        };
        bound("minimum", number < schema["minimum"].real(), "at least ");
        bound("maximum", number > schema["maximum"].real(), "at most ");
        bound("exclusiveMinimum", number <= schema["exclusiveMinimum"].real(), "more than ");
        bound("exclusiveMaximum", number >= schema["exclusiveMaximum"].real(), "less than ");
    }
    void check_combinations(const JsonValue& schema, const JsonValue& value, const std::string& at, std::size_t depth) {
        for (const auto& each : schema["allOf"].array())
            check(each, value, at, depth + 1);
        const auto fitting = [&](const JsonValue& list) {
            return std::count_if(list.array().begin(), list.array().end(),
                                 [&](const auto& each) { return fits(each, value, depth); });
        };
        if (schema["anyOf"].size() > 0 && fitting(schema["anyOf"]) == 0) say(at, "fits none of the alternatives");
        if (schema["oneOf"].size() > 0 && fitting(schema["oneOf"]) != 1)
            say(at, "does not fit exactly one alternative");
        if (schema["not"].is_object() && fits(schema["not"], value, depth)) say(at, "is what the schema excludes");
    }

    const JsonValue& root_;
    const std::size_t sentences_max_;
    std::size_t steps_ = 0;
};

}  // namespace

std::vector<std::string> violations(const JsonValue& schema, const JsonValue& value, std::size_t sentences_max) {
    Checker checker(schema, sentences_max);
    checker.check(schema, value, "$");
    return std::move(checker.sentences);
}

}  // namespace ark::tools
