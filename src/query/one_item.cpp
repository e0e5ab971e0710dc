#include "items/items.hpp"
#include "query/item_match.hpp"
#include "query/reads.hpp"
#include "query/span_json.hpp"

namespace ark::query {
namespace {

struct EventId {
    Cursor cursor;
    items::Event::Part part = items::Event::Part::sent;
};

// The item's cursor, with "s" or "e" behind it for the events that a span stands for.
std::optional<EventId> parse_event_id(std::string_view text) {
    if (text.size() < Cursor::text_size || text.size() > Cursor::text_size + 1) return std::nullopt;
    const auto cursor = Cursor::parse(text.substr(0, Cursor::text_size));
    if (!cursor) return std::nullopt;
    EventId id;
    id.cursor = *cursor;
    if (text.size() == Cursor::text_size) return id;
    if (text.back() != 's' && text.back() != 'e') return std::nullopt;
    id.part = text.back() == 's' ? items::Event::Part::span_start : items::Event::Part::span_end;
    return id;
}

Problem no_event(std::string_view id) {
    return {ProblemKind::not_found, "no event \"" + std::string(id) + "\""};
}

// What is left of a span whose item cannot be shown: not ended yet, or removed by retention.
Body entry_only(const Call& call, const views::SpanEntry& entry, std::string_view payload) {
    Body body;
    body.validator = !entry.open;
    codec::JsonWriter json(body.text);
    json.begin_object().key("span");
    write_span_entry(json, entry, call.now);
    json.field("payload", payload).end_object();
    return body;
}

}  // namespace

Outcome<Body> one_event(const Call& call) {
    const auto text = call.path_value(0);
    const auto id = parse_event_id(text);
    if (!id)
        return invalid_parameter("id", "an event id is expected",
                                 "ids of events are those that lists and streams show");
    if (id->cursor.epoch != call.at.epoch || id->cursor.offset >= call.at.offset) return no_event(text);

    Body body;
    body.validator = true;
    journal::Batches batches(call.deps.journal);
    ARK_TRY_STATUS(
        visit_item_at(batches, call.tenant, id->cursor.offset, [&](const items::Item& item, const model::Batch&) {
            auto& views = call.deps.views;
            const auto context = views.context_of(call.tenant, item);
            codec::JsonWriter json(body.text);
            if (item.type == items::ItemType::log) {
                if (id->part == items::Event::Part::sent)
                    items::write_log(json, call.at.epoch, item, context, items::Detail::full);
                return;
            }
            const bool derive = item.type == items::ItemType::span && views.derives_events(call.tenant, item);
            if (item.type == items::ItemType::span && !derive) return;
            items::for_each_event(item, derive, [&](const items::Event& event) {
                if (event.part == id->part)
                    items::write_event(json, call.at.epoch, event, context, items::Detail::full);
            });
        }));
    if (body.text.empty()) return no_event(text);
    return body;
}

Outcome<Body> one_span(const Call& call) {
    const auto trace = TraceId::from_hex(call.path_value(0));
    if (!trace || !trace->valid()) return invalid_parameter("traceId", "32 hex digits are expected");
    const auto span = SpanId::from_hex(call.path_value(1));
    if (!span || !span->valid()) return invalid_parameter("spanId", "16 hex digits are expected");

    ARK_TRY(const auto entry, call.deps.views.span(call.tenant, *trace, *span));
    if (!entry) {
        return Problem(ProblemKind::not_found, "no span " + span->hex() + " in trace " + trace->hex());
    }
    Body body;
    body.validator = true;
    journal::Batches batches(call.deps.journal);
    const auto seen =
        visit_item_at(batches, call.tenant, entry->offset, [&](const items::Item& item, const model::Batch&) {
            if (item.type != items::ItemType::span) return;
            const auto context = call.deps.views.context_of(call.tenant, item);
            codec::JsonWriter json(body.text);
            items::write_span(json, call.at.epoch, item, context, items::Detail::full);
        });
    if (!seen && seen.error().code == Errc::expired) return entry_only(call, *entry, "expired");
    if (!seen) return seen.error();
    if (body.text.empty()) return entry_only(call, *entry, "pending");
    return body;
}

}  // namespace ark::query
