#include "emit/tracer.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "codec/utf8.hpp"
#include "model/dictionary.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::emit {
namespace {

constexpr std::uint32_t kind_internal = 1;
constexpr std::uint32_t kind_client = 3;
constexpr std::uint32_t status_ok = 1;
constexpr std::uint32_t status_error = 2;
constexpr std::uint32_t severity_info = 9;
constexpr std::uint32_t severity_warn = 13;

void put(otlp::ValueMap& map, std::string_view key, otlp::Value value) {
    for (auto& [name, old] : map) {
        if (name == key) {
            old = std::move(value);
            return;
        }
    }
    map.emplace_back(std::string(key), std::move(value));
}

void put_text(otlp::ValueMap& map, std::string_view key, std::string_view text) {
    if (!text.empty()) put(map, key, otlp::Value(text));
}

/// What every span says about whose it is.
void put_subject(otlp::ValueMap& attributes, const Context& context) {
    if (context.subject) {
        put_text(attributes, key::session, context.subject->session_id);
        put_text(attributes, key::query_id, context.subject->query_id);
        put_text(attributes, key::query_name, context.subject->query_name);
        put_text(attributes, key::query_namespace, context.subject->query_namespace);
        put_text(attributes, key::conversation, context.subject->conversation_id);
    }
    put_text(attributes, key::agent, context.agent);
    put_text(attributes, key::team, context.team);
}

/// OTLP demands UTF-8, and a receiver refuses the whole request for one byte that is none; tools answer with anything.
void make_valid(std::string& text) {
    if (!codec::valid_utf8(text)) text = codec::repaired_utf8(text);
}

void make_valid(otlp::ValueMap& map) {
    for (auto& [key, value] : map) {
        if (auto* text = std::get_if<std::string>(&value.data)) make_valid(*text);
    }
}

bool has(const otlp::ValueMap& map, std::string_view key) {
    for (const auto& pair : map) {
        if (pair.first == key) return true;
    }
    return false;
}

/// The same in the words of events (docs/events.md); what the event says itself counts more.
void put_common_keys(otlp::ValueMap& metadata, const Context& context, const SpanId& parent) {
    const auto add = [&](std::string_view key, std::string_view text) {
        if (!text.empty() && !has(metadata, key)) metadata.emplace_back(std::string(key), otlp::Value(text));
    };
    if (context.subject) {
        add("queryId", context.subject->query_id);
        add("queryName", context.subject->query_name);
        add("queryNamespace", context.subject->query_namespace);
        add("sessionId", context.subject->session_id);
        add("conversationId", context.subject->conversation_id);
    }
    add("agentName", context.agent);
    add("teamName", context.team);
    if (parent.valid()) add("parentSpanId", parent.hex());
}

}  // namespace

std::string content_text(std::string_view text) {
    return std::string(clip(text, content_bytes_max));
}

void Operation::set(std::string_view attribute, otlp::Value value) {
    put(span_.attributes, attribute, std::move(value));
}

void Operation::say(std::string_view metadata, otlp::Value value) {
    put(metadata_, metadata, std::move(value));
}

void Operation::complete(std::string_view message) {
    end("Complete", message, status_ok, {});
}

void Operation::fail(const Error& error, std::string_view error_type) {
    // What kind it is of stands beside it.
    const auto text = error.context.empty() ? error.message() : error.context;
    set(key::error_type, otlp::Value(error_type));
    say("error", otlp::Value(text));
    say("errorType", otlp::Value(error_type));
    otlp::SpanEvent exception;
    exception.time = tracer_->clock_.now();
    exception.name = "exception";
    exception.attributes.emplace_back("exception.type", otlp::Value(error_type));
    exception.attributes.emplace_back("exception.message", otlp::Value(text));
    span_.events.push_back(std::move(exception));
    end("Error", text, status_error, text);
}

void Operation::cancel(std::string_view message) {
    end("Canceled", message, status_ok, "canceled");
}

