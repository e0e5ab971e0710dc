#include "resources/discovery.hpp"

#include "codec/json_writer.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace ark::resources {
namespace {

using codec::JsonWriter;

std::vector<std::string> api_versions() {
    std::vector<std::string> found;
    for (const auto& kind : all_kinds()) {
        if (std::find(found.begin(), found.end(), kind.api_version()) == found.end())
            found.push_back(kind.api_version());
    }
    return found;
}

std::string root_of(const std::string& api_version) {
    return api_version.find('/') == std::string::npos ? "/api/" + api_version : "/apis/" + api_version;
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).begin_array();
    for (const auto& text : texts)
        json.string(text);
    json.end_array();
}

void write_resource(JsonWriter& json, const Kind& kind, std::string_view name, const std::vector<std::string>& verbs) {
    json.begin_object().field("name", name).field("singularName", name == kind.plural ? kind.singular : "");
    json.field("namespaced", kind.namespaced).field("kind", kind.name);
    write_texts(json, "verbs", verbs);
    if (name == kind.plural && !kind.short_names.empty()) write_texts(json, "shortNames", kind.short_names);
    if (name == kind.plural && !kind.group.empty()) write_texts(json, "categories", {"ark"});
    json.end_object();
}

std::string resource_list(const std::string& api_version) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("kind", "APIResourceList").field("apiVersion", "v1");
    json.field("groupVersion", api_version).key("resources").begin_array();
    for (const auto& kind : all_kinds()) {
        if (kind.api_version() != api_version) continue;
        write_resource(json, kind, kind.plural,
                       {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"});
        if (kind.has_status) write_resource(json, kind, kind.plural + "/status", {"get", "patch", "update"});
    }
    if (api_version == "v1") {
        json.begin_object().field("name", "namespaces").field("singularName", "namespace").field("namespaced", false);
        json.field("kind", "Namespace");
        write_texts(json, "verbs", {"get", "list"});
        write_texts(json, "shortNames", {"ns"});
        json.end_object();
    }
    json.end_array().end_object();
    return out;
}

void write_group(JsonWriter& json) {
    json.field("name", ark_group).key("versions").begin_array();
    for (const auto& api_version : api_versions()) {
        const auto slash = api_version.find('/');
        if (slash == std::string::npos) continue;
        json.begin_object().field("groupVersion", api_version).field("version", api_version.substr(slash + 1));
        json.end_object();
    }
    json.end_array().key("preferredVersion").begin_object();
    json.field("groupVersion", fmt::format("{}/v1alpha1", ark_group)).field("version", "v1alpha1").end_object();
}

std::string version_json(std::string_view product) {
    std::string out;
    JsonWriter json(out);
    // The version of the API's shape, by which kubectl judges skew; who it really is stands in the others.
    json.begin_object().field("major", "1").field("minor", "30");
    json.field("gitVersion", fmt::format("v1.30.0+{}", product)).field("gitCommit", "").field("gitTreeState", "clean");
    json.field("buildDate", "1970-01-01T00:00:00Z").field("goVersion", "").field("compiler", "");
    json.field("platform", "linux/amd64").end_object();
    return out;
}

void write_schema(JsonWriter& json, const Schema& schema, std::string_view help);

void write_object_schema(JsonWriter& json, const Schema& schema) {
    json.field("type", "object");
    if (schema.open) json.field("x-kubernetes-preserve-unknown-fields", true);
    if (schema.fields.empty()) return;
    json.key("properties").begin_object();
    std::vector<std::string> required_fields;
    for (const auto& field : schema.fields) {
        json.key(field.name);
        write_schema(json, field.schema, field.help);
        if (field.required) required_fields.push_back(field.name);
    }
    json.end_object();
    if (!required_fields.empty()) write_texts(json, "required", required_fields);
}

void write_schema(JsonWriter& json, const Schema& schema, std::string_view help) {
    json.begin_object();
    if (!help.empty()) json.field("description", help);
    if (!schema.fallback.is_null()) {
        json.key("default");
        schema.fallback.write(json);
    }
    switch (schema.type) {
        case Type::any:
            json.field("x-kubernetes-preserve-unknown-fields", true);
            break;
        case Type::text:
            json.field("type", "string");
            if (!schema.choices.empty()) write_texts(json, "enum", schema.choices);
            break;
        case Type::boolean:
            json.field("type", "boolean");
            break;
        case Type::integer:
        case Type::number:
            json.field("type", schema.type == Type::integer ? "integer" : "number");
            if (schema.least) json.field("minimum", *schema.least);
            if (schema.most) json.field("maximum", *schema.most);
            break;
        case Type::array:
            json.field("type", "array").key("items");
            write_schema(json, schema.element.front(), {});
            break;
        case Type::map:
            json.field("type", "object").key("additionalProperties");
            write_schema(json, schema.element.front(), {});
            break;
        case Type::object:
            write_object_schema(json, schema);
            break;
    }
    json.end_object();
}

void write_kind_schema(JsonWriter& json, const Kind& kind) {
    json.key(fmt::format("com.mckinsey.ark.{}.{}", kind.version, kind.name)).begin_object();
    json.field("description", kind.summary);
    write_object_schema(json, kind.schema);
    json.key("x-kubernetes-group-version-kind").begin_array().begin_object();
    json.field("group", kind.group).field("kind", kind.name).field("version", kind.version);
    json.end_object().end_array().end_object();
}

/// kubectl looks here whether the server knows fieldValidation and dryRun.
void write_paths(JsonWriter& json, const std::string& api_version) {
    for (const auto& kind : all_kinds()) {
        if (kind.api_version() != api_version) continue;
        const auto place = kind.namespaced ? "/namespaces/{namespace}/" : "/";
        json.key(fmt::format("{}{}{}/{{name}}", root_of(api_version), place, kind.plural)).begin_object();
        json.key("patch").begin_object().key("parameters").begin_array();
        for (const auto* name : {"dryRun", "fieldManager", "fieldValidation", "force"}) {
            json.begin_object().field("name", name).field("in", "query").key("schema").begin_object();
            json.field("type", "string").end_object().end_object();
        }
        json.end_array().key("responses").begin_object().key("200").begin_object();
        json.field("description", "OK").end_object().end_object();
        json.key("x-kubernetes-group-version-kind").begin_object();
        json.field("group", kind.group).field("kind", kind.name).field("version", kind.version).end_object();
        json.end_object().end_object();
    }
}

}  // namespace

