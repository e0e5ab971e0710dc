#include "tools/tool.hpp"

#include "base/text.hpp"
#include "tools/schema.hpp"

namespace ark::tools {

Result<codec::JsonValue> parse_arguments(std::string_view arguments) {
    return codec::JsonValue::parse(trimmed(arguments, text_blanks).empty() ? "{}" : arguments);
}

Result<codec::JsonValue> check_arguments(const llm::ToolDefinition& definition, std::string_view arguments) {
    auto parsed = parse_arguments(arguments);
    if (!parsed) return fail(Errc::bad_argument, "the arguments are not JSON: " + parsed.error().context);
    if (!parsed->is_object()) return fail(Errc::bad_argument, "the arguments are not an object");
    const auto schema = codec::JsonValue::parse(definition.parameters.empty() ? "{}" : definition.parameters);
    if (!schema) return std::move(*parsed);  // the tool's fault, not the model's: the tool may judge itself
    std::string all;
    for (const auto& sentence : violations(*schema, *parsed))
        all += (all.empty() ? "" : "; ") + sentence;
    if (!all.empty()) return fail(Errc::bad_argument, "the arguments do not fit: " + all);
    return std::move(*parsed);
}

}  // namespace ark::tools
