#pragma once
#include "resources/kind.hpp"

/// What the reference's admission does beyond its schemas, kind by kind. Migrations see the object as it was sent;
/// checks see one that fits its schema and has its defaults.
namespace ark::resources::detail {

using Warnings = std::vector<std::string>;

void migrate_query(JsonValue& object, const References&, Warnings& warnings);   // ttl; messages -> input
void migrate_agent(JsonValue& object, const References&, Warnings& warnings);   // modelRef default
void migrate_team(JsonValue& object, const References&, Warnings& warnings);    // round-robin, graph -> sequential
void migrate_model(JsonValue& object, const References&, Warnings& warnings);   // type -> provider
void migrate_secret(JsonValue& object, const References&, Warnings& warnings);  // stringData -> data

void check_query(const JsonValue& object, CheckContext& context);
void check_agent(const JsonValue& object, CheckContext& context);
void check_team(const JsonValue& object, CheckContext& context);
void check_model(const JsonValue& object, CheckContext& context);
void check_tool(const JsonValue& object, CheckContext& context);
void check_evaluator(const JsonValue& object, CheckContext& context);
void check_evaluation(const JsonValue& object, CheckContext& context);
void check_ark_config(const JsonValue& object, CheckContext& context);

/// Parameters refer to keys of Secrets and ConfigMaps that exist.
void check_parameters(const JsonValue& parameters, const std::string& path, std::string_view ns, CheckContext& context);

/// Nothing, or why a model may not be there.
std::optional<std::string> refuse_address(std::string_view url, bool private_addresses);

/// A name that the cluster's own DNS gives to a Service: it may have a private address.
bool is_of_cluster(std::string_view host);

}  // namespace ark::resources::detail
