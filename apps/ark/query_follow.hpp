#pragma once
#include "codec/json_value.hpp"
#include "resource_client.hpp"

#include <string>

namespace ark::cli {

/// Of the resources that queries are.
const resources::Kind& query_kind();

/// A query that somebody waits for.
struct Awaited {
    std::string ns;
    std::string name;
    std::string uid;
    std::string since;  ///< when it was created: its events are not older
    bool steps = true;  ///< shown on standard error while they happen
    bool cancel_on_interrupt = false;
    bool fail_on_input = false;  ///< ends when the query waits for a person
};

/// Shows the query's steps as the broker tells them, waits for its end as the controller tells it, and prints the
/// answer. Without a broker it only waits. Ends by Exit: success, failed, timeout (the query goes on), needs_input,
/// interrupted.
Result<Exit> follow_query(Context& context, ResourceClient& client, const Awaited& query);

/// The answer on standard output, or the whole query as JSON or YAML; what went wrong on standard error.
Exit show_answer(Context& context, const codec::JsonValue& query, const std::string& summary);

/// Whether nothing more happens in this phase.
bool is_over(std::string_view phase);

}  // namespace ark::cli
