#include "query/routes.hpp"

#include "query/reads.hpp"

namespace ark::query {
namespace {

using Name = std::string_view;

constexpr Name item_list_names[] = {"limit", "cursor", "order", "session",  "query",     "trace",  "agent",
                                    "team",  "tool",   "model", "reason",   "component", "status", "from",
                                    "until", "q",      "view",  "at_least", "count",     "filter"};
constexpr Name row_list[] = {"limit", "cursor", "order",    "session",   "query",  "trace", "agent",
                             "team",  "tool",   "model",    "component", "status", "from",  "until",
                             "q",     "view",   "at_least", "count",     "filter"};
constexpr Name one_row_names[] = {"at_least"};
constexpr Name trace[] = {"view", "format", "limit", "at_least"};
constexpr Name timeline[] = {"from", "to", "px", "lanes", "at_least"};
constexpr Name skeleton[] = {"limit", "ids", "at_least"};
constexpr Name messages[] = {"limit", "cursor", "query", "agent", "view", "at_least"};
constexpr Name facet[] = {"field",  "limit",     "session", "query", "trace", "agent", "team",     "tool",  "model",
                          "reason", "component", "status",  "from",  "until", "q",     "at_least", "filter"};
constexpr Name replay[] = {"speed", "from", "until", "idle", "view", "at_least"};

constexpr ReadRoute routes[] = {
    {"/v1/events", item_list_names, list_events},
    {"/v1/events/{id}", one_row_names, one_event},
    {"/v1/spans", item_list_names, list_spans},
    {"/v1/spans/{traceId}/{spanId}", one_row_names, one_span},
    {"/v1/traces", row_list, list_traces},
    {"/v1/traces/{id}", trace, one_trace},
    {"/v1/sessions", row_list, list_sessions},
    {"/v1/sessions/{id}", one_row_names, one_session},
    {"/v1/sessions/{id}/timeline", timeline, session_timeline},
    {"/v1/sessions/{id}/skeleton", skeleton, session_skeleton},
    {"/v1/sessions/{id}/messages", messages, session_messages},
    {"/v1/queries", row_list, list_queries},
    {"/v1/queries/{id}", one_row_names, one_query},
    {"/v1/facets", facet, facets},
    {"/v1/status", {}, status},
    {"/v1/meta", {}, meta},
};

}  // namespace

std::span<const ReadRoute> read_routes() {
    return routes;
}

std::span<const std::string_view> replay_parameters() {
    return replay;
}

}  // namespace ark::query
