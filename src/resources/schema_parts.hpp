#pragma once
#include "codec/json_text.hpp"
#include "resources/kind.hpp"

/// Pieces that the schemas of several kinds share, and the tables of kinds themselves.
namespace ark::resources::detail {

using codec::json_text;

inline constexpr const char* age_column = ".metadata.creationTimestamp";

Schema value_source();  ///< a value, or where to read it
Schema parameters();    ///< of queries, agents and bodies of HTTP tools
Schema headers();
Schema overrides();  ///< headers for models or MCP servers
Schema reference();  ///< {name, namespace}
Schema label_selector();
Schema conditions();
Schema token_usage();
Schema json_schema();  ///< a JSON schema, kept as it is
Schema duration_text(std::string_view fallback = {});

void add_run_kinds(std::vector<Kind>& kinds);     // Query, Agent, Team
void add_model_kinds(std::vector<Kind>& kinds);   // Model, Tool
void add_server_kinds(std::vector<Kind>& kinds);  // MCPServer, A2AServer, ExecutionEngine, Memory
void add_other_kinds(std::vector<Kind>& kinds);   // A2ATask, Evaluation, Evaluator, ArkConfig
void add_core_kinds(std::vector<Kind>& kinds);    // Secret, ConfigMap, Service, Event

}  // namespace ark::resources::detail
