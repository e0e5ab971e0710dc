// Secret, ConfigMap, Service, Event: as much of Kubernetes' own kinds as the others refer to.
#include "base/text.hpp"
#include "resources/rules.hpp"
#include "resources/schema_parts.hpp"

namespace ark::resources::detail {
namespace {

Kind core_kind(std::string name, std::string plural, std::vector<std::string> short_names) {
    Kind kind;
    kind.version = "v1";
    kind.singular = lower_case(name);
    kind.name = std::move(name);
    kind.plural = std::move(plural);
    kind.short_names = std::move(short_names);
    kind.has_status = false;
    return kind;
}

Kind secret() {
    auto kind = core_kind("Secret", "secrets", {});
    kind.summary = "Values that are not shown";
    kind.schema =
        object({may("type", text().otherwise(json_text("Opaque"))),
                may("data", map_of(text().like(Format::base64)), "values as base64"),
                may("stringData", map_of(text()), "values as they are; become `data`"), may("immutable", boolean())});
    kind.columns = {{"Type", "string", ".type"}, {"Data", "count", ".data"}, {"Age", "date", age_column}};
    kind.selectable = {"type"};
    kind.migrate = migrate_secret;
    return kind;
}

Kind config_map() {
    auto kind = core_kind("ConfigMap", "configmaps", {"cm"});
    kind.summary = "Values that may be shown";
    kind.schema = object({may("data", map_of(text())), may("binaryData", map_of(text().like(Format::base64))),
                          may("immutable", boolean())});
    kind.columns = {{"Data", "count", ".data"}, {"Age", "date", age_column}};
    return kind;
}

Kind service() {
    auto kind = core_kind("Service", "services", {"svc"});
    kind.has_status = true;
    kind.summary = "An address that others refer to by name";
    const auto port = object({may("name", text()), must("port", integer().between(1, 65535)),
                              may("targetPort", anything()), may("protocol", text().otherwise(json_text("TCP")))})
                          .kept_open();
    const auto spec =
        object({may("ports", list_of(port).unique_by("name")), may("type", text().otherwise(json_text("ClusterIP"))),
                may("externalName", text()), may("clusterIP", text()), may("selector", map_of(text()))})
            .kept_open();
    kind.schema = object({must("spec", spec), may("status", object({}).kept_open())});
    kind.columns = {{"Type", "string", ".spec.type"},
                    {"External-Name", "string", ".spec.externalName"},
                    {"Port", "integer", ".spec.ports[0].port"},
                    {"Age", "date", age_column}};
    kind.selectable = {"spec.type"};
    return kind;
}

Kind event() {
    auto kind = core_kind("Event", "events", {"ev"});
    kind.summary = "What happened to a resource, for people";
    const auto involved =
        object({may("apiVersion", text()), may("kind", text()), may("namespace", text()), may("name", text()),
                may("uid", text()), may("resourceVersion", text()), may("fieldPath", text())});
    const auto source = object({may("component", text()), may("host", text())});
    kind.schema =
        object({must("involvedObject", involved), may("reason", text()), may("message", text().between(0, 1024)),
                may("type", text().one_of({"Normal", "Warning"})), may("source", source), may("count", integer()),
                may("firstTimestamp", text().like(Format::time)), may("lastTimestamp", text().like(Format::time)),
                may("eventTime", text().like(Format::time)), may("reportingComponent", text()),
                may("reportingInstance", text()), may("action", text()), may("series", object({}).kept_open()),
                may("related", involved)});
    kind.columns = {{"Last-Seen", "date", ".lastTimestamp"},
                    {"Type", "string", ".type"},
                    {"Reason", "string", ".reason"},
                    {"Object", "string", ".involvedObject.name"},
                    {"Message", "string", ".message"}};
    kind.selectable = {"involvedObject.kind",
                       "involvedObject.name",
                       "involvedObject.namespace",
                       "involvedObject.uid",
                       "reason",
                       "type"};
    return kind;
}

}  // namespace

void add_core_kinds(std::vector<Kind>& kinds) {
    kinds.push_back(secret());
    kinds.push_back(config_map());
    kinds.push_back(service());
    kinds.push_back(event());
}

}  // namespace ark::resources::detail