std::string openapi_json(std::string_view api_version) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("openapi", "3.0.0").key("info").begin_object();
    json.field("title", "Ark").field("version", api_version).end_object();
    json.key("paths").begin_object();
    write_paths(json, std::string(api_version));
    json.end_object().key("components").begin_object().key("schemas").begin_object();
    for (const auto& kind : all_kinds()) {
        if (kind.api_version() == api_version) write_kind_schema(json, kind);
    }
    json.end_object().end_object().end_object();
    return out;
}

std::map<std::string, std::string> discovery_documents(std::string_view product) {
    std::map<std::string, std::string> documents;
    documents["/version"] = version_json(product);
    documents["/api"] = R"({"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]})";
    std::string groups;
    JsonWriter list(groups);
    list.begin_object().field("kind", "APIGroupList").field("apiVersion", "v1").key("groups").begin_array();
    list.begin_object();
    write_group(list);
    list.end_object().end_array().end_object();
    documents["/apis"] = groups;
    std::string group;
    JsonWriter one(group);
    one.begin_object().field("kind", "APIGroup").field("apiVersion", "v1");
    write_group(one);
    one.end_object();
    documents[fmt::format("/apis/{}", ark_group)] = group;

    std::string index;
    JsonWriter paths(index);
    paths.begin_object().key("paths").begin_object();
    for (const auto& api_version : api_versions()) {
        const auto root = root_of(api_version);
        documents[root] = resource_list(api_version);
        documents["/openapi/v3" + root] = openapi_json(api_version);
        paths.key(root.substr(1)).begin_object().field("serverRelativeURL", "/openapi/v3" + root).end_object();
    }
    paths.end_object().end_object();
    documents["/openapi/v3"] = index;
    return documents;
}

std::string namespace_json(std::string_view name) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("kind", "Namespace").field("apiVersion", "v1").key("metadata").begin_object();
    json.field("name", name).end_object().key("status").begin_object().field("phase", "Active").end_object();
    json.end_object();
    return out;
}

std::string namespace_list_json(std::string_view items) {
    return fmt::format(R"({{"kind":"NamespaceList","apiVersion":"v1","metadata":{{}},"items":[{}]}})", items);
}

std::string bookmark_json(const Kind& kind, std::uint64_t version, bool initial_events_end) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("type", "BOOKMARK").key("object").begin_object().field("kind", kind.name);
    json.field("apiVersion", kind.api_version()).key("metadata").begin_object();
    json.field("resourceVersion", std::to_string(version));
    if (initial_events_end) {
        json.key("annotations").begin_object().field("k8s.io/initial-events-end", "true").end_object();
    }
    json.end_object().end_object().end_object();
    out.push_back('\n');
    return out;
}

std::string warning_field(std::string_view text) {
    std::string quoted;
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted.push_back('\\');
        quoted.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
    }
    return fmt::format("299 - \"{}\"", quoted);
}

}  // namespace ark::resources
