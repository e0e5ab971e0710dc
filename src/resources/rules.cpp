#include "resources/rules.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ark::resources::detail {
namespace {

std::string_view namespace_of(const JsonValue& object) {
    return object["metadata"]["namespace"].text();
}

/// "Agent" for "agent".
std::string kind_of(std::string_view type) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kinds{
        {{"agent", "Agent"}, {"team", "Team"}, {"model", "Model"}, {"tool", "Tool"}}};
    for (const auto& [word, kind] : kinds) {
        if (word == type) return std::string(kind);
    }
    return std::string(type);
}

void expect_exists(std::string_view kind, std::string_view ns, std::string_view name, std::string field,
                   CheckContext& context) {
    if (context.references.find(kind, ns, name) != nullptr) return;
    context.causes.push_back(not_found(std::move(field), fmt::format("{} \"{}\" in namespace \"{}\"", kind, name, ns)));
}

void expect_key(std::string_view kind, const JsonValue& reference, const std::string& path, std::string_view ns,
                CheckContext& context) {
    if (reference.is_null()) return;
    const auto name = reference["name"].text();
    const auto key = reference["key"].text();
    const auto* object = context.references.find(kind, ns, name);
    if (object == nullptr) {
        expect_exists(kind, ns, name, path + ".name", context);
    } else if ((*object)["data"][key].is_null() && (*object)["binaryData"][key].is_null()) {
        context.causes.push_back(not_found(path + ".key", fmt::format("key \"{}\" of {} \"{}\"", key, kind, name)));
    }
}

void check_sequential(const JsonValue& spec, Causes& causes) {
    const bool turns = !spec["maxTurns"].is_null();
    if (spec["loops"].boolean() && !turns) {
        causes.push_back(required("spec.maxTurns", "a team that loops must end somewhere"));
    } else if (!spec["loops"].boolean() && turns) {
        causes.push_back(forbidden("spec.maxTurns", "only with loops: true; without, every member speaks once"));
    }
}

void check_edges(const JsonValue& spec, Causes& causes) {
    const auto& graph = spec["graph"];
    if (graph.is_null()) return;
    if (graph["edges"].size() == 0) causes.push_back(required("spec.graph.edges", "at least one edge"));
    const auto is_member = [&](std::string_view name) {
        const auto& members = spec["members"].array();
        return std::any_of(members.begin(), members.end(), [&](const auto& m) { return m["name"].text() == name; });
    };
    for (std::size_t i = 0; i < graph["edges"].size() && causes.size() < causes_max; ++i) {
        for (const auto* end : {"from", "to"}) {
            const auto& name = graph["edges"][i][end];
            if (is_member(name.text())) continue;
            causes.push_back(invalid(fmt::format("spec.graph.edges[{}].{}", i, end), shown(name), "is no member"));
        }
    }
}

void check_selector(const JsonValue& object, CheckContext& context) {
    const auto& spec = object["spec"];
    const auto agent = spec["selector"]["agent"].text();
    if (agent.empty()) {
        context.causes.push_back(required("spec.selector.agent", "the agent that chooses who speaks next"));
    } else {
        expect_exists("Agent", namespace_of(object), agent, "spec.selector.agent", context);
    }
    if (spec["maxTurns"].is_null()) {
        context.causes.push_back(required("spec.maxTurns", "a conversation that is chosen turn by turn must end"));
    }
    if (spec["loops"].boolean()) {
        context.causes.push_back(forbidden("spec.loops", "only with strategy sequential"));
    }
    const auto prompt = spec["selector"]["selectorPrompt"].text();
    if (!prompt.empty() && prompt.find("select-next-speaker") == std::string_view::npos) {
        context.warnings.push_back("spec.selector.selectorPrompt does not name the tool 'select-next-speaker'");
    }
    check_edges(spec, context.causes);
}

/// Members either all run here, or all on other engines: a team does not mix them.
bool runs_elsewhere(const JsonValue& agent) {
    const auto engine = agent["spec"]["executionEngine"]["name"].text();
    return !engine.empty() && engine != "a2a";
}

