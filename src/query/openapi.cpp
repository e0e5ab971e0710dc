#include "query/openapi.hpp"

#include "base/check.hpp"
#include "codec/json_value.hpp"

namespace ark::query {
namespace {

using codec::JsonValue;

JsonValue parsed(std::string_view text) {
    auto document = JsonValue::parse(text);
    ARK_CHECK(document && document->is_object(), "an embedded OpenAPI document is no JSON object");
    return std::move(*document);
}

JsonValue& member(JsonValue& object, std::string_view name) {
    auto* found = object.find(name);
    return found != nullptr ? *found : object.set(name, JsonValue{JsonValue::Object{}});
}

/// Adds what `from` has; `levels` deep objects are joined, below that a name may stand in one of them only.
void join(JsonValue& into, const JsonValue& from, int levels, std::string_view where) {
    for (const auto& [name, value] : from.object()) {
        if (levels > 0) {
            join(member(into, name), value, levels - 1, name);
        } else {
            ARK_CHECK(into.find(name) == nullptr, "OpenAPI: {} {} is described twice", where, name);
            into.set(name, value);
        }
    }
}

}  // namespace

std::string merge_openapi(std::string_view base, std::span<const std::string_view> parts) {
    auto document = parsed(base);
    for (const auto text : parts) {
        const auto part = parsed(text);
        join(member(document, "paths"), part["paths"], 1, "paths");
        join(member(document, "components"), part["components"], 1, "components");
        auto& tags = member(document, "tags");
        auto all = tags.array();
        all.insert(all.end(), part["tags"].array().begin(), part["tags"].array().end());
        tags = JsonValue{std::move(all)};
    }
    return document.dump();
}

}  // namespace ark::query
