#include "resources/wire.hpp"

#include "codec/json_writer.hpp"
#include "codec/yaml_reader.hpp"
#include "resources/metadata.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace ark::resources {
namespace {

std::string_view media_type(std::string_view content_type) {
    const auto type = content_type.substr(0, content_type.find(';'));
    return type.substr(0, type.find_last_not_of(' ') + 1);
}

Outcome<FieldValidation> field_validation(const net::Query& query) {
    const auto wanted = query.find("fieldValidation").value_or("");
    if (wanted.empty() || wanted == "Warn") return FieldValidation::warn;
    if (wanted == "Strict") return FieldValidation::strict;
    if (wanted == "Ignore") return FieldValidation::ignore;
    return refuse(Reason::bad_request, "fieldValidation is Ignore, Warn or Strict");
}

Outcome<bool> dry_run(const net::Query& query) {
    for (const auto value : query.all("dryRun")) {
        if (value == "All") return true;
        if (!value.empty()) return refuse(Reason::bad_request, "dryRun is All");
    }
    return false;
}

Outcome<Propagation> propagation_of(std::string_view policy) {
    if (policy.empty() || policy == "Background") return Propagation::background;
    if (policy == "Foreground") return Propagation::foreground;
    if (policy == "Orphan") return Propagation::orphan;
    return refuse(Reason::bad_request, "propagationPolicy is Background, Foreground or Orphan");
}

}  // namespace

Shape shape_wanted(std::string_view accept) {
    return accept.find("as=Table") != std::string_view::npos ? Shape::table : Shape::object;
}

Outcome<JsonValue> read_document(std::string_view content_type, std::string_view bytes) {
    const auto type = media_type(content_type);
    if (type.ends_with("yaml")) {
        codec::YamlLimits limits;
        limits.nodes_max = 1u << 18;
        limits.bytes_max = 8u << 20;  // aliases may say a little more than was sent, not a thousand times
        auto documents = codec::parse_yaml(bytes, limits);
        if (!documents) return refuse(Reason::bad_request, documents.error().context);
        if (documents->size() != 1) return refuse(Reason::bad_request, "the body is to be one YAML document");
        return std::move(documents->front().value);
    }
    // Without a type nothing is read: any web page may send such a request, one that says JSON only where CORS lets it.
    if (type.ends_with("json")) {
        auto document = JsonValue::parse(bytes);
        if (!document) return refuse(Reason::bad_request, document.error().context);
        return std::move(*document);
    }
    return refuse(Reason::unsupported_media_type,
                  fmt::format("the body is {}: application/json and application/yaml are understood", type));
}

Outcome<PatchType> patch_type_of(std::string_view content_type) {
    const auto type = media_type(content_type);
    if (type == "application/merge-patch+json" || type == "application/json") return PatchType::merge;
    if (type == "application/json-patch+json") return PatchType::json;
    if (type == "application/strategic-merge-patch+json") return PatchType::strategic;
    if (type == "application/apply-patch+yaml") return PatchType::apply;
    return refuse(Reason::unsupported_media_type,
                  fmt::format("'{}' is no patch that is understood: application/merge-patch+json, json-patch+json, "
                              "strategic-merge-patch+json, apply-patch+yaml are",
                              type));
}

Outcome<WriteOptions> write_options(const net::Query& query) {
    WriteOptions options;
    const auto fields = field_validation(query);
    if (!fields) return fields.error();
    const auto dry = dry_run(query);
    if (!dry) return dry.error();
    options.fields = *fields;
    options.dry_run = *dry;
    options.manager = query.find("fieldManager").value_or("");
    options.force = is_true(query, "force");
    if (options.manager.size() > 128) return refuse(Reason::bad_request, "fieldManager is longer than 128 bytes");
    return options;
}

Outcome<ListOptions> list_options(const net::Query& query, const Kind& kind, std::string ns) {
    ListOptions options;
    options.ns = std::move(ns);
    auto labels = LabelSelector::parse(query.find("labelSelector").value_or(""));
    if (!labels) return labels.error();
    auto fields = FieldSelector::parse(query.find("fieldSelector").value_or(""), kind);
    if (!fields) return fields.error();
    const auto limit = number_of(query, "limit", 0);
    if (!limit) return limit.error();
    options.selection = Selection{std::move(*labels), std::move(*fields)};
    options.limit = static_cast<std::size_t>(*limit);
    options.resume = query.find("continue").value_or("");
    return options;
}

Outcome<DeleteOptions> delete_options(const net::Query& query, const JsonValue& body) {
    DeleteOptions options;
    const auto dry = dry_run(query);
    if (!dry) return dry.error();
    options.dry_run = *dry || body["dryRun"][0].text() == "All";
    auto policy = query.find("propagationPolicy").value_or("");
    if (policy.empty()) policy = body["propagationPolicy"].text();
    if (policy.empty() && body["orphanDependents"].boolean()) policy = "Orphan";
    const auto propagation = propagation_of(policy);
    if (!propagation) return propagation.error();
    options.propagation = *propagation;
    const auto& preconditions = body["preconditions"];
    options.uid = preconditions["uid"].text();
    if (!preconditions["resourceVersion"].is_null()) {
        options.version = static_cast<std::uint64_t>(preconditions["resourceVersion"].integer());
    }
    return options;
}

Outcome<std::uint64_t> number_of(const net::Query& query, std::string_view name, std::uint64_t fallback) {
    const auto text = query.find(name).value_or("");
    if (text.empty()) return fallback;
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
        return refuse(Reason::bad_request, fmt::format("{} is to be a whole number", name));
    }
    return number;
}

