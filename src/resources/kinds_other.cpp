// A2ATask, Evaluation, Evaluator, ArkConfig.
#include "resources/rules.hpp"
#include "resources/schema_parts.hpp"

namespace ark::resources::detail {
namespace {

Kind ark_kind(std::string name, std::string plural, std::string singular) {
    Kind kind;
    kind.group = ark_group;
    kind.version = "v1alpha1";
    kind.name = std::move(name);
    kind.plural = std::move(plural);
    kind.singular = std::move(singular);
    return kind;
}

Schema a2a_part() {
    return object({must("kind", text().one_of({"text", "file", "data"})), may("text", text()), may("data", text()),
                   may("mimeType", text()), may("uri", text()), may("metadata", map_of(text()))});
}

Schema a2a_task_status() {
    const auto artifact = object({must("artifactId", name_text()), may("name", text()), may("description", text()),
                                  must("parts", list_of(a2a_part())), may("metadata", map_of(text()))});
    const auto message = object({may("messageId", text()), must("role", text().one_of({"user", "agent", "system"})),
                                 may("parts", list_of(a2a_part())), may("metadata", map_of(text()))});
    const auto phases = text().one_of({"pending", "assigned", "running", "input-required", "auth-required", "completed",
                                       "failed", "cancelled", "unknown"});
    return object({may("phase", phases.otherwise(json_text("pending"))), may("conditions", conditions(), "`Completed`"),
                   may("startTime", text().like(Format::time)), may("completionTime", text().like(Format::time)),
                   may("error", text()), may("protocolState", text()), may("contextId", text()),
                   may("artifacts", list_of(artifact)), may("history", list_of(message)),
                   may("protocolMetadata", map_of(text())), may("lastStatusMessage", message),
                   may("lastStatusTimestamp", text().like(Format::time))})
        .kept_open();
}

Kind a2a_task() {
    auto kind = ark_kind("A2ATask", "a2atasks", "a2atask");
    kind.summary = "Work that an A2A agent does, or a question to a person";
    const auto spec = object({
        must("queryRef", reference(), "the query that it belongs to"),
        may("a2aServerRef", reference(), "absent: a task of our own, such as an approval"),
        must("agentRef", reference()),
        must("taskId", name_text(), "as the agent names it"),
        may("contextId", text()),
        may("input", text(), "the person's answer, as JSON text: `{\"decision\":\"approved\"}`"),
        may("parameters", map_of(text())),
        may("priority", integer().otherwise(JsonValue{std::int64_t{0}})),
        may("timeout", duration_text("12h")),
        may("ttl", duration_text("720h")),
        may("pollInterval", duration_text("5s")),
    });
    kind.schema = object({must("spec", spec), may("status", a2a_task_status())});
    kind.columns = {{"Task", "string", ".spec.taskId"},
                    {"Agent", "string", ".spec.agentRef.name"},
                    {"Query", "string", ".spec.queryRef.name"},
                    {"Phase", "string", ".status.phase"},
                    {"Age", "date", age_column}};
    kind.selectable = {"spec.taskId", "spec.queryRef.name", "status.phase"};
    return kind;
}

Schema named_values() {
    return list_of(object({must("name", name_text()), may("value", text()), may("valueFrom", anything())}))
        .unique_by("name");
}

Schema evaluation_config() {
    const auto rule = object({must("name", name_text()), must("expression", name_text(), "CEL, true when it holds"),
                              may("description", text()), may("weight", integer().at_least(0), "default: 1")});
    return object(
        {may("input", text()), may("output", text()),
         may("queryRef", object({must("name", name_text()), may("namespace", text()), may("responseTarget", text())})),
         may("rules", list_of(rule).unique_by("name"), "of type `event`"), may("evaluations", list_of(anything())),
         may("items", list_of(anything())), may("template", anything()), may("querySelector", label_selector()),
         may("concurrency", integer().between(1, 1000)), may("continueOnFailure", boolean())});
}

Kind evaluation() {
    auto kind = ark_kind("Evaluation", "evaluations", "evaluation");
    kind.summary = "A judgement of a query, a pair of texts, or many of them";
    const auto spec = object({
        may("type", text().one_of({"direct", "baseline", "query", "batch", "event"}).otherwise(json_text("direct"))),
        must("config", evaluation_config()),
        may("evaluator",
            object({may("name", name_text(), "an Evaluator; default: the controller's models judge"),
                    may("namespace", text(), "default: the resource's own"), may("parameters", named_values())})),
        may("ttl", duration_text("720h")),
        may("timeout", duration_text("5m")),
    });
    const auto status =
        object({may("phase",
                    text().one_of({"pending", "running", "error", "done", "canceled"}).otherwise(json_text("pending"))),
                may("message", text()), may("score", text().like(Format::share)), may("passed", boolean()),
                may("tokenUsage", token_usage()), may("duration", text()), may("conditions", conditions()),
                may("metadata", anything(), "reasoning, criteria, counts: texts by name"),
                may("rules", list_of(anything()), "of type `event`: what came of each"),
                may("batchProgress", anything(), "of type `batch`")})
            .kept_open();
    kind.schema = object({must("spec", spec), may("status", status)});
    kind.columns = {{"Type", "string", ".spec.type"},
                    {"Phase", "string", ".status.phase"},
                    {"Score", "string", ".status.score"},
                    {"Passed", "boolean", ".status.passed"},
                    {"Age", "date", age_column}};
    kind.selectable = {"spec.type", "status.phase"};
    kind.check = check_evaluation;
    return kind;
}

Kind evaluator() {
    auto kind = ark_kind("Evaluator", "evaluators", "evaluator");
    kind.summary = "Who judges: a service, or a model with these parameters";
    const auto selector = label_selector().kept_open();
    const auto spec = object({may("address", value_source(), "of the service; none: the controller's models judge"),
                              may("description", text()), may("selector", selector),
                              may("parameters", named_values(), "defaults of those of evaluations")});
    const auto status = object({may("lastResolvedAddress", text()), may("phase", text()), may("message", text())});
    kind.schema = object({must("spec", spec), may("status", status.kept_open())});
    kind.columns = {{"Phase", "string", ".status.phase"}, {"Age", "date", age_column}};
    kind.check = check_evaluator;
    return kind;
}

Kind ark_config() {
    auto kind = ark_kind("ArkConfig", "arkconfigs", "arkconfig");
    kind.namespaced = false;
    kind.summary = "Defaults for everything; there is one, named `default`";
    kind.schema = object({must("spec", object({may("queryTTL", duration_text(), "of queries that name none")})),
                          may("status", object({}).kept_open())});
    kind.columns = {{"Query-TTL", "string", ".spec.queryTTL"}, {"Age", "date", age_column}};
    kind.check = check_ark_config;
    return kind;
}

}  // namespace

void add_other_kinds(std::vector<Kind>& kinds) {
    kinds.push_back(a2a_task());
    kinds.push_back(evaluation());
    kinds.push_back(evaluator());
    kinds.push_back(ark_config());
}

}  // namespace ark::resources::detail
