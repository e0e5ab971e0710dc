#include "stream/open_item.hpp"

#include "codec/json_writer.hpp"
#include "net/sse.hpp"

namespace ark::stream {
namespace {

constexpr std::size_t scratch_bytes_max = 256u << 10;  // what an encoding keeps after a huge item

/// A log record seen as an event, for the filter: the words of items/filter.hpp mean the same for both.
items::Event as_event(const items::Item& log) {
    items::Event event;
    event.item = &log;
    event.reason = log.reason;
    event.phase = log.phase;
    event.level = log.level;
    event.time = log.time;
    event.failed = log.failed;
    return event;
}

}  // namespace

void OpenItem::open(std::string_view tenant, const items::Item& item) {
    tenant_ = tenant;
    item_ = &item;
    has_context_ = false;
    has_events_ = false;
    encoded_ = 0;
    trace_hex_.clear();
}

const items::Context& OpenItem::context() {
    if (!has_context_) {
        context_ = correlation_.context_of(tenant_, *item_);
        has_context_ = true;
    }
    return context_;
}

std::string_view OpenItem::row_id(Topic topic) {
    if (topic == Topic::session) return context().session_id;
    if (topic == Topic::query) return context().query_id;
    if (!item_->trace_id.valid()) return {};
    if (trace_hex_.empty()) trace_hex_ = item_->trace_id.hex();
    return trace_hex_;
}

void OpenItem::find_events() {
    if (has_events_) return;
    has_events_ = true;
    event_count_ = 0;
    const bool derive = item_->type == items::ItemType::span && correlation_.derives_events(tenant_, *item_);
    items::for_each_event(*item_, derive, [this](const items::Event& event) {
        if (event_count_ < events_.size()) events_[event_count_++] = event;
    });
}

std::uint8_t OpenItem::match_events(const items::Filter& filter) {
    find_events();
    std::uint8_t parts = 0;
    for (std::uint8_t i = 0; i < event_count_; ++i) {
        if (filter.empty() || items::matches_event(filter, events_[i], context())) {
            parts = static_cast<std::uint8_t>(parts | (i == 0 ? first_event : second_event));
        }
    }
    return parts;
}

Wanted OpenItem::match(const Selection& selection) {
    const auto& filter = selection.filter;
    const auto& topics = selection.topics;
    Wanted wanted;
    switch (item_->type) {
        case items::ItemType::span: {
            const bool wants_rows = topics.has_rows();
            const bool passes = (topics.has(Topic::span) || wants_rows) &&
                                (filter.empty() || items::matches_other(filter, *item_, context()));
            if (passes && topics.has(Topic::span)) wanted.parts = span;
            const bool ask_events = topics.has(Topic::event) || (wants_rows && !passes);
            const auto events = ask_events ? match_events(filter) : std::uint8_t{0};
            if (topics.has(Topic::event)) wanted.parts = static_cast<std::uint8_t>(wanted.parts | events);
            wanted.rows = wants_rows && (passes || events != 0);
            break;
        }
        case items::ItemType::event: {
            if (!topics.has(Topic::event) && !topics.has_rows()) break;
            const auto events = match_events(filter);
            if (topics.has(Topic::event)) wanted.parts = events;
            wanted.rows = topics.has_rows() && events != 0;
            break;
        }
        case items::ItemType::log: {
            if (!topics.has(Topic::log) && !topics.has_rows()) break;
            const bool passes = filter.empty() || items::matches_event(filter, as_event(*item_), context());
            if (passes && topics.has(Topic::log)) wanted.parts = log;
            wanted.rows = passes && topics.has_rows();
            break;
        }
        case items::ItemType::message:
        case items::ItemType::chunk: {
            const auto topic = item_->type == items::ItemType::message ? Topic::message : Topic::chunk;
            if (!topics.has(topic)) break;
            if (filter.empty() || items::matches_other(filter, *item_, context())) wanted.parts = record;
            break;
        }
        case items::ItemType::deletion:
        case items::ItemType::session_update:
            break;  // what they changed is seen in rows and lists
    }
    return wanted;
}

std::uint32_t OpenItem::append_frames(std::string& out, std::uint8_t parts, items::Detail detail) {
    const auto of_record = item_->type == items::ItemType::message ? Topic::message : Topic::chunk;
    const Topic topics[part_count] = {Topic::event, Topic::event, Topic::span, Topic::log, of_record};
    const auto id = Cursor{epoch_, item_->offset + 1}.text();
    std::uint32_t frames = 0;
    for (std::size_t part = 0; part < part_count; ++part) {
        const auto bit = 1u << part;
        if ((parts & bit) == 0) continue;
        const bool is_last = (parts >> (part + 1)) == 0;
        net::append_sse(out, name(topics[part]), is_last ? std::string_view(id) : std::string_view(),
                        json(part, detail));
        ++frames;
    }
    return frames;
}

const std::string& OpenItem::json(std::size_t part, items::Detail detail) {
    const auto slot = part + (detail == items::Detail::full ? part_count : 0);
    auto& out = json_[slot];
    const auto bit = static_cast<std::uint16_t>(1u << slot);
    if ((encoded_ & bit) != 0) return out;
    encoded_ = static_cast<std::uint16_t>(encoded_ | bit);
    if (out.capacity() > scratch_bytes_max) std::string().swap(out);
    out.clear();
    codec::JsonWriter json(out);
    switch (1u << part) {
        case span:
            items::write_span(json, epoch_, *item_, context(), detail);
            break;
        case log:
            items::write_log(json, epoch_, *item_, context(), detail);
            break;
        case record:
            items::write_record(json, epoch_, *item_, context(), detail);
            break;
        default:
            items::write_event(json, epoch_, events_[part], context(), detail);
            break;
    }
    return out;
}

}  // namespace ark::stream