bool is_true(const net::Query& query, std::string_view name) {
    const auto value = query.find(name).value_or("");
    return value == "true" || value == "1";
}

std::string status_json(const Refusal& refusal) {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object().field("kind", "Status").field("apiVersion", "v1").key("metadata").begin_object().end_object();
    json.field("status", "Failure").field("message", refusal.message).field("reason", name(refusal.reason));
    if (!refusal.name.empty() || !refusal.causes.empty()) {
        json.key("details").begin_object();
        json.field("name", refusal.name).field("group", refusal.group).field("kind", refusal.resource);
        if (!refusal.causes.empty()) {
            json.key("causes").begin_array();
            for (const auto& cause : refusal.causes) {
                json.begin_object().field("reason", cause.reason).field("message", cause.message);
                json.field("field", cause.field).end_object();
            }
            json.end_array();
        }
        json.end_object();
    }
    json.field("code", http_status(refusal.reason)).end_object();
    return out;
}

std::string success_json(const Resource& gone) {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object().field("kind", "Status").field("apiVersion", "v1").key("metadata").begin_object().end_object();
    json.field("status", "Success").key("details").begin_object();
    json.field("name", gone.name()).field("group", gone.kind->group).field("kind", gone.kind->plural);
    json.field("uid", gone.uid()).end_object().end_object();
    return out;
}

namespace {

void write_list_metadata(codec::JsonWriter& json, const Page& page) {
    json.key("metadata").begin_object().field("resourceVersion", std::to_string(page.version));
    if (!page.resume.empty()) json.field("continue", page.resume);
    if (page.remaining > 0) json.field("remainingItemCount", page.remaining);
    json.end_object();
}

/// What a column shows, as JSON.
void write_cell(codec::JsonWriter& json, const Column& column, const JsonValue& object, UnixNanos now) {
    const auto& value = at_path(object, column.path);
    if (column.type == "date") {
        const auto time = parse_rfc3339(value.text());
        const auto passed = time && *time <= now ? now.value() - time->value() : 0;
        json.string(time ? human_age(passed / 1'000'000'000) : "<unknown>");
    } else if (column.type == "count") {
        json.unsigned_number(value.size());
    } else {
        value.write(json);
    }
}

void write_row(codec::JsonWriter& json, const Kind& kind, const Resource& row, UnixNanos now,
               std::string_view include) {
    json.begin_object().key("cells").begin_array().string(row.name());
    for (const auto& column : kind.columns)
        write_cell(json, column, row.value, now);
    json.end_array();
    if (include == "Object") {
        json.key("object").raw(row.json);
    } else if (include != "None") {
        json.key("object").begin_object().field("kind", "PartialObjectMetadata");
        json.field("apiVersion", "meta.k8s.io/v1").key("metadata");
        row.value["metadata"].write(json);
        json.end_object();
    }
    json.end_object();
}

void write_column(codec::JsonWriter& json, std::string_view name, std::string_view type, std::string_view format,
                  bool wide) {
    json.begin_object().field("name", name).field("type", type).field("format", format).field("description", "");
    json.field("priority", wide ? 1 : 0).end_object();
}

}  // namespace

std::string list_json(const Kind& kind, const Page& page) {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object().field("kind", kind.list_name()).field("apiVersion", kind.api_version());
    write_list_metadata(json, page);
    json.key("items").begin_array();
    for (const auto& item : page.items)
        json.raw(item->json);
    json.end_array().end_object();
    return out;
}

std::string event_json(Change::Type type, std::string_view object_json) {
    std::string out;
    codec::JsonWriter(out).begin_object().field("type", name(type)).key("object").raw(object_json).end_object();
    out.push_back('\n');
    return out;
}

std::string table_json(const Kind& kind, const std::vector<ResourcePtr>& rows, const Page* page, UnixNanos now,
                       std::string_view include) {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object().field("kind", "Table").field("apiVersion", "meta.k8s.io/v1");
    if (page != nullptr) {
        write_list_metadata(json, *page);
    } else {
        json.key("metadata").begin_object();
        if (!rows.empty()) json.field("resourceVersion", std::to_string(rows.front()->version));
        json.end_object();
    }
    json.key("columnDefinitions").begin_array();
    write_column(json, "Name", "string", "name", false);
    for (const auto& column : kind.columns) {
        const auto type = column.type == "date" ? "string" : column.type == "count" ? "integer" : column.type;
        write_column(json, column.name, type, "", column.wide);
    }
    json.end_array().key("rows").begin_array();
    for (const auto& row : rows)
        write_row(json, kind, *row, now, include);
    json.end_array().end_object();
    return out;
}

std::string human_age(std::uint64_t seconds) {
    const auto minutes = seconds / 60;
    const auto hours = minutes / 60;
    const auto days = hours / 24;
    const auto two = [](std::uint64_t large, char unit, std::uint64_t small, char smaller) {
        return small == 0 ? fmt::format("{}{}", large, unit) : fmt::format("{}{}{}{}", large, unit, small, smaller);
    };
    if (seconds < 120) return fmt::format("{}s", seconds);
    if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
    if (hours < 3) return fmt::format("{}m", minutes);
    if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
    if (hours < 48) return fmt::format("{}h", hours);
    if (days < 8) return two(days, 'd', hours % 24, 'h');
    if (days < 730) return fmt::format("{}d", days);
    return two(days / 365, 'y', days % 365, 'd');
}

}  // namespace ark::resources