void check_members(const JsonValue& object, CheckContext& context) {
    const auto ns = namespace_of(object);
    const auto own = object["metadata"]["name"].text();
    const auto& members = object["spec"]["members"];
    std::size_t elsewhere = 0;
    std::size_t here = 0;
    for (std::size_t i = 0; i < members.size() && context.causes.size() < causes_max; ++i) {
        const auto kind = kind_of(members[i]["type"].text());
        const auto name = members[i]["name"].text();
        const auto field = fmt::format("spec.members[{}].name", i);
        if (kind == "Team" && name == own) {
            context.causes.push_back(invalid(field, shown(members[i]["name"]), "a team cannot be its own member"));
            continue;
        }
        const auto* found = context.references.find(kind, ns, name);
        if (found == nullptr) {
            expect_exists(kind, ns, name, field, context);
        } else if (kind == "Agent") {
            ++(runs_elsewhere(*found) ? elsewhere : here);
        }
    }
    if (elsewhere > 0 && here > 0) {
        context.causes.push_back(
            forbidden("spec.members", "agents of other execution engines and agents that run here cannot be mixed"));
    }
}

constexpr std::array<std::string_view, 7> json_types{"string", "number", "integer", "boolean",
                                                     "array",  "object", "null"};

void check_json_type(const JsonValue& type, const std::string& path, Causes& causes) {
    const std::vector<std::string> choices(json_types.begin(), json_types.end());
    if (type.is_array()) {
        for (const auto& each : type.array())
            check_json_type(each, path, causes);
    } else if (std::find(json_types.begin(), json_types.end(), type.text()) == json_types.end()) {
        causes.push_back(not_supported(path, shown(type), choices));
    }
}

/// The places of a JSON schema where schemas stand. A property may be called "type": names are not keywords.
void check_json_schema(const JsonValue& schema, const std::string& path, Causes& causes) {
    if (causes.size() >= causes_max || !schema.is_object()) return;
    if (!schema["type"].is_null()) check_json_type(schema["type"], path + ".type", causes);
    for (const auto& [name, property] : schema["properties"].object())
        check_json_schema(property, path + ".properties." + name, causes);
    check_json_schema(schema["items"], path + ".items", causes);
    for (const auto* several : {"anyOf", "oneOf", "allOf"}) {
        for (std::size_t i = 0; i < schema[several].size(); ++i)
            check_json_schema(schema[several][i], fmt::format("{}.{}[{}]", path, several, i), causes);
    }
}

}  // namespace

void check_parameters(const JsonValue& parameters, const std::string& path, std::string_view ns,
                      CheckContext& context) {
    for (std::size_t i = 0; i < parameters.size() && context.causes.size() < causes_max; ++i) {
        const auto& from = parameters[i]["valueFrom"];
        const auto at = fmt::format("{}[{}].valueFrom", path, i);
        expect_key("Secret", from["secretKeyRef"], at + ".secretKeyRef", ns, context);
        expect_key("ConfigMap", from["configMapKeyRef"], at + ".configMapKeyRef", ns, context);
    }
}

void check_query(const JsonValue& object, CheckContext& context) {
    const auto& spec = object["spec"];
    if (!spec["input"].is_string()) {
        context.causes.push_back(invalid("spec.input", shown(spec["input"]), "must be a text for type user"));
    }
    if (spec["target"].is_null() && spec["selector"].is_null()) {
        context.causes.push_back(required("spec.target", "who is asked: a target or a selector"));
    } else if (!spec["target"].is_null()) {
        expect_exists(kind_of(spec["target"]["type"].text()), namespace_of(object), spec["target"]["name"].text(),
                      "spec.target.name", context);
    }
    check_parameters(spec["parameters"], "spec.parameters", namespace_of(object), context);
}

void check_agent(const JsonValue& object, CheckContext& context) {
    const auto& spec = object["spec"];
    for (std::size_t i = 0; i < spec["tools"].size() && context.causes.size() < causes_max; ++i) {
        const auto& tool = spec["tools"][i];
        const auto field = fmt::format("spec.tools[{}]", i);
        if (tool["type"].text() == "custom") {
            context.warnings.push_back(field + ".type 'custom' is deprecated: say http, mcp, agent or team");
        }
        const auto name = tool["name"].text();
        if (tool["type"].text() == "built-in" && name != "noop" && name != "terminate") {
            context.causes.push_back(not_supported(field + ".name", shown(tool["name"]), {"noop", "terminate"}));
        }
    }
    check_parameters(spec["parameters"], "spec.parameters", namespace_of(object), context);
    check_json_schema(spec["outputSchema"], "spec.outputSchema", context.causes);
}

