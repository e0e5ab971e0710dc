#pragma once
#include "otlp/walk.hpp"
#include "otlp/wire.hpp"

#include <string_view>

/// One message each, from wire form into the views of walk.hpp; private to this module. False: damaged.
/// Where a singular field repeats the last one counts. (Protobuf would merge repeated messages; no producer sends
/// such.)
namespace ark::otlp {

/// ResourceSpans and ResourceLogs, ScopeSpans and ScopeLogs have the same numbers: what differs is the innermost item.
namespace envelope {
constexpr auto groups = wire::tag(1, wire::bytes);    // of a request: one a resource
constexpr auto resource = wire::tag(1, wire::bytes);  // of a resource group
constexpr auto scopes = wire::tag(2, wire::bytes);
constexpr auto scope = wire::tag(1, wire::bytes);  // of a scope group
constexpr auto items = wire::tag(2, wire::bytes);
constexpr auto schema_url = wire::tag(3, wire::bytes);  // of both
}  // namespace envelope

bool decode_resource_group(std::string_view wire, ResourceView& out);
bool decode_scope_group(std::string_view wire, ScopeView& out);
/// Leaves out.resource and out.scope alone, sets everything else.
bool decode_span(std::string_view wire, SpanView& out);
bool decode_log(std::string_view wire, LogView& out);
bool decode_event(std::string_view wire, SpanEventView& out);
bool decode_link(std::string_view wire, SpanLinkView& out);
/// Moves `rest`, of a message, behind its next KeyValue in this field; false at the end.
bool next_pair(std::string_view& rest, std::uint32_t field, std::string_view& pair);
/// A KeyValue.
void decode_pair(std::string_view pair, model::AttributeView& out);
/// An AnyValue; the empty value when it is damaged.
model::ValueView decode_value(std::string_view wire);

}  // namespace ark::otlp
