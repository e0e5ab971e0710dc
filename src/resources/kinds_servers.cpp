// MCPServer, A2AServer, ExecutionEngine, Memory: what runs elsewhere.
#include "resources/rules.hpp"
#include "resources/schema_parts.hpp"

namespace ark::resources::detail {
namespace {

constexpr const char* ready_column = ".status.conditions[Ready].status";
constexpr const char* available_column = ".status.conditions[Available].status";
Kind base_kind(std::string_view version, std::string name, std::string plural, std::string singular) {
    Kind kind;
    kind.group = ark_group;
    kind.version = version;
    kind.name = std::move(name);
    kind.plural = std::move(plural);
    kind.singular = std::move(singular);
    return kind;
}

Schema phase_status() {
    return object({may("lastResolvedAddress", text()), may("phase", text().one_of({"running", "ready", "error"})),
                   may("message", text())})
        .kept_open();
}

Schema token_secret() {
    const auto key = [](const char* fallback) { return text().otherwise(json_text(fallback)); };
    return object({must("name", name_text(), "of a Secret in the same namespace"),
                   may("accessTokenKey", key("access_token")), may("refreshTokenKey", key("refresh_token")),
                   may("expiresAtKey", key("expires_at")), may("clientIDKey", key("client_id")),
                   may("clientSecretKey", key("client_secret"))});
}

Kind mcp_server() {
    auto kind = base_kind("v1alpha1", "MCPServer", "mcpservers", "mcpserver");
    kind.summary = "A server of the Model Context Protocol; its tools become Tools";
    const auto spec = object({
        must("address", value_source(), "URL of its endpoint"),
        may("headers", headers()),
        may("timeout", duration_text("30s"), "for one call"),
        may("transport", text().one_of({"http", "sse"}).otherwise(json_text("http")), "`sse`: the older protocol"),
        may("description", text()),
        may("pollInterval", duration_text("1m"), "how often its tools are listed"),
        may("authorization", object({may("tokenSecretRef", token_secret())})),
    });
    const auto status = object({may("resolvedAddress", text()), may("toolCount", integer()),
                                may("conditions", conditions(), "`Available`, `Discovering`")})
                            .kept_open();
    kind.schema = object({must("spec", spec), may("status", status)});
    kind.columns = {{"Available", "string", available_column},
                    {"Tools", "integer", ".status.toolCount"},
                    {"Discovering", "string", ".status.conditions[Discovering].status", true},
                    {"Address", "string", ".status.resolvedAddress", true},
                    {"Age", "date", age_column}};
    return kind;
}

Kind a2a_server() {
    auto kind = base_kind("v1prealpha1", "A2AServer", "a2aservers", "a2aserver");
    kind.summary = "An agent server that speaks A2A; its agents become Agents";
    const auto spec = object({
        must("address", value_source()),
        may("headers", headers().unique_by("name")),
        may("description", text()),
        may("pollInterval", duration_text("1m"), "how often its card is read"),
        may("timeout", duration_text("5m"), "for one message"),
    });
    const auto status =
        object({may("lastResolvedAddress", text()), may("conditions", conditions(), "`Ready`, `Discovering`")})
            .kept_open();
    kind.schema = object({must("spec", spec), may("status", status)});
    kind.columns = {{"Ready", "string", ready_column},
                    {"Discovering", "string", ".status.conditions[Discovering].status", true},
                    {"Address", "string", ".status.lastResolvedAddress", true},
                    {"Age", "date", age_column}};
    return kind;
}

Kind execution_engine() {
    auto kind = base_kind("v1prealpha1", "ExecutionEngine", "executionengines", "executionengine");
    kind.summary = "Another program that runs agents, reached over A2A";
    kind.schema = object({must("spec", object({must("address", value_source()), may("description", text())})),
                          may("status", phase_status())});
    kind.columns = {{"Phase", "string", ".status.phase"},
                    {"Address", "string", ".status.lastResolvedAddress", true},
                    {"Age", "date", age_column}};
    return kind;
}

Kind memory() {
    auto kind = base_kind("v1alpha1", "Memory", "memories", "memory");
    kind.summary = "Where conversations are kept";
    kind.schema = object({must("spec", object({must("address", value_source()), may("headers", headers())})),
                          may("status", phase_status())});
    kind.columns = {{"Phase", "string", ".status.phase"},
                    {"Address", "string", ".status.lastResolvedAddress", true},
                    {"Age", "date", age_column}};
    return kind;
}

}  // namespace

void add_server_kinds(std::vector<Kind>& kinds) {
    kinds.push_back(mcp_server());
    kinds.push_back(a2a_server());
    kinds.push_back(execution_engine());
    kinds.push_back(memory());
}

}  // namespace ark::resources::detail
