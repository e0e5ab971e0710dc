#include "tools/tool.hpp"

#include "tools/schema.hpp"

namespace ark::tools {

Result<codec::JsonValue> check_arguments(const llm::ToolDefinition& definition, std::string_view arguments) {
    const bool none = arguments.find_first_not_of(" \t\r\n") == arguments.npos;
    auto parsed = codec::JsonValue::parse(none ? "{}" : arguments);
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
