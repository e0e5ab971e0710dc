#include "codec/base64.hpp"
#include "reference/handlers.hpp"
#include "reference/page_json.hpp"
#include "reference/sse_watch.hpp"

/// Traces: spans as they arrived.
namespace ark::reference {
namespace {

struct TraceListing {
    bool watch = false;
    bool from_beginning = false;
    std::string session;
    std::optional<std::uint64_t> watch_cursor;
    PageSpan span;
};

Outcome<TraceListing> read_trace_listing(const Params& params) {
    TraceListing listing;
    Issues issues;
    listing.watch = issues.take(params.flag("watch"));
    listing.from_beginning = issues.take(params.flag("from-beginning"));
    listing.session = issues.take(params.text("session_id")).value_or("");
    listing.watch_cursor = issues.take(checked_cursor(params));
    if (issues.any()) return issues.refusal();
    return listing;
}

/// Hex in either case, or base64 as clients of the reference know the ids of its protobuf senders.
std::optional<TraceId> trace_id_of(std::string_view text) {
    if (const auto id = TraceId::from_hex(text)) return id;
    const auto bytes = codec::from_base64(text);
    return bytes ? TraceId::from_bytes(*bytes) : std::nullopt;
}

void write_trace(codec::JsonWriter& json, const TraceSpans& trace) {
    json.begin_object().key("traceId").plain(trace.id.hex()).key("spans").begin_array();
    for (const auto& span : trace.spans)
        json.raw(span);
    json.end_array().end_object();
}

Outcome<std::string> read_traces(Store& store, const std::string& tenant, const TraceListing& listing) {
    const auto page = store.traces(tenant, listing.session, listing.span.cursor, listing.span.limit);
    if (!page) return refusal_of(page.error());
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().key("items").begin_array();
    for (const auto& trace : page->traces)
        write_trace(json, trace);
    json.end_array();
    write_page_end(json, page->total, page->has_more, page->traces.empty() ? 0 : page->traces.back().first_sequence);
    json.end_object();
    return body;
}

Outcome<std::string> read_trace(Store& store, const std::string& tenant, const TraceId& id) {
    const auto trace = store.trace(tenant, id);
    if (!trace) return refusal_of(trace.error());
    if (!*trace) return not_found("Trace not found");
    std::string body;
    codec::JsonWriter json(body);
    write_trace(json, **trace);
    return body;
}

}  // namespace

awaitable<void> get_traces(Call& call) {
    auto listing = read_trace_listing(call.params);
    if (!listing) co_return co_await call.refuse(listing.error());
    if (listing->watch) {
        const auto start = watch_start(call, false, listing->watch_cursor);
        Filter filter;
        filter.session = std::move(listing->session);
        co_return co_await serve_watch(call, Kind::spans, std::move(filter), start);
    }
    const auto span = page_span(call.params);
    if (!span) co_return co_await call.refuse(span.error());
    listing->span = *span;
    auto read = [&call, &listing] { return read_traces(call.store(), call.tenant, *listing); };
    co_await call.answer_with(read);
}

awaitable<void> get_trace(Call& call) {
    const auto listing = read_trace_listing(call.params);
    if (!listing) co_return co_await call.refuse(listing.error());
    const auto id = trace_id_of(call.path(0));
    if (listing->watch) {
        const auto start = watch_start(call, listing->from_beginning, listing->watch_cursor);
        Filter filter;
        filter.trace = id.value_or(TraceId{});  // an id that cannot be: nothing will ever come
        co_return co_await serve_watch(call, Kind::spans, std::move(filter), start);
    }
    if (!id) co_return co_await call.refuse(not_found("Trace not found"));
    auto read = [&call, &id] { return read_trace(call.store(), call.tenant, *id); };
    co_await call.answer_with(read);
}

awaitable<void> delete_traces(Call& call) {
    Erasure all;
    all.kind = Kind::spans;
    co_await call.erase(std::move(all), "Trace data purged");
}

}  // namespace ark::reference
