#include "evaluations/catalogue.hpp"

#include "evaluations/binding.hpp"
#include "evaluations/helpers/agent.hpp"
#include "evaluations/helpers/llm.hpp"
#include "evaluations/helpers/memory.hpp"
#include "evaluations/helpers/query.hpp"
#include "evaluations/helpers/sequence.hpp"
#include "evaluations/helpers/team.hpp"
#include "evaluations/helpers/tool.hpp"

#include <array>

namespace ark::evaluations {
namespace {

using expr::Parameter;
using expr::Type;
using expr::Value;

const Type names = Type::list(Type::string());
const Type record = Type::map(Type::string(), Type::dyn());
const Type number_or_null = Type::dyn();  // ordering against null is the rule's error, when it is evaluated

Parameter text_parameter(std::string name) {
    return {std::move(name), Type::string()};
}

Parameter any_name() {
    return {"name", Type::nullable(Type::string()), Value::null()};
}

Parameter reason_list(std::string name) {
    return {std::move(name), Type::list(Type::dyn())};
}

Parameter seconds(std::string name, Value fallback) {
    return {std::move(name), Type::dyn(), fallback};
}

/// A misspelt type would otherwise be a call without such a parameter.
Value parameter_type(const expr::Call& call) {
    const auto& type = call.arguments[2];
    if (type.is(expr::Kind::string) && !tool::is_parameter_type(type.as_text())) {
        return call.evaluation.fail(
            expr::Code::invalid_argument,
            "parameter_type knows string, integer, float, number, boolean, array, object, null");
    }
    return bound<tool::parameter_type>(call);
}

/// `time_threshold`, behind the parameters that every helper has, is another name of `threshold`.
Value detect_parallel_execution(const expr::Call& call) {
    std::array arguments{call.arguments[0], call.arguments[1], call.arguments[2]};
    if (!call.arguments[3].is(expr::Kind::null)) arguments[0] = call.arguments[3];
    const expr::Call renamed{arguments, call.evaluation, call.context, call.activation};
    return bound<sequence::detect_parallel_execution>(renamed);
}

void add_tool(Catalogue& add) {
    add("tool.was_called", {any_name()}, Type::boolean(), bound<tool::was_called>);
    add("tool.get_call_count", {any_name()}, Type::integer(), bound<tool::get_call_count>);
    add("tool.get_success_rate", {any_name()}, Type::real(), bound<tool::get_success_rate>);
    add("tool.had_error", {any_name()}, Type::boolean(), bound<tool::had_error>);
    add("tool.get_execution_metrics", {any_name()}, record, bound<tool::get_execution_metrics>);
    add("tool.get_parameters", {text_parameter("name")}, Type::list(record), bound<tool::get_parameters>);
    add("tool.parameter_contains", {text_parameter("name"), text_parameter("key"), text_parameter("value")},
        Type::boolean(), bound<tool::parameter_contains>);
    add("tool.parameter_type", {text_parameter("name"), text_parameter("key"), text_parameter("type")}, Type::boolean(),
        parameter_type);
    add("tool.get_unique_tools", {}, names, bound<tool::get_unique_tools>);
    add("tool.get_tools_used", {}, names, bound<tool::get_unique_tools>);
}

void add_agent(Catalogue& add) {
    add("agent.was_executed", {any_name()}, Type::boolean(), bound<agent::was_executed>);
    add("agent.get_execution_count", {any_name()}, Type::integer(), bound<agent::get_execution_count>);
    add("agent.get_success_rate", {any_name()}, Type::real(), bound<agent::get_success_rate>);
    add("agent.get_tools_used", {text_parameter("name")}, names, bound<agent::get_tools_used>);
    add("agent.get_execution_summary", {text_parameter("name")}, record, bound<agent::get_execution_summary>);
    add("agent.get_unique_agents", {}, names, bound<agent::get_unique_agents>);
    add("agent.get_agents_used", {}, names, bound<agent::get_unique_agents>);
}

void add_team(Catalogue& add) {
    add("team.was_executed", {any_name()}, Type::boolean(), bound<team::was_executed>);
    add("team.was_team_executed", {any_name()}, Type::boolean(), bound<team::was_executed>);
    add("team.get_execution_count", {any_name()}, Type::integer(), bound<team::get_execution_count>);
    add("team.get_success_rate", {any_name()}, Type::real(), bound<team::get_success_rate>);
    add("team.get_team_agents", {any_name()}, names, bound<team::get_team_agents>);
    add("team.get_team_members", {any_name()}, names, bound<team::get_team_agents>);
    add("team.detect_collaboration_pattern", {text_parameter("name")}, Type::string(),
        bound<team::detect_collaboration_pattern>);
}

void add_llm(Catalogue& add) {
    add("llm.get_call_count", {any_name()}, Type::integer(), bound<llm::get_call_count>);
    add("llm.get_success_rate", {any_name()}, Type::real(), bound<llm::get_success_rate>);
    add("llm.get_models_used", {}, names, bound<llm::get_models_used>);
    add("llm.get_total_tokens", {any_name()}, Type::integer(), bound<llm::get_total_tokens>);
}

void add_query(Catalogue& add) {
    add("query.was_resolved", {}, Type::boolean(), bound<query::was_resolved>);
    add("query.get_resolution_status", {}, Type::string(), bound<query::get_resolution_status>);
    add("query.get_execution_time", {}, number_or_null, bound<query::get_execution_time>);
    add("query.was_query_timeout", {seconds("threshold", Value::real(300.0))}, Type::boolean(),
        bound<query::was_query_timeout>);
    add("query.get_query_targets", {}, Type::integer(), bound<query::get_query_targets>);
    add("query.get_session_query_count", {}, Type::integer(), bound<query::get_session_query_count>, "session");
    add("query.get_complexity_metrics", {}, record, bound<query::get_complexity_metrics>);
}

void add_sequence(Catalogue& add) {
    const Parameter strict{"strict", Type::boolean(), Value::boolean(true)};
    add("sequence.was_completed", {reason_list("events")}, Type::boolean(), bound<sequence::was_completed>);
    add("sequence.was_sequence_completed", {reason_list("events")}, Type::boolean(), bound<sequence::was_completed>);
    add("sequence.check_execution_order", {reason_list("events"), strict}, Type::boolean(),
        bound<sequence::check_execution_order>);
    add("sequence.get_time_between_events", {text_parameter("start"), text_parameter("end")}, number_or_null,
        bound<sequence::get_time_between_events>);
    add("sequence.get_execution_flow", {}, Type::list(record), bound<sequence::get_execution_flow>);
    add("sequence.detect_parallel_execution", {seconds("threshold", Value::real(1.0))}, Type::list(Type::list(record)),
        detect_parallel_execution, "current", {seconds("time_threshold", Value::null())});
}

void add_memory(Catalogue& add) {
    add("memory.was_stored", {}, Type::boolean(), bound<memory::was_stored>);
    add("memory.was_retrieved", {}, Type::boolean(), bound<memory::was_retrieved>);
    add("memory.get_store_count", {}, Type::integer(), bound<memory::get_store_count>);
    add("memory.get_retrieve_count", {}, Type::integer(), bound<memory::get_retrieve_count>);
}

expr::Environment make_environment() {
    expr::Options options;
    options.words = true;
    options.length = true;
    expr::Environment environment(options);
    environment.add_variable("events", Type::list(Type::dyn()));
    Catalogue add(environment);
    add_tool(add);
    add_agent(add);
    add_team(add);
    add_llm(add);
    add_query(add);
    add_sequence(add);
    add_memory(add);
    environment.add_namespace_alias("tools", "tool");
    environment.add_namespace_alias("agents", "agent");
    environment.add_namespace_alias("teams", "team");
    return environment;
}

}  // namespace

const expr::Environment& rule_environment() {
    static const auto environment = make_environment();
    return environment;
}

}  // namespace ark::evaluations
