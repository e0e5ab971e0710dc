#include "resources/kinds_page.hpp"

#include "resources/kind.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::resources {
namespace {

std::string_view type_word(const Schema& schema) {
    switch (schema.type) {
        case Type::any:
            return "any";
        case Type::text:
            break;
        case Type::boolean:
            return "true or false";
        case Type::integer:
            return "whole number";
        case Type::number:
            return "number";
        case Type::object:
            return "object";
        case Type::array:
            return "list";
        case Type::map:
            return "map";
    }
    switch (schema.format) {
        case Format::duration:
            return "duration";
        case Format::http_url:
            return "URL";
        case Format::base64:
            return "base64";
        case Format::time:
            return "time";
        default:
            return "text";
    }
}

std::string type_cell(const Schema& schema) {
    std::string cell(type_word(schema));
    if (!schema.choices.empty()) {
        cell.clear();
        for (const auto& choice : schema.choices)
            cell += fmt::format("{}`{}`", cell.empty() ? "" : ", ", choice);
    }
    const auto& element = schema.element;
    if (!element.empty() && element.front().fields.empty()) cell += fmt::format(" of {}", type_word(element.front()));
    if (!schema.fallback.is_null()) cell += fmt::format("; default `{}`", schema.fallback.dump());
    return cell;
}

/// Objects that say how to read a value from elsewhere are explained once, at the top of the page.
bool is_shared(const Field& field) {
    return field.name == "valueFrom" || (field.name == "conditions" && field.schema.type == Type::array);
}

void write_fields(std::string& out, const Schema& schema, const std::string& path) {
    for (const auto& field : schema.fields) {
        if (path.empty() && (field.name == "apiVersion" || field.name == "kind" || field.name == "metadata")) continue;
        auto inner = field.schema;
        auto below = path.empty() ? field.name : path + "." + field.name;
        const bool shown = field.schema.type != Type::object || field.schema.fields.empty() || !field.help.empty();
        if (shown || field.required) {
            out += fmt::format("| `{}` | {} | {} | {} |\n", below, type_cell(field.schema), field.required ? "yes" : "",
                               field.help);
        }
        if (is_shared(field)) continue;
        if (!inner.element.empty()) {
            below += inner.type == Type::array ? "[]" : ".*";
            const auto element = inner.element.front();
            inner = element;
        }
        write_fields(out, inner, below);
    }
}

}  // namespace

std::string kinds_markdown() {
    std::string out = "| kind | apiVersion | also | what it is |\n|---|---|---|---|\n";
    for (const auto& kind : all_kinds()) {
        std::string words = "`" + kind.plural + "`";
        for (const auto& word : kind.short_names)
            words += ", `" + word + "`";
        out += fmt::format("| [{0}](#{1}) | `{2}` | {3} | {4}{5} |\n", kind.name, kind.singular, kind.api_version(),
                           words, kind.summary, kind.namespaced ? "" : " (no namespace)");
    }
    for (const auto& kind : all_kinds()) {
        out += fmt::format("\n### {}\n\n{}.\n\n| field | value | required | |\n|---|---|---|---|\n", kind.name,
                           kind.summary);
        write_fields(out, kind.schema, "");
        if (kind.selectable.empty()) continue;
        out += "\nFields to select by: ";
        for (std::size_t i = 0; i < kind.selectable.size(); ++i)
            out += fmt::format("{}`{}`", i == 0 ? "" : ", ", kind.selectable[i]);
        out += ".\n";
    }
    return out;
}

}  // namespace ark::resources
