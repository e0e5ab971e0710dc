#pragma once
#include "query/call.hpp"

#include <string_view>

/// What is not a tenant's data: health, metrics, and the API's own documents.
namespace ark::query {

/// Alive: it answers.
Body health_page();
/// Ready: the journal takes appends, the views follow it within a bound, and nobody else objects. May block.
Outcome<Body> readiness(const ApiDeps& deps, const ApiConfig& config, const net::RequestHead& head);
Body metrics_page(const ApiDeps& deps);
Body openapi_page(std::string_view document);
/// What a type of problem means, as text.
Outcome<Body> problem_page(std::string_view slug);

}  // namespace ark::query
