#include "expr/library.hpp"
#include "expr/pattern.hpp"
#include "expr/utf8.hpp"

namespace ark::expr {

namespace {

// What matching costs beyond the text itself: a pattern that is no constant is compiled at each call.
constexpr std::uint64_t steps_per_pattern_byte = 20;
constexpr std::size_t pattern_bytes_max = CompileLimits{}.pattern_bytes;

Value text_size(const Call& call) {
    const auto text = call.arguments[0].as_text();
    if (!call.evaluation.charge(text.size() / 64)) return call.evaluation.exhausted();
    return Value::integer(static_cast<std::int64_t>(count_code_points(text)));
}

Value size(const Call& call) {
    return Value::integer(static_cast<std::int64_t>(call.arguments[0].size()));
}

Value contains(const Call& call) {
    const auto text = call.arguments[0].as_text();
    const auto part = call.arguments[1].as_text();
    if (!call.evaluation.charge(text.size() / 64 + (part.size() > 64 ? text.size() : 0)))
        return call.evaluation.exhausted();
    return Value::boolean(text.find(part) != std::string_view::npos);
}

Value starts_with(const Call& call) {
    return Value::boolean(call.arguments[0].as_text().starts_with(call.arguments[1].as_text()));
}

Value ends_with(const Call& call) {
    return Value::boolean(call.arguments[0].as_text().ends_with(call.arguments[1].as_text()));
}

Value matches(const Call& call) {
    const auto text = call.arguments[0].as_text();
    const auto pattern = call.arguments[1].as_text();
    if (pattern.size() > pattern_bytes_max)
        return call.evaluation.fail(Code::invalid_argument,
                                    fmt::format("a regular expression of more than {} bytes", pattern_bytes_max));
    if (!call.evaluation.charge(500 + pattern.size() * steps_per_pattern_byte + text.size() / 8))
        return call.evaluation.exhausted();
    std::string error;
    const auto compiled = Pattern::compile(pattern, error);
    if (!error.empty()) return call.evaluation.fail(Code::invalid_argument, "not a regular expression: " + error);
    return Value::boolean(compiled.found_in(text));
}

}  // namespace

void add_texts(Library& library) {
    for (const auto* signature : {"(string) int", "string.() int"})
        library.add("size", signature, &text_size);
    for (const auto* signature :
         {"(bytes) int", "(list(A)) int", "(map(A, B)) int", "bytes.() int", "list(A).() int", "map(A, B).() int"})
        library.add("size", signature, &size);
    library.add("contains", "string.(string) bool", &contains);
    library.add("startsWith", "string.(string) bool", &starts_with);
    library.add("endsWith", "string.(string) bool", &ends_with);
    library.add("matches", "string.(string) bool", &matches);
    library.add("matches", "(string, string) bool", &matches);
}

}  // namespace ark::expr
