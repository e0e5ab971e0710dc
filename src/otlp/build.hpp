#pragma once
#include "base/ids.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Plain structs and their OTLP protobuf: for those who write telemetry (load generator, JSON events, tests, the
/// controller).
namespace ark::otlp {

struct Value;
using ValueList = std::vector<Value>;
using ValueMap = std::vector<std::pair<std::string, Value>>;
/// AnyValue as an owned tree. monostate = the empty value.
struct Value {
    std::variant<std::monostate, std::string, bool, std::int64_t, double, ValueList, ValueMap> data;

    Value() = default;
    Value(std::string text) : data(std::move(text)) {}
    Value(std::string_view text) : data(std::string(text)) {}
    Value(const char* text) : data(std::string(text)) {}
    Value(bool boolean) : data(boolean) {}
    Value(std::int64_t integer) : data(integer) {}
    Value(int integer) : data(std::int64_t{integer}) {}
    Value(double real) : data(real) {}
    Value(ValueList list) : data(std::move(list)) {}
    Value(ValueMap map) : data(std::move(map)) {}
};

struct SpanEvent {
    UnixNanos time;
    std::string name;
    ValueMap attributes;
};

struct SpanLink {
    TraceId trace_id;
    SpanId span_id;
    ValueMap attributes;
};

struct Span {
    TraceId trace_id;
    SpanId span_id;
    SpanId parent_span_id;
    std::string trace_state;
    std::string name;
    std::uint32_t kind = 1;
    std::uint32_t flags = 0;
    UnixNanos start;
    UnixNanos end;
    ValueMap attributes;
    std::vector<SpanEvent> events;
    std::vector<SpanLink> links;
    std::uint32_t status_code = 0;
    std::string status_message;
    std::uint32_t dropped_attributes_count = 0;
};

struct LogRecord {
    UnixNanos time;
    UnixNanos observed;
    std::uint32_t severity_number = 0;
    std::string severity_text;
    std::string event_name;
    Value body;
    ValueMap attributes;
    TraceId trace_id;
    SpanId span_id;
    std::uint32_t flags = 0;
};

struct Scope {
    std::string name;
    std::string version;
};

/// One resource, one scope: what a producer sends.
std::string encode_traces(const ValueMap& resource, const Scope& scope, const std::vector<Span>& spans);
std::string encode_logs(const ValueMap& resource, const Scope& scope, const std::vector<LogRecord>& records);

}  // namespace ark::otlp
