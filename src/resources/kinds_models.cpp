// Model, Tool: what agents use.
#include "resources/rules.hpp"
#include "resources/schema_parts.hpp"

namespace ark::resources::detail {
namespace {

Schema properties() {
    return map_of(value_source());
}

Schema azure_auth() {
    return object(
               {may("apiKey", value_source()), may("managedIdentity", object({may("clientId", value_source())})),
                may("workloadIdentity", object({must("clientId", value_source()), must("tenantId", value_source())}))})
        .exactly_one_of({"apiKey", "managedIdentity", "workloadIdentity"});
}

Schema model_config() {
    const auto openai =
        object({must("baseUrl", value_source(), "up to and with /v1"), must("apiKey", value_source()),
                may("headers", headers()), may("properties", properties(), "temperature, max_tokens, …")});
    const auto azure =
        object({must("baseUrl", value_source()), may("auth", azure_auth()),
                may("apiKey", value_source(), "deprecated: auth.apiKey"), may("apiVersion", value_source()),
                may("headers", headers()), may("properties", properties())});
    const auto anthropic =
        object({must("baseUrl", value_source()), must("apiKey", value_source()), may("version", value_source()),
                may("headers", headers()), may("properties", properties())});
    const auto bedrock =
        object({may("region", value_source()), may("baseUrl", value_source()), may("accessKeyId", value_source()),
                may("secretAccessKey", value_source()), may("sessionToken", value_source()),
                may("apiKey", value_source(), "wins over the keys"), may("modelArn", value_source()),
                may("maxTokens", integer().between(1, 100'000)), may("temperature", text().like(Format::share)),
                may("properties", properties())});
    return object({may("openai", openai), may("azure", azure), may("anthropic", anthropic), may("bedrock", bedrock)});
}

Kind model_kind() {
    Kind kind;
    kind.group = ark_group;
    kind.version = "v1alpha1";
    kind.name = "Model";
    kind.plural = "models";
    kind.singular = "model";
    kind.summary = "A language model and how to reach it";
    const auto spec = object({
        must("model", value_source(), "as the provider calls it"),
        may("type", text().one_of({"completions"}).otherwise(json_text("completions"))),
        must("provider", text().one_of({"openai", "azure", "bedrock", "anthropic"})),
        must("config", model_config(), "the part of the provider"),
        may("pollInterval", duration_text("1m"), "how often it is probed"),
    });
    const auto status =
        object({may("resolvedAddress", text()), may("conditions", conditions(), "`ModelAvailable`")}).kept_open();
    kind.schema = object({must("spec", spec), may("status", status)});
    kind.columns = {{"Provider", "string", ".spec.provider"},
                    {"Model", "string", ".spec.model.value"},
                    {"Available", "string", ".status.conditions[ModelAvailable].status"},
                    {"Address", "string", ".status.resolvedAddress", true},
                    {"Age", "date", ".metadata.creationTimestamp"}};
    kind.selectable = {"spec.provider"};
    kind.migrate = migrate_model;
    kind.check = check_model;
    return kind;
}

Schema http_tool() {
    return object({
        must("url", text().like(Format::http_url), "`{name}` is replaced by that argument"),
        may("method", text().one_of({"GET", "POST", "PUT", "DELETE", "PATCH"}).otherwise(json_text("GET"))),
        may("headers", headers()),
        may("timeout", text().like(Format::http_timeout), "default: 30s"),
        may("body", text(), "a template over `input` and `bodyParameters`"),
        may("bodyParameters", parameters()),
    });
}

Kind tool_kind() {
    Kind kind;
    kind.group = ark_group;
    kind.version = "v1alpha1";
    kind.name = "Tool";
    kind.plural = "tools";
    kind.singular = "tool";
    kind.summary = "Something that a model may call";
    const auto named = object({must("name", name_text())});
    const auto annotations =
        object({may("title", text()), may("readOnlyHint", boolean()), may("destructiveHint", boolean()),
                may("idempotentHint", boolean()), may("openWorldHint", boolean())});
    const auto spec = object({
        must("type", text().one_of({"http", "mcp", "agent", "team", "builtin"})),
        may("description", text(), "told to the model"),
        may("inputSchema", json_schema(), "JSON schema of the arguments"),
        may("annotations", annotations),
        may("http", http_tool()),
        may("mcp", object({must("mcpServerRef", reference()), must("toolName", name_text())})),
        may("agent", named),
        may("team", named),
        may("builtin", named, "`noop` or `terminate`"),
    });
    const auto status = object({may("state", text()), may("message", text())}).kept_open();
    kind.schema = object({must("spec", spec), may("status", status)});
    kind.columns = {{"Type", "string", ".spec.type"},
                    {"State", "string", ".status.state"},
                    {"Description", "string", ".spec.description", true},
                    {"Age", "date", ".metadata.creationTimestamp"}};
    kind.selectable = {"spec.type"};
    kind.check = check_tool;
    return kind;
}

}  // namespace

void add_model_kinds(std::vector<Kind>& kinds) {
    kinds.push_back(model_kind());
    kinds.push_back(tool_kind());
}

}  // namespace ark::resources::detail
