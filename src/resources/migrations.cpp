#include "codec/base64.hpp"
#include "resources/rules.hpp"
#include "resources/schema_parts.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ark::resources::detail {
namespace {

/// The text of a chat message: a string, or the first part that is text.
std::string_view text_of(const JsonValue& content) {
    for (const auto& part : content.array()) {
        if (part["type"].text() == "text") return part["text"].text();
    }
    return content.text();
}

}  // namespace

void migrate_query(JsonValue& object, const References& references, Warnings& warnings) {
    auto* spec = object.find("spec");
    if (spec == nullptr || !spec->is_object()) return;
    if ((*spec)["ttl"].is_null()) {
        const auto* config = references.find("ArkConfig", "", "default");
        const auto ttl = config == nullptr ? std::string_view() : (*config)["spec"]["queryTTL"].text();
        spec->set("ttl", json_text(ttl.empty() ? "720h" : ttl));
    }
    if ((*spec)["type"].text() != "messages") return;
    std::string last;
    for (const auto& message : (*spec)["input"].array()) {
        if (message["role"].text() == "user") last = text_of(message["content"]);
    }
    if (last.empty()) return;  // the schema says what is wrong with the type
    spec->set("type", json_text("user"));
    spec->set("input", json_text(last));
    warnings.push_back("spec.type 'messages' is no longer supported: the last user message became the input");
}

void migrate_agent(JsonValue& object, const References&, Warnings&) {
    auto* spec = object.find("spec");
    if (spec == nullptr || !spec->is_object() || spec->find("modelRef") != nullptr) return;
    // An agent that an A2A server answers for has no model of its own.
    if ((*spec)["executionEngine"]["name"].text() == "a2a") return;
    if (!object["metadata"]["annotations"]["ark.mckinsey.com/a2a-server-name"].is_null()) return;
    spec->set("modelRef", {}).set("name", json_text("default"));
}

void migrate_team(JsonValue& object, const References&, Warnings& warnings) {
    auto* spec = object.find("spec");
    if (spec == nullptr) return;
    const auto strategy = std::string((*spec)["strategy"].text());
    if (strategy == "round-robin") {
        const bool loops = (*spec)["maxTurns"].integer() > 0;
        spec->set("strategy", json_text("sequential"));
        spec->set("loops", JsonValue{loops});
        warnings.push_back(
            fmt::format("spec.strategy 'round-robin' is deprecated: it became 'sequential' with loops: {}", loops));
    } else if (strategy == "graph") {
        spec->set("strategy", json_text("sequential"));
        spec->erase("graph");
        spec->erase("maxTurns");
        warnings.push_back(
            "spec.strategy 'graph' is deprecated: it became 'sequential' without edges and maxTurns; for edges use "
            "'selector' with spec.graph");
    }
}

void migrate_model(JsonValue& object, const References&, Warnings& warnings) {
    constexpr std::array<std::string_view, 4> providers{"openai", "azure", "bedrock", "anthropic"};
    auto* spec = object.find("spec");
    if (spec == nullptr) return;
    const auto type = std::string((*spec)["type"].text());
    if (std::find(providers.begin(), providers.end(), type) == providers.end()) return;
    if ((*spec)["provider"].is_null()) spec->set("provider", json_text(type));
    spec->set("type", json_text("completions"));
    warnings.push_back(fmt::format("spec.type '{0}' is deprecated: use spec.provider '{0}'", type));
}

void migrate_secret(JsonValue& object, const References&, Warnings&) {
    const auto* plain = object.find("stringData");
    if (plain == nullptr || !plain->is_object()) return;
    const auto values = plain->object();
    for (const auto& [name, value] : values) {
        if (!value.is_string()) return;  // the schema says so
    }
    object.erase("stringData");
    auto* data = object.find("data");
    if (data == nullptr) data = &object.set("data", JsonValue{JsonValue::Object{}});
    if (!data->is_object()) return;
    for (const auto& [name, value] : values)
        data->set(name, json_text(codec::to_base64(value.text())));
}

}  // namespace ark::resources::detail
