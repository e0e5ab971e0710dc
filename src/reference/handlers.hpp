#pragma once
#include "reference/http_call.hpp"

/// One handler for each route; the table is in routes.cpp. Each answers its call exactly once.
namespace ark::reference {

// Messages and conversations
awaitable<void> get_messages(Call& call);
awaitable<void> post_messages(Call& call);
awaitable<void> delete_messages(Call& call);
awaitable<void> get_memory_status(Call& call);
awaitable<void> get_conversations(Call& call);
awaitable<void> post_conversation(Call& call);
awaitable<void> delete_conversations(Call& call);
awaitable<void> get_conversation(Call& call);
awaitable<void> delete_conversation(Call& call);
awaitable<void> delete_conversation_query(Call& call);
awaitable<void> delete_query_messages(Call& call);

// Chunks
awaitable<void> get_chunks(Call& call);
awaitable<void> get_query_chunks(Call& call);
awaitable<void> post_chunks(Call& call);
awaitable<void> post_complete(Call& call);
awaitable<void> delete_chunks(Call& call);

// Traces
awaitable<void> get_traces(Call& call);
awaitable<void> get_trace(Call& call);
awaitable<void> delete_traces(Call& call);

// Events
awaitable<void> get_events(Call& call);
awaitable<void> get_query_events(Call& call);
awaitable<void> post_events(Call& call);
awaitable<void> delete_events(Call& call);
awaitable<void> delete_query_events(Call& call);

// Sessions
awaitable<void> get_sessions(Call& call);
awaitable<void> get_session(Call& call);
awaitable<void> post_session(Call& call);
awaitable<void> delete_sessions(Call& call);

awaitable<void> get_health(Call& call);

}  // namespace ark::reference
