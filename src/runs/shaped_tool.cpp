#include "runs/shaped_tool.hpp"

#include "codec/json_text.hpp"
#include "codec/template.hpp"
#include "tools/jq.hpp"
#include "tools/tool.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace ark::runs {
namespace {

using codec::JsonValue;

/// The value as the schema wants it: what templates and Secrets give is text.
JsonValue typed(std::string text, const JsonValue& schema) {
    JsonValue value;
    if (schema["type"].text("string") != "string") {
        auto parsed = JsonValue::parse(text);
        if (parsed) return std::move(*parsed);
    }
    value.data = std::move(text);
    return value;
}

/// Without the parameters that are decided.
std::string remaining_schema(const JsonValue& schema, const JsonValue& decided) {
    JsonValue rest = schema;
    if (auto* properties = rest.find("properties")) {
        for (const auto& [name, value] : decided.object())
            properties->erase(name);
    }
    if (auto* required = rest.find("required"); required != nullptr && required->is_array()) {
        auto& names = std::get<JsonValue::Array>(required->data);
        const auto is_decided = [&](const JsonValue& name) {
            return decided.object().end() != std::find_if(decided.object().begin(), decided.object().end(),
                                                          [&](const auto& one) { return one.first == name.text(); });
        };
        names.erase(std::remove_if(names.begin(), names.end(), is_decided), names.end());
    }
    return rest.dump();
}

class PartialTool final : public agents::Callable {
public:
    PartialTool(agents::CallablePtr tool, JsonValue decided) : tool_(std::move(tool)), decided_(std::move(decided)) {
        definition_ = tool_->definition();
        const auto schema = JsonValue::parse(definition_.parameters.empty() ? "{}" : definition_.parameters);
        if (schema) definition_.parameters = remaining_schema(*schema, decided_);
    }
    const llm::ToolDefinition& definition() const override { return definition_; }
    std::string_view type() const override { return tool_->type(); }

    awaitable<agents::CallResult> call(std::string arguments, agents::CallPlace place) const override {
        auto all = tools::parse_arguments(arguments);
        // What is no object is judged by the tool, in its words.
        if (all && all->is_object()) {
            for (const auto& [name, value] : decided_.object())
                all->set(name, value);
            arguments = all->dump();
        }
        co_return co_await tool_->call(std::move(arguments), std::move(place));
    }

private:
    const agents::CallablePtr tool_;
    const JsonValue decided_;
    llm::ToolDefinition definition_;
};

class FilteredTool final : public agents::Callable {
public:
    FilteredTool(agents::CallablePtr tool, std::vector<std::string> programs, runtime::WorkPool& pool)
        : tool_(std::move(tool)), programs_(std::move(programs)), pool_(pool) {}
    const llm::ToolDefinition& definition() const override { return tool_->definition(); }
    std::string_view type() const override { return tool_->type(); }

    awaitable<agents::CallResult> call(std::string arguments, agents::CallPlace place) const override {
        auto result = co_await tool_->call(std::move(arguments), std::move(place));
        // Words, and what went wrong, are no JSON to be filtered.
        if (result.is_error || !JsonValue::parse(result.text)) co_return result;
        auto filter = [this, text = result.text]() { return filtered(text); };
        auto made = co_await runtime::on(pool_, filter);
        if (made) {
            result.text = std::move(*made);
            co_return result;
        }
        result.text = made.error().message();
        result.is_error = true;
        result.error_type = "filter_error";
        co_return result;
    }

private:
    Result<std::string> filtered(std::string text) const {
        for (const auto& program : programs_) {
            if (text.empty()) break;
            ARK_TRY(text, tools::run_jq(program, text));
        }
        return text;
    }

    const agents::CallablePtr tool_;
    const std::vector<std::string> programs_;
    runtime::WorkPool& pool_;
};

/// `value` may be a template over `{{.Query.…}}`, the query's parameters.
awaitable<Result<JsonValue>> decide(const JsonValue& parameters, const JsonValue& schema, Lookup& lookup,
                                    std::string ns, std::string where) {
    JsonValue data;
    data.set("Query", lookup.query_parameters());
    JsonValue decided;
    decided.data = JsonValue::Object{};
    for (const auto& parameter : parameters.array()) {
        const std::string name(parameter["name"].text());
        const auto place = fmt::format("{}: partial parameter {}", where, name);
        ARK_CO_TRY(auto text, co_await lookup.value(parameter, ns, place));
        if (parameter["value"].is_string() && text.find("{{") != std::string::npos) {
            auto rendered = codec::render_template(text, data);
            if (!rendered) co_return prefix(rendered.error(), place);
            text = std::move(*rendered);
        }
        decided.set(name, typed(std::move(text), schema["properties"][name]));
    }
    co_return decided;
}

awaitable<Result<std::vector<std::string>>> programs_of(const JsonValue& functions, Lookup& lookup, std::string ns,
                                                        std::string where, runtime::WorkPool& pool) {
    std::vector<std::string> programs;
    for (const auto& function : functions.array()) {
        const std::string name(function["name"].text());
        const auto place = fmt::format("{}: function {}", where, name);
        if (name != "jq") co_return fail(Errc::unsupported, place + ": only jq is known");
        ARK_CO_TRY(auto program, co_await lookup.value(function, ns, place));
        auto check = [&program]() { return tools::check_jq(program); };
        const auto good = co_await runtime::on(pool, check);
        if (!good) co_return prefix(good.error(), place);
        programs.push_back(std::move(program));
    }
    co_return programs;
}

}  // namespace

awaitable<Result<agents::CallablePtr>> shape_tool(agents::CallablePtr tool, const JsonValue& entry, Lookup& lookup,
                                                  std::string ns, std::string where, runtime::WorkPool& pool) {
    const auto place = fmt::format("{}: tool {}", where, entry["name"].text());
    const auto& parameters = entry["partial"]["parameters"];
    if (parameters.size() > 0) {
        const auto schema = codec::parsed_or_null(tool->definition().parameters);
        ARK_CO_TRY(auto decided, co_await decide(parameters, schema, lookup, ns, place));
        tool = std::make_shared<PartialTool>(std::move(tool), std::move(decided));
    }
    if (entry["functions"].size() > 0) {
        ARK_CO_TRY(auto programs, co_await programs_of(entry["functions"], lookup, ns, place, pool));
        tool = std::make_shared<FilteredTool>(std::move(tool), std::move(programs), pool);
    }
    co_return tool;
}

}  // namespace ark::runs