void Operation::end(std::string_view phase, std::string_view message, std::uint32_t status,
                    std::string_view status_message) {
    ARK_CHECK(!ended_, "{} ends twice", span_.name);
    ended_ = true;
    if (told_) return;
    span_.end = std::max(tracer_->clock_.now(), span_.start);
    span_.status_code = status;
    span_.status_message = status_message;
    if (!operation_.empty()) {
        const auto nanos = span_.end - span_.start;
        put(metadata_, "duration", otlp::Value(static_cast<double>(nanos) / 1e9));
        put(metadata_, "durationMs", otlp::Value(fmt::format("{:.2f}", static_cast<double>(nanos) / 1e6)));
        tracer_->announce(context_, operation_ + std::string(phase), message, std::move(metadata_), parent_, span_.end);
    }
    make_valid(span_.name);
    make_valid(span_.status_message);
    make_valid(span_.attributes);
    for (auto& event : span_.events)
        make_valid(event.attributes);
    tracer_->recorder_.span(std::move(span_));
    if (on_end_) on_end_(phase == "Complete");
}

Operation Tracer::start(const Context& parent, OperationSpec spec) {
    Context inside = parent;
    const bool salted = parent.subject && !parent.subject->salt.empty();
    inside.span.span_id =
        span_id_of(parent.span.trace_id, salted ? parent.subject->salt + spec.path : std::move(spec.path));
    if (!spec.agent.empty()) inside.agent = std::move(spec.agent);
    if (!spec.team.empty()) inside.team = std::move(spec.team);

    Operation operation(*this, std::move(inside));
    operation.parent_ = parent.span.span_id;
    operation.operation_ = std::move(spec.operation);
    operation.metadata_ = std::move(spec.metadata);
    operation.on_end_ = std::move(spec.on_end);
    operation.told_ = spec.told;
    auto& span = operation.span_;
    span.trace_id = parent.span.trace_id;
    span.span_id = operation.context_.span.span_id;
    span.parent_span_id = parent.span.span_id;
    span.trace_state = parent.span.trace_state;
    span.name = std::move(spec.span_name);
    span.kind = spec.client ? kind_client : kind_internal;
    span.flags = parent.span.flags;
    span.start = spec.start.value() != 0 ? spec.start : clock_.now();
    span.attributes = std::move(spec.attributes);
    if (!spec.span_kind.empty()) put_text(span.attributes, key::kind, spec.span_kind);
    put_subject(span.attributes, operation.context_);
    if (!operation.operation_.empty() && !spec.announced && !spec.told) {
        announce(operation.context_, operation.operation_ + "Start", span.name, operation.metadata_, operation.parent_,
                 span.start);
    }
    return operation;
}

void Tracer::event(const Context& context, std::string_view reason, std::string_view message, otlp::ValueMap metadata) {
    announce(context, reason, message, std::move(metadata), SpanId{}, clock_.now());
}

void Tracer::announce(const Context& context, std::string_view reason, std::string_view message,
                      otlp::ValueMap metadata, const SpanId& parent, UnixNanos time) {
    const auto* known = model::find_reason(reason);
    ARK_CHECK(known != nullptr && known->name == reason, "{} is not in the dictionary of events", reason);
    const bool warning = known->level == model::Level::warning;
    otlp::LogRecord record;
    record.time = time;
    record.observed = time;
    record.severity_number = warning ? severity_warn : severity_info;
    record.severity_text = name(known->level);
    record.event_name = reason;
    record.body = otlp::Value(message);
    record.trace_id = context.span.trace_id;
    record.span_id = context.span.span_id;
    record.flags = context.span.flags;
    record.attributes = std::move(metadata);
    put_common_keys(record.attributes, context, parent);
    make_valid(record.attributes);
    make_valid(std::get<std::string>(record.body.data));
    recorder_.event(std::move(record));
}

}  // namespace ark::emit
