#include "codec/utf8.hpp"
#include "expr/library.hpp"
#include "expr/numbers.hpp"
#include "expr/texts.hpp"

#include <charconv>

namespace ark::expr {

namespace {

Value out_of_range(const Call& call, std::string_view type) {
    return call.evaluation.fail(Code::overflow,
                                fmt::format("the value does not fit {} {}", type == "int" ? "an" : "a", type));
}

Value unreadable(const Call& call, std::string_view type) {
    return call.evaluation.fail(Code::invalid_argument, fmt::format("the text is no {}", type));
}

template <class Number>
std::optional<Number> read(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
}

Value same(const Call& call) {
    return call.arguments[0];
}

Value integer_of_unsigned(const Call& call) {
    const auto value = call.arguments[0].as_unsigned_integer();
    return value > INT64_MAX ? out_of_range(call, "int") : Value::integer(static_cast<std::int64_t>(value));
}
Value integer_of_real(const Call& call) {
    const auto value = to_integer(call.arguments[0].as_real());
    return value ? Value::integer(*value) : out_of_range(call, "int");
}
Value integer_of_text(const Call& call) {
    const auto value = read<std::int64_t>(call.arguments[0].as_text());
    return value ? Value::integer(*value) : unreadable(call, "int");
}

Value unsigned_of_integer(const Call& call) {
    const auto value = call.arguments[0].as_integer();
    return value < 0 ? out_of_range(call, "uint") : Value::unsigned_integer(static_cast<std::uint64_t>(value));
}
Value unsigned_of_real(const Call& call) {
    const auto value = to_unsigned_integer(call.arguments[0].as_real());
    return value ? Value::unsigned_integer(*value) : out_of_range(call, "uint");
}
Value unsigned_of_text(const Call& call) {
    const auto value = read<std::uint64_t>(call.arguments[0].as_text());
    return value ? Value::unsigned_integer(*value) : unreadable(call, "uint");
}

Value real_of_integer(const Call& call) {
    return Value::real(static_cast<double>(call.arguments[0].as_integer()));
}
Value real_of_unsigned(const Call& call) {
    return Value::real(static_cast<double>(call.arguments[0].as_unsigned_integer()));
}
Value real_of_text(const Call& call) {
    const auto value = read<double>(call.arguments[0].as_text());
    return value ? Value::real(*value) : unreadable(call, "double");
}

Value text_of_number(const Call& call) {
    return call.evaluation.text(number_text(call.arguments[0]));
}
Value text_of_boolean(const Call& call) {
    return Value::string(call.arguments[0].as_boolean() ? "true" : "false");
}
Value text_of_bytes(const Call& call) {
    const auto bytes = call.arguments[0].as_text();
    if (!codec::valid_utf8(bytes)) return call.evaluation.fail(Code::invalid_argument, "the bytes are not valid UTF-8");
    return Value::string(bytes);
}
Value bytes_of_text(const Call& call) {
    return Value::bytes(call.arguments[0].as_text());
}

Value boolean_of_text(const Call& call) {
    const auto text = call.arguments[0].as_text();
    for (const auto* word : {"true", "True", "TRUE", "t", "T", "1"})
        if (text == word) return Value::boolean(true);
    for (const auto* word : {"false", "False", "FALSE", "f", "F", "0"})
        if (text == word) return Value::boolean(false);
    return unreadable(call, "bool");
}

Value type_of(const Call& call) {
    return Value::type(type_name(call.arguments[0]));
}

}  // namespace

void add_conversions(Library& library) {
    library.add("int", "(int) int", &same);
    library.add("int", "(uint) int", &integer_of_unsigned);
    library.add("int", "(double) int", &integer_of_real);
    library.add("int", "(string) int", &integer_of_text);
    library.add("uint", "(uint) uint", &same);
    library.add("uint", "(int) uint", &unsigned_of_integer);
    library.add("uint", "(double) uint", &unsigned_of_real);
    library.add("uint", "(string) uint", &unsigned_of_text);
    library.add("double", "(double) double", &same);
    library.add("double", "(int) double", &real_of_integer);
    library.add("double", "(uint) double", &real_of_unsigned);
    library.add("double", "(string) double", &real_of_text);
    library.add("string", "(string) string", &same);
    library.add("string", "(int) string", &text_of_number);
    library.add("string", "(uint) string", &text_of_number);
    library.add("string", "(double) string", &text_of_number);
    library.add("string", "(bool) string", &text_of_boolean);
    library.add("string", "(bytes) string", &text_of_bytes);
    library.add("bytes", "(bytes) bytes", &same);
    library.add("bytes", "(string) bytes", &bytes_of_text);
    library.add("bool", "(bool) bool", &same);
    library.add("bool", "(string) bool", &boolean_of_text);
    library.add("dyn", "(A) dyn", &same);
    library.add("type", "(A) type(A)", &type_of);
}

}  // namespace ark::expr
