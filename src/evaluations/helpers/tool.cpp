#include "evaluations/helpers/tool.hpp"

#include "base/text.hpp"
#include "codec/json_text.hpp"

#include <array>
#include <cmath>

namespace ark::evaluations::tool {
namespace {

JsonValue parameters_of(const Event& start) {
    const auto& said = start.metadata()["parameters"];
    return said.is_string() ? codec::parsed_or_null(said.text()) : said;
}

bool is_integer(const JsonValue& value) {
    if (const auto* real = std::get_if<double>(&value.data)) return std::isfinite(*real) && *real == std::trunc(*real);
    return std::holds_alternative<std::int64_t>(value.data) || std::holds_alternative<std::uint64_t>(value.data);
}

bool is_number(const JsonValue& value) {
    return is_integer(value) || std::holds_alternative<double>(value.data);
}

bool is_boolean(const JsonValue& value) {
    return std::holds_alternative<bool>(value.data);
}

using TypeTest = bool (*)(const JsonValue&);

constexpr std::array<std::pair<std::string_view, TypeTest>, 8> type_tests{{
    {"string", [](const JsonValue& value) { return value.is_string(); }},
    {"integer", is_integer},
    {"float", is_number},
    {"number", is_number},
    {"boolean", is_boolean},
    {"array", [](const JsonValue& value) { return value.is_array(); }},
    {"object", [](const JsonValue& value) { return value.is_object(); }},
    {"null", [](const JsonValue& value) { return value.is_null(); }},
}};

TypeTest type_test(std::string_view type) {
    for (const auto& [name, test] : type_tests) {
        if (name == type) return test;
    }
    return nullptr;
}

/// Whether some call has the parameter and `holds` of its value. All calls that do are evidence.
template <class Holds>
bool some_call(const Events& events, const std::string& name, const std::string& key, Evidence& evidence, Holds holds) {
    bool found = false;
    for (const auto* start : operations_of(events, tool_family, name).starts) {
        const auto parameters = parameters_of(*start);
        for (const auto& [parameter, value] : parameters.object()) {
            if (parameter != key || !holds(value)) continue;
            evidence.add(*start);
            found = true;
        }
    }
    return found;
}

}  // namespace

bool was_called(const Events& events, const Name& name, Evidence& evidence) {
    const auto calls = operations_of(events, tool_family, name);
    evidence.add(calls.all);
    return !calls.all.empty();
}

std::int64_t get_call_count(const Events& events, const Name& name, Evidence& evidence) {
    const auto calls = operations_of(events, tool_family, name);
    evidence.add(calls.all);
    return calls.count();
}

double get_success_rate(const Events& events, const Name& name, Evidence& evidence) {
    const auto calls = operations_of(events, tool_family, name);
    evidence.add(calls.ends);
    return calls.success_rate();
}

bool had_error(const Events& events, const Name& name, Evidence& evidence) {
    const auto calls = operations_of(events, tool_family, name);
    evidence.add(calls.failures);
    return !calls.failures.empty();
}

JsonValue get_execution_metrics(const Events& events, const Name& name, Evidence& evidence) {
    const auto calls = operations_of(events, tool_family, name);
    evidence.add(calls.all);
    return JsonValue{JsonValue::Object{
        {"call_count", JsonValue{calls.count()}},
        {"success_count", JsonValue{static_cast<std::int64_t>(calls.successes.size())}},
        {"error_count", JsonValue{static_cast<std::int64_t>(calls.failures.size())}},
        {"success_rate", JsonValue{calls.success_rate()}},
        {"avg_duration", json_of(calls.average_duration())},
        {"total_duration", JsonValue{calls.total_duration()}},
    }};
}

JsonValue get_parameters(const Events& events, const std::string& name, Evidence& evidence) {
    JsonValue::Array all;
    for (const auto* start : operations_of(events, tool_family, name).starts) {
        auto parameters = parameters_of(*start);
        if (!parameters.is_object()) continue;
        evidence.add(*start);
        all.push_back(std::move(parameters));
    }
    return JsonValue{std::move(all)};
}

bool parameter_contains(const Events& events, const std::string& name, const std::string& key, const std::string& value,
                        Evidence& evidence) {
    return some_call(events, name, key, evidence, [&](const JsonValue& said) {
        return contains_in_any_case(said.is_string() ? std::string(said.text()) : said.dump(), value);
    });
}

bool is_parameter_type(std::string_view type) {
    return type_test(type) != nullptr;
}

bool parameter_type(const Events& events, const std::string& name, const std::string& key, std::string_view type,
                    Evidence& evidence) {
    const auto test = type_test(type);
    return test != nullptr && some_call(events, name, key, evidence, test);
}

Names get_unique_tools(const Events& events, Evidence& evidence) {
    const auto calls = operations_of(events, tool_family);
    evidence.add(calls.all);
    return calls.names();
}

}  // namespace ark::evaluations::tool
