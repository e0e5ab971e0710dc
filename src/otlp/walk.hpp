#pragma once
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/value.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

/// Walks OTLP protobuf in place: no object tree, no copies. Views are valid while the payload lives.
/// Unknown fields are skipped. Payloads that went through otlp::check are walked without failing.
namespace ark::otlp {

/// A repeated KeyValue field spread over a message (attributes of a span, resource, scope, …), in wire form.
/// Iterate with next(); cheap to copy.
class Attributes {
public:
    Attributes() = default;
    /// `message`: the enclosing message's bytes; `field`: the number of its repeated KeyValue field.
    Attributes(std::string_view message, std::uint32_t field) : rest_(message), field_(field) {}

    /// Moves to the next attribute; false at the end.
    bool next(model::AttributeView& out);

private:
    std::string_view rest_;
    std::uint32_t field_ = 0;
};

/// The elements of an array value (ValueView::Type::array).
class ArrayWalk {
public:
    explicit ArrayWalk(const model::ValueView& value) : rest_(value.text) {}
    bool next(model::ValueView& out);

private:
    std::string_view rest_;
};

/// The members of a map value (ValueView::Type::map): a KeyValueList.
inline Attributes map_members(const model::ValueView& value) {
    return {value.text, 1};
}

struct ResourceView {
    std::string_view wire;  ///< the Resource message; empty when absent
    std::string_view schema_url;
    Attributes attributes() const { return {wire, 1}; }
    std::uint32_t dropped_attributes_count() const;
};

struct ScopeView {
    std::string_view wire;  ///< the InstrumentationScope message; empty when absent
    std::string_view name;
    std::string_view version;
    std::string_view schema_url;
    Attributes attributes() const { return {wire, 3}; }
    std::uint32_t dropped_attributes_count() const;
};

/// trace.v1.Span. Fields that most readers want are decoded; attributes, events and links are walked on demand.
struct SpanView {
    const ResourceView* resource = nullptr;
    const ScopeView* scope = nullptr;
    std::string_view wire;             ///< the Span message itself
    std::string_view attributes_wire;  ///< the stretch of it that has all attributes
    TraceId trace_id;                  ///< all zero when absent or of a wrong length
    SpanId span_id;
    SpanId parent_span_id;  ///< all zero for a root
    std::string_view name;
    std::string_view trace_state;
    std::string_view status_message;
    UnixNanos start;
    UnixNanos end;
    std::uint32_t kind = 0;         ///< SpanKind, unknown values kept
    std::uint32_t status_code = 0;  ///< StatusCode: 0 unset, 1 ok, 2 error, unknown values kept
    std::uint32_t flags = 0;
    std::uint32_t dropped_attributes_count = 0;
    std::uint32_t dropped_events_count = 0;
    std::uint32_t dropped_links_count = 0;
    std::uint32_t event_count = 0;
    std::uint32_t link_count = 0;

    bool ids_valid() const { return trace_id.valid() && span_id.valid(); }
    Attributes attributes() const { return {attributes_wire, 9}; }
};

struct SpanEventView {
    std::string_view wire;
    UnixNanos time;
    std::string_view name;
    std::uint32_t dropped_attributes_count = 0;
    Attributes attributes() const { return {wire, 3}; }
};

struct SpanLinkView {
    std::string_view wire;
    TraceId trace_id;
    SpanId span_id;
    std::string_view trace_state;
    std::uint32_t flags = 0;
    std::uint32_t dropped_attributes_count = 0;
    Attributes attributes() const { return {wire, 4}; }
};

/// logs.v1.LogRecord. An event when event_name is not empty.
struct LogView {
    const ResourceView* resource = nullptr;
    const ScopeView* scope = nullptr;
    std::string_view wire;
    UnixNanos time;  ///< 0 = unknown; use observed then
    UnixNanos observed;
    std::uint32_t severity_number = 0;
    std::string_view severity_text;
    std::string_view event_name;
    model::ValueView body;
    TraceId trace_id;  ///< all zero when absent or invalid
    SpanId span_id;
    std::uint32_t flags = 0;
    std::uint32_t dropped_attributes_count = 0;
    Attributes attributes() const { return {wire, 6}; }
};

/// Return false to stop the walk.
using SpanVisitor = std::function<bool(const SpanView&)>;
using LogVisitor = std::function<bool(const LogView&)>;

/// Visits each span of an ExportTraceServiceRequest in wire order: the order of offsets; the first `skipped` are passed
/// over undecoded. Error: bad_payload.
Status for_each_span(std::string_view payload, const SpanVisitor& visit, std::uint64_t skipped = 0);
/// Visits each record of an ExportLogsServiceRequest in wire order. Error: bad_payload.
Status for_each_log(std::string_view payload, const LogVisitor& visit);

/// Span.events and Span.links of one span, in order.
void for_each_span_event(const SpanView& span, const std::function<void(const SpanEventView&)>& visit);
void for_each_span_link(const SpanView& span, const std::function<void(const SpanLinkView&)>& visit);

}  // namespace ark::otlp
