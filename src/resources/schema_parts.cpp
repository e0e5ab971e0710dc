#include "resources/schema_parts.hpp"

namespace ark::resources::detail {
namespace {

Schema key_reference() {
    return object({must("name", name_text(), "of the object in the same namespace"), must("key", name_text())});
}

Schema service_reference() {
    return object({must("name", name_text()), may("namespace", text(), "default: the resource's own"),
                   may("port", text(), "name of a port; default: the first"),
                   may("path", text(), "appended to the address")});
}

Schema value_from() {
    return object({may("secretKeyRef", key_reference()), may("configMapKeyRef", key_reference()),
                   may("serviceRef", service_reference(), "the address of a Service"),
                   may("queryParameterRef", object({must("name", name_text())}), "a parameter of the query")})
        .exactly_one_of({"secretKeyRef", "configMapKeyRef", "serviceRef", "queryParameterRef"});
}

Schema header_value() {
    return object({may("value", text()), may("valueFrom", value_from())}).any_one_of({"value", "valueFrom"});
}

}  // namespace

Schema duration_text(std::string_view fallback) {
    auto schema = text().like(Format::duration);
    return fallback.empty() ? schema : schema.otherwise(json_text(fallback));
}

Schema value_source() {
    return object({may("value", text(), "taken as it is"), may("valueFrom", value_from(), "where to read it")})
        .any_one_of({"value", "valueFrom"});
}

Schema parameters() {
    return list_of(object({must("name", name_text(), "as templates name it"), may("value", text()),
                           may("valueFrom", value_from())})
                       .exactly_one_of({"value", "valueFrom"}))
        .unique_by("name");
}

Schema headers() {
    return list_of(object({must("name", name_text()), must("value", header_value())}));
}

Schema overrides() {
    return list_of(
        object({must("headers", headers().at_least(1)), must("resourceType", text().one_of({"model", "mcpserver"})),
                may("labelSelector", label_selector(), "default: all of that type in the namespace")}));
}

Schema reference() {
    return object({must("name", name_text()), may("namespace", text(), "default: the resource's own")});
}

Schema label_selector() {
    const auto expression =
        object({must("key", name_text()), must("operator", text().one_of({"In", "NotIn", "Exists", "DoesNotExist"})),
                may("values", list_of(text()))});
    return object({may("matchLabels", map_of(text())), may("matchExpressions", list_of(expression))});
}

Schema conditions() {
    return list_of(
        object({must("type", name_text()), must("status", text().one_of({"True", "False", "Unknown"})),
                may("reason", text()), may("message", text()), may("lastTransitionTime", text().like(Format::time)),
                may("observedGeneration", integer())}));
}

Schema token_usage() {
    return object({may("promptTokens", integer()), may("completionTokens", integer()), may("totalTokens", integer()),
                   may("cachedTokens", integer())})
        .kept_open();
}

Schema json_schema() {
    return object({}).kept_open();
}

}  // namespace ark::resources::detail