void check_team(const JsonValue& object, CheckContext& context) {
    check_members(object, context);
    if (object["spec"]["strategy"].text() == "selector") {
        check_selector(object, context);
    } else {
        check_sequential(object["spec"], context.causes);
    }
}

void check_model(const JsonValue& object, CheckContext& context) {
    const auto& spec = object["spec"];
    const auto provider = std::string(spec["provider"].text());
    const auto& config = spec["config"][provider];
    const auto path = "spec.config." + provider;
    if (config.is_null()) {
        context.causes.push_back(required(path, "the part of the provider"));
        return;
    }
    if (provider == "azure" && config["auth"].is_null() && config["apiKey"].is_null()) {
        context.causes.push_back(required(path + ".auth"));
    } else if (provider == "azure" && config["auth"].is_null()) {
        context.warnings.push_back(path + ".apiKey is deprecated: use " + path + ".auth.apiKey");
    }
    const auto& url = config["baseUrl"]["value"];
    if (url.text().empty()) return;  // read from elsewhere: seen when it is resolved
    if (const auto why = mismatch(Format::http_url, url.text())) {
        context.causes.push_back(invalid(path + ".baseUrl.value", shown(url), *why));
    } else if (const auto refused = refuse_address(url.text(), context.private_addresses)) {
        context.causes.push_back(forbidden(path + ".baseUrl.value", *refused));
    }
}

void check_tool(const JsonValue& object, CheckContext& context) {
    const auto& spec = object["spec"];
    const auto type = std::string(spec["type"].text());
    if (type == "builtin") {
        // The resource's name decides, as in the reference; `spec.builtin.name` may say it again.
        const auto& name = spec["builtin"]["name"].is_null() ? object["metadata"]["name"] : spec["builtin"]["name"];
        if (name.text() != "noop" && name.text() != "terminate") {
            const auto* field = spec["builtin"]["name"].is_null() ? "metadata.name" : "spec.builtin.name";
            context.causes.push_back(not_supported(field, shown(name), {"noop", "terminate"}));
        }
    } else if (spec[type].is_null()) {
        context.causes.push_back(required("spec." + type, fmt::format("a tool of type {} says how", type)));
    }
    check_parameters(spec["http"]["bodyParameters"], "spec.http.bodyParameters", namespace_of(object), context);
    check_json_schema(spec["inputSchema"], "spec.inputSchema", context.causes);
}

void check_evaluator(const JsonValue& object, CheckContext& context) {
    const auto& url = object["spec"]["address"]["value"];
    if (url.text().empty()) return;  // a model judges, or it is read from elsewhere
    if (const auto why = mismatch(Format::http_url, url.text())) {
        context.causes.push_back(invalid("spec.address.value", shown(url), *why));
    } else if (const auto refused = refuse_address(url.text(), context.private_addresses)) {
        context.causes.push_back(forbidden("spec.address.value", *refused));
    }
}

void check_evaluation(const JsonValue& object, CheckContext& context) {
    const auto& spec = object["spec"];
    const auto type = spec["type"].text();
    const auto& config = spec["config"];
    if (type == "event" && config["rules"].size() == 0) {
        context.causes.push_back(required("spec.config.rules", "an evaluation of events has rules"));
    }
    if (type == "query" && config["queryRef"].is_null()) context.causes.push_back(required("spec.config.queryRef"));
    if (type == "direct") {
        for (const auto* each : {"input", "output"}) {
            if (config[each].is_null()) context.causes.push_back(required(fmt::format("spec.config.{}", each)));
        }
    }
    const auto evaluator = spec["evaluator"]["name"].text();
    // Rules need nobody who judges.
    if (type != "event" && type != "batch" && !evaluator.empty()) {
        expect_exists("Evaluator", spec["evaluator"]["namespace"].text(namespace_of(object)), evaluator,
                      "spec.evaluator.name", context);
    }
}

void check_ark_config(const JsonValue& object, CheckContext& context) {
    const auto& name = object["metadata"]["name"];
    if (name.text() != "default") {
        context.causes.push_back(invalid("metadata.name", shown(name), "there is one ArkConfig, named \"default\""));
    }
}

}  // namespace ark::resources::detail
