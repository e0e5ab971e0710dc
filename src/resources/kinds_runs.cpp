// Query, Agent, Team: what is run.
#include "resources/rules.hpp"
#include "resources/schema_parts.hpp"

namespace ark::resources::detail {
namespace {

const std::vector<std::string> target_types{"agent", "team", "model", "tool"};

Schema query_spec() {
    const auto target = object({must("type", text().one_of(target_types)), must("name", name_text())});
    return object({
        may("type", text().one_of({"user"}).otherwise(json_text("user"))),
        must("input", anything(), "what is asked; a template over `parameters`"),
        may("parameters", parameters(), "for templates and `queryParameterRef`"),
        may("target", target, "who is asked; this or `selector`"),
        may("selector", label_selector(), "the first match of agents, teams, models, tools"),
        may("memory", reference(), "default: the Memory `default` of the namespace, if there is one"),
        may("serviceAccount", name_text(), "identity that lookups are made with in a cluster"),
        may("sessionId", name_text(), "default: the query's uid"),
        may("conversationId", name_text(), "goes on with this conversation"),
        may("ttl", duration_text(), "deleted so long after it ended; default: ArkConfig's `queryTTL`, else 720h"),
        may("timeout", duration_text("5m"), "for the whole run"),
        may("cancel", boolean(), "true stops it"),
        may("overrides", overrides(), "headers for models and MCP servers, for this query only"),
    });
}

Schema query_status() {
    const auto response =
        object({may("target", object({may("type", text()), may("name", text())})), may("content", text(), "the answer"),
                may("raw", text(), "the messages of the run, as JSON text"), may("phase", text()),
                may("a2a", object({may("contextId", text()), may("taskId", text())}))})
            .kept_open();
    return object({
                      may("phase", text()
                                       .one_of({"pending", "provisioning", "running", "input-required", "error", "done",
                                                "canceled"})
                                       .otherwise(json_text("pending"))),
                      may("conditions", conditions(), "`Completed`, `MemoryUnavailable`"),
                      may("response", response),
                      may("tokenUsage", token_usage()),
                      may("conversationId", text()),
                      may("duration", text()),
                  })
        .kept_open();
}

Kind query_kind() {
    Kind kind;
    kind.group = ark_group;
    kind.version = "v1alpha1";
    kind.name = "Query";
    kind.plural = "queries";
    kind.singular = "query";
    kind.summary = "A question to an agent, a team, a model or a tool, and its answer";
    kind.schema = object({must("spec", query_spec()), may("status", query_status())});
    kind.columns = {{"Target", "string", ".spec.target.name"},
                    {"Type", "string", ".spec.target.type", true},
                    {"Phase", "string", ".status.phase"},
                    {"Duration", "string", ".status.duration"},
                    {"Tokens", "integer", ".status.tokenUsage.totalTokens"},
                    {"Session", "string", ".spec.sessionId", true},
                    {"Age", "date", ".metadata.creationTimestamp"}};
    kind.selectable = {"spec.target.name", "spec.target.type", "spec.sessionId", "status.phase"};
    kind.migrate = migrate_query;
    kind.check = check_query;
    return kind;
}

Schema agent_tool() {
    const auto bound = object(
        {must("name", name_text()), may("value", text(), "a template over the query"), may("valueFrom", anything())});
    return object({
        must("type", text().one_of({"built-in", "custom", "mcp", "http", "agent", "team", "builtin"})),
        must("name", name_text(), "of the Tool, and what the model sees"),
        may("description", text(), "told to the model instead of the Tool's own"),
        may("functions",
            list_of(object({must("name", name_text()), may("value", text()), may("valueFrom", anything())})),
            "`jq` filters the result"),
        may("partial", object({must("name", name_text(), "of the Tool"), may("parameters", list_of(bound))}),
            "arguments that the model neither sees nor sets"),
        may("approval",
            object({may("required", boolean(), "a person says yes before it runs"), may("timeout", duration_text("5m")),
                    may("onTimeout", text().one_of({"reject", "proceed"}).otherwise(json_text("reject")))})),
    });
}

Kind agent_kind() {
    Kind kind;
    kind.group = ark_group;
    kind.version = "v1alpha1";
    kind.name = "Agent";
    kind.plural = "agents";
    kind.singular = "agent";
    kind.summary = "A model with a prompt and tools";
    const auto spec = object({
        may("prompt", text(), "the system prompt; a template over `parameters`"),
        may("description", text(), "told to whoever chooses between agents"),
        may("modelRef", reference(), "default: the Model `default`; none for an agent that an A2A server answers for"),
        may("executionEngine", reference(), "who runs it instead of us; `a2a`: its A2A server"),
        may("tools", list_of(agent_tool()).unique_by("name")),
        may("parameters", parameters()),
        may("outputSchema", json_schema(), "the answer is JSON of this JSON schema"),
        may("overrides", overrides()),
    });
    const auto status = object({may("conditions", conditions(), "`Available`")}).kept_open();
    kind.schema = object({must("spec", spec), may("status", status)});
    kind.columns = {{"Model", "string", ".spec.modelRef.name"},
                    {"Available", "string", ".status.conditions[Available].status"},
                    {"Reason", "string", ".status.conditions[Available].reason", true},
                    {"Description", "string", ".spec.description", true},
                    {"Age", "date", ".metadata.creationTimestamp"}};
    kind.selectable = {"spec.modelRef.name"};
    kind.migrate = migrate_agent;
    kind.check = check_agent;
    return kind;
}

Kind team_kind() {
    Kind kind;
    kind.group = ark_group;
    kind.version = "v1alpha1";
    kind.name = "Team";
    kind.plural = "teams";
    kind.singular = "team";
    kind.summary = "Agents (and teams) that answer together";
    const auto member = object({must("name", name_text()), must("type", text().one_of({"agent", "team"}))});
    const auto selector = object({may("agent", name_text(), "the agent that chooses who speaks next"),
                                  may("selectorPrompt", text(), "instead of the built-in instruction"),
                                  may("enableTerminateTool", boolean(), "it may also end the conversation"),
                                  may("terminatePrompt", text())});
    const auto edge = object({must("from", name_text()), must("to", name_text())});
    const auto spec = object({
        must("members", list_of(member).at_least(1)),
        must("strategy", text().one_of({"sequential", "selector"}), "older: `round-robin`, `graph`"),
        may("description", text()),
        may("loops", boolean().otherwise(JsonValue{false}), "sequential: again from the first member"),
        may("maxTurns", integer().at_least(1), "the team ends after so many"),
        may("selector", selector),
        may("graph", object({must("edges", list_of(edge))}), "selector: who may speak after whom"),
    });
    const auto status = object({may("conditions", conditions(), "`Available`")}).kept_open();
    kind.schema = object({must("spec", spec), may("status", status)});
    kind.columns = {{"Strategy", "string", ".spec.strategy"},
                    {"Available", "string", ".status.conditions[Available].status"},
                    {"Max-Turns", "integer", ".spec.maxTurns", true},
                    {"Description", "string", ".spec.description", true},
                    {"Age", "date", ".metadata.creationTimestamp"}};
    kind.migrate = migrate_team;
    kind.check = check_team;
    return kind;
}

}  // namespace

void add_run_kinds(std::vector<Kind>& kinds) {
    kinds.push_back(query_kind());
    kinds.push_back(agent_kind());
    kinds.push_back(team_kind());
}

}  // namespace ark::resources::detail
