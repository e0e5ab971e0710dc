#include "query/reads.hpp"

namespace ark::query {
namespace {

double milliseconds(std::uint64_t nanos) {
    return static_cast<double>(nanos) / 1e6;
}

void write_journal(codec::JsonWriter& json, const journal::JournalStatus& journal) {
    json.key("journal").begin_object();
    json.field("state", journal.failed ? "failed" : "ok");
    if (journal.failed) json.field("failure", journal.failure);
    json.field("durability", journal.durability);
    json.key("begin").plain(Cursor{journal.epoch, journal.begin}.text());
    json.key("end").plain(Cursor{journal.epoch, journal.end}.text());
    json.field("items", journal.end - journal.begin).field("itemsTotal", journal.end.value());
    json.field("bytes", journal.bytes).field("segments", journal.segments).field("pendingBytes", journal.pending_bytes);
    json.field("appendsTotal", journal.appends_total).field("groupsTotal", journal.groups_total);
    json.field("syncP50Ms", milliseconds(journal.sync_p50_nanos))
        .field("syncP99Ms", milliseconds(journal.sync_p99_nanos));
    if (journal.oldest_received.value() != 0) json.key("oldestReceived").plain(to_rfc3339(journal.oldest_received));
    json.end_object();
}

void write_views(codec::JsonWriter& json, const views::ViewsStatus& views, const Cursor& at) {
    json.key("views").begin_object();
    json.field("state", views.failed ? "failed" : "ok");
    if (views.failed) json.field("failure", views.failure);
    json.key("folded").plain(at.text()).field("lagItems", views.lag_items);
    json.field("sessions", views.sessions).field("queries", views.queries).field("traces", views.traces);
    json.field("spans", views.spans).field("events", views.events);
    json.field("bytesOnDisk", views.bytes_on_disk).field("bytesInMemory", views.bytes_in_memory);
    json.end_object();
}

}  // namespace

Outcome<Body> status(const Call& call) {
    const auto journal = call.deps.journal.status();
    const auto views = call.deps.views.status();
    Body body;
    codec::JsonWriter json(body.text);
    json.begin_object();
    json.field("status", journal.failed || views.failed ? "failed" : "ok");
    json.key("time").plain(to_rfc3339(call.now));
    write_journal(json, journal);
    write_views(json, views, call.at);
    if (call.deps.status) call.deps.status(json);
    json.end_object();
    return body;
}

Outcome<Body> meta(const Call& call) {
    const auto& config = call.config;
    Body body;
    body.validator = true;
    codec::JsonWriter json(body.text);
    json.begin_object().key("apiVersions").begin_array().plain("v1").end_array();
    json.key("features").begin_object();
    json.field("atLeast", true)
        .field("count", true)
        .field("facets", true)
        .field("messages", true)
        .field("replay", true);
    json.field("skeleton", true).field("timeline", true).field("otlpExport", true).field("filterExpressions", true);
    json.end_object();
    json.key("limits").begin_object();
    json.field("pageItemsMax", 1000).field("pageItemsDefault", 100).field("parameterBytesMax", Params::value_bytes_max);
    json.field("atLeastWaitMs", config.at_least_max.count());
    json.field("scanItemsMax", config.scan_items_max).field("scanTimeMs", config.scan_time_max.count());
    json.field("requestsInFlightMax", config.requests_max).field("replaysMax", config.replays_max);
    json.end_object().end_object();
    return body;
}

}  // namespace ark::query
