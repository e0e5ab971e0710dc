#include "views/views.hpp"

/// Rows as the API shows them: camelCase, hex ids, RFC 3339 times, empty things omitted.
namespace ark::views {
namespace {

using codec::JsonWriter;

void write_text(JsonWriter& json, std::string_view key, std::string_view text) {
    if (!text.empty()) json.field(key, text);
}

void write_time(JsonWriter& json, std::string_view key, UnixNanos time) {
    if (time.value() != 0) json.key(key).plain(to_rfc3339(time));
}

void write_names(JsonWriter& json, std::string_view key, const Names& names) {
    if (names.empty()) return;
    json.key(key).begin_array();
    for (const auto& name : names) {
        json.begin_object().field("name", name.name).field("count", name.count).end_object();
    }
    json.end_array();
}

void write_tokens(JsonWriter& json, const model::Usage& usage) {
    json.begin_object();
    json.field("inputTokens", usage.input_tokens).field("outputTokens", usage.output_tokens);
    if (usage.cache_read_tokens != 0) json.field("cacheReadTokens", usage.cache_read_tokens);
    if (usage.cache_write_tokens != 0) json.field("cacheWriteTokens", usage.cache_write_tokens);
    if (usage.reasoning_tokens != 0) json.field("reasoningTokens", usage.reasoning_tokens);
    json.field("totalTokens", usage.input_tokens + usage.output_tokens);
    if (usage.cost_usd != 0) json.field("costUsd", usage.cost_usd);
    json.end_object();
}

void write_span_of_time(JsonWriter& json, UnixNanos start, UnixNanos end) {
    write_time(json, "start", start);
    write_time(json, "end", end);
    if (end >= start && end.value() != 0) json.field("durationMs", static_cast<double>(end - start) / 1e6);
}

/// The columns that all rows share.
template <class Row>
void write_sums(JsonWriter& json, const Row& row) {
    json.field("spans", row.spans)
        .field("openSpans", row.open_spans)
        .field("events", row.events)
        .field("errors", row.errors);
    json.key("components").begin_object();
    for (std::size_t kind = 0; kind < model::kind_count; ++kind) {
        if (row.by_kind[kind] != 0) json.field(model::name(static_cast<model::Kind>(kind)), row.by_kind[kind]);
    }
    json.end_object();
    write_names(json, "agents", row.agents);
    write_names(json, "teams", row.teams);
    write_names(json, "tools", row.tools);
    write_names(json, "models", row.models);
    json.key("usage");
    write_usage(json, row.usage);
    json.field("rev", row.rev.value());
}

}  // namespace

std::string_view name(State state) {
    switch (state) {
        case State::running:
            return "running";
        case State::done:
            return "done";
        case State::error:
            return "error";
        case State::canceled:
            return "canceled";
        case State::waiting:
            return "waiting";
        case State::idle:
            return "idle";
        case State::interrupted:
            return "interrupted";
    }
    return "unknown";
}

model::Usage UsageSplit::total() const {
    auto sum = own;
    sum += rolled_up;
    return sum;
}

void write_usage(JsonWriter& json, const UsageSplit& usage) {
    json.begin_object();
    json.key("own");
    write_tokens(json, usage.own);
    json.key("rolledUp");
    write_tokens(json, usage.rolled_up);
    json.key("total");
    write_tokens(json, usage.total());
    json.end_object();
}

void write_row(JsonWriter& json, const TraceRow& row) {
    json.begin_object();
    json.key("id").plain(row.id.hex());
    write_text(json, "name", row.name);
    write_text(json, "service", row.service);
    json.key("status").plain(name(row.state));
    write_text(json, "sessionId", row.session_id);
    write_text(json, "queryId", row.query_id);
    write_text(json, "queryName", row.query_name);
    write_span_of_time(json, row.start, row.end);
    write_sums(json, row);
    json.end_object();
}

void write_row(JsonWriter& json, const QueryRow& row) {
    json.begin_object();
    json.field("id", row.id);
    write_text(json, "name", row.name);
    write_text(json, "namespace", row.namespace_);
    json.key("status").plain(name(row.state));
    write_text(json, "sessionId", row.session_id);
    write_text(json, "conversationId", row.conversation_id);
    write_span_of_time(json, row.start, row.end);
    write_time(json, "lastActivity", row.last_activity);
    write_text(json, "input", row.input);
    write_text(json, "output", row.output);
    write_text(json, "error", row.error);
    json.key("traces").begin_array();
    for (const auto& trace : row.traces)
        json.plain(trace.hex());
    json.end_array();
    write_sums(json, row);
    json.end_object();
}

void write_row(JsonWriter& json, const SessionRow& row) {
    json.begin_object();
    json.field("id", row.id);
    write_text(json, "name", row.name);
    json.key("status").plain(row.state == State::running ? "active" : name(row.state));
    write_time(json, "start", row.start);
    write_time(json, "lastActivity", row.last_activity);
    write_text(json, "owner", row.owner);
    json.field("queries", row.queries).field("traces", row.traces).field("pendingQuestions", row.pending_questions);
    write_names(json, "conversations", row.conversations);
    write_sums(json, row);
    json.end_object();
}

}  // namespace ark::views
