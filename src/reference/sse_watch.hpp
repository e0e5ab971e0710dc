#pragma once
#include "reference/http_call.hpp"

#include <chrono>

namespace ark::reference {

inline constexpr std::chrono::seconds heartbeat_every{30};

/// Where a watch begins: behind Last-Event-ID, for whoever reconnects; else as the parameters said.
Start watch_start(const Call& call, bool from_beginning, std::optional<std::uint64_t> cursor);

/// Answers with an event stream of the kind: a comment at once, the items, a heartbeat when nothing comes. Ends when
/// the peer leaves or the store stops.
awaitable<void> serve_watch(Call& call, Kind kind, Filter filter, Start start);

/// Answers with the chunks of one query until its completion, in the engine's words: literal [DONE] at the end.
/// `wait`: how long a first new chunk may take before the stream ends with a timeout error; absent: for ever.
awaitable<void> serve_query_chunks(Call& call, const std::string& query, Start start,
                                   std::optional<std::chrono::seconds> wait);

}  // namespace ark::reference
