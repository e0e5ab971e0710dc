#include "items/items.hpp"

namespace ark::items {
namespace {

using model::Facts;
using model::Kind;
using model::Level;
using model::Phase;

constexpr std::uint32_t status_ok = 1;
constexpr std::uint32_t status_error = 2;
constexpr std::uint32_t kind_server = 2;
constexpr std::uint32_t severity_warn = 13;

/// Fills one Item after the other. The facts of a resource are read once, however many items it has.
class Opener {
public:
    explicit Opener(const model::BatchHeader& header) : header_(header) { item_.offset = header.base; }

    const Item& open(const otlp::SpanView& span);
    const Item& open(const otlp::LogView& log);
    const Item& open(const Record& record);
    void step() { ++item_.offset; }

private:
    void start_item(const otlp::ResourceView* resource, const otlp::ScopeView* scope, std::string_view name,
                    Facts::Of of, otlp::Attributes attributes);
    void read_resource(const otlp::ResourceView* resource);
    void name_event(const otlp::LogView& log, std::string_view name);

    const model::BatchHeader& header_;
    Item item_;
    Facts of_resource_;
    const char* resource_at_ = nullptr;  // where the resource that of_resource_ was read from begins
    std::size_t resource_size_ = 0;
    bool have_resource_ = false;
};

void Opener::read_resource(const otlp::ResourceView* resource) {
    const std::string_view wire = resource == nullptr ? std::string_view{} : resource->wire;
    if (have_resource_ && wire.data() == resource_at_ && wire.size() == resource_size_) return;
    have_resource_ = true;
    resource_at_ = wire.data();
    resource_size_ = wire.size();
    of_resource_.begin({}, {});
    if (resource == nullptr) return;
    auto attributes = resource->attributes();
    model::AttributeView attribute;
    while (attributes.next(attribute))
        of_resource_.add_resource(attribute.key, attribute.value);
}

void Opener::start_item(const otlp::ResourceView* resource, const otlp::ScopeView* scope, std::string_view name,
                        Facts::Of of, otlp::Attributes attributes) {
    read_resource(resource);
    auto& facts = item_.facts;
    facts = of_resource_;
    facts.begin_item(name, scope == nullptr ? std::string_view{} : scope->name, of);
    model::AttributeView attribute;
    while (attributes.next(attribute))
        facts.add(attribute.key, attribute.value);
    facts.finish();
}

/// Logfire sends a snapshot under an id of its own, as a child of the running span, and names that span's parent in an
/// attribute: the item takes the running span's place. Everyone else's snapshot has the running span's id.
void read_snapshot(Item& item) {
    auto& facts = item.facts;
    if (facts.pending == static_cast<std::uint8_t>(model::Pending::child_id)) {
        item.span_id = item.parent_span_id;
        item.parent_span_id = SpanId::from_hex(facts.parent_span_id).value_or(SpanId{});
    }
    if (item.end == UnixNanos{} && facts.pending == 0)
        facts.pending = static_cast<std::uint8_t>(model::Pending::own_id);
    if (facts.pending != 0) item.end = UnixNanos{};
}

const Item& Opener::open(const otlp::SpanView& span) {
    start_item(span.resource, span.scope, span.name, Facts::Of::span, span.attributes());
    auto& facts = item_.facts;
    item_.type = ItemType::span;
    item_.span = &span;
    item_.trace_id = span.trace_id;
    item_.span_id = span.span_id;
    item_.parent_span_id = span.parent_span_id;
    item_.end = span.end;
    item_.time = span.start != UnixNanos{} ? span.start : span.end != UnixNanos{} ? span.end : header_.received;
    item_.failed = span.status_code == status_error || (span.status_code != status_ok && facts.failed);
    read_snapshot(item_);
    if (facts.chain && !item_.parent_span_id.valid()) facts.kind = Kind::query;
    // The caller's span already tells the story; a server's span tells it only where there is none.
    if (facts.mcp && span.kind == kind_server && item_.parent_span_id.valid()) facts.kind = Kind::other;
    return item_;
}

void Opener::name_event(const otlp::LogView& log, std::string_view name) {
    auto& facts = item_.facts;
    item_.reason_as_sent = name;
    item_.entry = model::find_reason(name);
    const auto parsed = model::parse_reason(name);
    const bool says_failure = parsed.phase == Phase::error || name.ends_with("Failed");
    item_.level = log.severity_number >= severity_warn ? Level::warning : Level::normal;
    if (item_.entry != nullptr) {
        item_.reason = item_.entry->name;
        item_.phase = item_.entry->phase;
        facts.operation = item_.entry->operation;
        if (item_.entry->level == Level::warning) item_.level = Level::warning;
        if (item_.entry->kind != Kind::other) facts.kind = item_.entry->kind;
        facts.agentic = true;
    } else {
        item_.reason = name;
        item_.phase = parsed.phase;
        facts.operation = parsed.operation;
        if (parsed.phase == Phase::error) item_.level = Level::warning;
    }
    item_.failed = facts.failed || item_.phase == Phase::error || says_failure;
}

const Item& Opener::open(const otlp::LogView& log) {
    start_item(log.resource, log.scope, log.event_name, Facts::Of::event, log.attributes());
    const auto& facts = item_.facts;
    const auto name = log.event_name.empty() ? facts.event_name : log.event_name;
    item_.log = &log;
    item_.trace_id = log.trace_id;
    item_.span_id = log.span_id;
    item_.parent_span_id = SpanId::from_hex(facts.parent_span_id).value_or(SpanId{});
    item_.time = log.time != UnixNanos{} ? log.time : log.observed != UnixNanos{} ? log.observed : header_.received;
    item_.end = item_.time;
    if (name.empty()) {
        item_.type = ItemType::log;
        item_.reason = item_.reason_as_sent = {};
        item_.entry = nullptr;
        item_.phase = Phase::none;
        item_.level = log.severity_number >= severity_warn ? Level::warning : Level::normal;
        item_.failed = facts.failed;
    } else {
        item_.type = ItemType::event;
        name_event(log, name);
    }
    return item_;
}

ItemType type_of(model::BatchKind kind) {
    switch (kind) {
        case model::BatchKind::traces:
            return ItemType::span;
        case model::BatchKind::logs:
            return ItemType::event;
        case model::BatchKind::messages:
            return ItemType::message;
        case model::BatchKind::chunks:
            return ItemType::chunk;
        case model::BatchKind::deletions:
            return ItemType::deletion;
        case model::BatchKind::session_updates:
            break;
    }
    return ItemType::session_update;
}

const Item& Opener::open(const Record& record) {
    item_.type = type_of(header_.kind);
    item_.record = &record;
    item_.facts.conversation_id = record.conversation;
    item_.facts.query_id = record.query;
    item_.time = item_.end = header_.received;
    return item_;
}

/// What producers write when an operation was cancelled rather than failed.
bool says_canceled(std::string_view text) {
    static constexpr std::string_view words[] = {"canceled",
                                                 "cancelled",
                                                 "context canceled",
                                                 "CancelledError",
                                                 "asyncio.CancelledError",
                                                 "asyncio.exceptions.CancelledError",
                                                 "AbortError"};
    for (const auto word : words) {
        if (text == word) return true;
    }
    return false;
}

Phase end_phase(const Item& item) {
    if (says_canceled(item.facts.error_type) || says_canceled(item.span->status_message)) return Phase::canceled;
    return item.failed ? Phase::error : Phase::complete;
}

/// Kind::memory covers reading and writing; the operation tells which.
const model::Reason* reason_of_span(const Facts& facts, Phase phase) {
    if (facts.kind != Kind::memory) return model::reason_of(facts.kind, phase);
    for (const auto* verb : {"create_", "update_", "upsert_", "delete_"}) {
        if (!facts.operation.starts_with(verb)) continue;
        switch (phase) {
            case Phase::start:
                return model::find_reason("MemoryStoreStart");
            case Phase::complete:
                return model::find_reason("MemoryStoreComplete");
            case Phase::error:
                return model::find_reason("MemoryStoreError");
            case Phase::canceled:
                return model::find_reason("MemoryStoreCanceled");
            case Phase::none:
                return nullptr;
        }
    }
    return model::reason_of(facts.kind, phase);
}

Event sent_event(const Item& item) {
    Event event;
    event.item = &item;
    event.part = Event::Part::sent;
    event.reason = item.reason;
    event.phase = item.phase;
    event.level = item.level;
    event.time = item.time;
    event.failed = item.failed;
    return event;
}

Event derived_event(const Item& item, const model::Reason& reason, Event::Part part) {
    Event event;
    event.item = &item;
    event.part = part;
    event.reason = reason.name;
    event.phase = reason.phase;
    event.level = reason.level;
    event.time = part == Event::Part::span_start ? item.time : item.end;
    event.failed = reason.phase == Phase::error;
    return event;
}

}  // namespace

Status for_each_item(const model::Batch& batch, const std::function<bool(const Item&)>& visit) {
    Opener opener(batch.header());
    const auto visit_one = [&](const auto& view) {
        const bool go_on = visit(opener.open(view));
        opener.step();
        return go_on;
    };
    switch (batch.header().kind) {
        case model::BatchKind::traces:
            return otlp::for_each_span(batch.payload(), visit_one);
        case model::BatchKind::logs:
            return otlp::for_each_log(batch.payload(), visit_one);
        case model::BatchKind::messages:
            return for_each_message(batch.payload(), visit_one);
        case model::BatchKind::chunks:
            return for_each_chunk(batch.payload(), visit_one);
        case model::BatchKind::deletions:
            return for_each_deletion(batch.payload(), visit_one);
        case model::BatchKind::session_updates:
            return for_each_session_update(batch.payload(), visit_one);
    }
    return fail(Errc::bad_payload, "batch of an unknown kind");
}

void for_each_event(const Item& item, bool derive, const std::function<void(const Event&)>& visit) {
    if (item.type == ItemType::event) return visit(sent_event(item));
    if (item.type != ItemType::span || !derive) return;
    if (const auto* start = reason_of_span(item.facts, Phase::start)) {
        visit(derived_event(item, *start, Event::Part::span_start));
    }
    if (item.end == UnixNanos{}) return;  // a snapshot: the end is still to come
    if (const auto* end = reason_of_span(item.facts, end_phase(item))) {
        visit(derived_event(item, *end, Event::Part::span_end));
    }
}

std::string event_id(Epoch epoch, const Event& event) {
    std::string id;
    id.reserve(Cursor::text_size + 1);
    Cursor{epoch, event.item->offset}.append_to(id);
    if (event.part == Event::Part::span_start) id.push_back('s');
    if (event.part == Event::Part::span_end) id.push_back('e');
    return id;
}

}  // namespace ark::items
