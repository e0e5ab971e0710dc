#include "query/item_match.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace ark::query {
namespace {

bool found_in(const items::Item& item, std::string_view name, std::string_view needle) {
    if (needle.empty() || contains_folded(name, needle)) return true;
    const auto& facts = item.facts;
    for (const auto text : {facts.agent, facts.team, facts.tool, facts.model, facts.query_name, facts.input,
                            facts.output, facts.error_type, facts.error_message}) {
        if (contains_folded(text, needle)) return true;
    }
    return item.span != nullptr && contains_folded(item.span->status_message, needle);
}

// Time and tenant are known per batch: most batches outside the window are never opened.
bool may_match(const Call& call, const ItemList& list, const model::Batch& batch) {
    const auto& header = batch.header();
    if (header.tenant != call.tenant) return false;
    // Records without a time of their own take the time of arrival, which the header's range does not cover.
    if (header.kind != model::BatchKind::traces || header.time_max.value() == 0) return true;
    if (list.filter.from.value() != 0 && header.time_max < list.filter.from) return false;
    return list.filter.until.value() == 0 || header.time_min < list.filter.until;
}

std::uint8_t number(items::Event::Part part) {
    return static_cast<std::uint8_t>(part);
}

// The events of an item as this list counts them. A span only stands for events when its producer sends none.
void each_event(const Call& call, const items::Item& item, const std::function<void(const items::Event&)>& visit) {
    if (item.type == items::ItemType::log) return;
    const bool derive = item.type == items::ItemType::span && call.deps.views.derives_events(call.tenant, item);
    if (item.type == items::ItemType::span && !derive) return;
    items::for_each_event(item, derive, visit);
}

void match_span(const Call& call, const ItemList& list, const items::Item& item, std::vector<Match>& out) {
    if (item.type != items::ItemType::span || !found_in(item, item.span->name, list.search)) return;
    if (!list.filter.empty()) {
        if (!items::has_reason(list.filter, item)) return;
        const auto context = call.deps.views.context_of(call.tenant, item);
        if (!items::matches_other(list.filter, item, context)) return;
    }
    out.push_back({item.offset, 0});
}

void matching_events(const Call& call, const ItemList& list, const items::Item& item,
                     const std::function<void(const items::Event&)>& visit) {
    std::optional<items::Context> context;
    each_event(call, item, [&](const items::Event& event) {
        const auto name =
            item.span != nullptr && !contains_folded(event.reason, list.search) ? item.span->name : event.reason;
        if (!found_in(item, name, list.search)) return;
        if (!list.filter.empty()) {
            if (!context) context = call.deps.views.context_of(call.tenant, item);
            if (!items::matches_event(list.filter, event, *context)) return;
        }
        visit(event);
    });
}

}  // namespace

std::unique_ptr<ItemSource> items_source(const Call& call, const ItemList& list, Offset begin, Offset end) {
    auto& views = call.deps.views;
    const auto& tenant = call.tenant;
    const auto& filter = list.filter;
    FindOffsets find;
    if (filter.trace) {
        find = [&](Offset from, Offset until, std::size_t limit) {
            return views.items_of_trace(tenant, *filter.trace, from, until, limit);
        };
    } else if (!filter.query.empty()) {
        find = [&](Offset from, Offset until, std::size_t limit) {
            return views.items_of_query(tenant, filter.query, from, until, limit);
        };
    } else if (!filter.session.empty()) {
        find = [&](Offset from, Offset until, std::size_t limit) {
            return views.items_of_session(tenant, filter.session, from, until, limit);
        };
    } else {
        return scan_source(call.deps.journal, begin, end, list.order);
    }
    return found_source(call.deps.journal, std::move(find), begin, end, list.order);
}

bool contains_folded(std::string_view text, std::string_view needle) {
    if (needle.empty()) return true;
    const auto same = [](char a, char b) { return to_lower(a) == b; };
    return std::search(text.begin(), text.end(), needle.begin(), needle.end(), same) != text.end();
}

Status visit_items(const Chunk& chunk, const std::function<bool(const items::Item&)>& visit) {
    std::size_t wanted = 0;
    return items::for_each_item(*chunk.batch, [&](const items::Item& item) {
        if (item.offset < chunk.begin) return true;
        if (item.offset >= chunk.end) return false;
        if (!chunk.all) {
            if (wanted == chunk.offsets.size()) return false;
            if (chunk.offsets[wanted] != item.offset) return true;
            ++wanted;
        }
        return visit(item);
    });
}

Result<std::vector<Match>> matches_of(const Call& call, const ItemList& list, const Chunk& chunk, std::size_t enough) {
    std::vector<Match> out;
    if (!may_match(call, list, *chunk.batch)) return out;
    ARK_TRY_STATUS(visit_items(chunk, [&](const items::Item& item) {
        if (list.what == Listed::spans) {
            match_span(call, list, item, out);
        } else {
            matching_events(call, list, item, [&](const items::Event& event) {
                out.push_back({item.offset, number(event.part)});
            });
        }
        return out.size() < enough;
    }));
    return out;
}

Result<std::vector<std::string>> render(const Call& call, const ItemList& list, const Chunk& chunk,
                                        const std::vector<Match>& rows) {
    std::vector<std::string> out;
    if (rows.empty()) return out;
    const Epoch epoch = call.at.epoch;
    ARK_TRY_STATUS(visit_items(chunk, [&](const items::Item& item) {
        if (item.offset != rows[out.size()].offset) return true;
        const auto context = call.deps.views.context_of(call.tenant, item);
        if (list.what == Listed::spans) {
            codec::JsonWriter json(out.emplace_back());
            items::write_span(json, epoch, item, context, list.detail);
            return out.size() < rows.size();
        }
        each_event(call, item, [&](const items::Event& event) {
            if (out.size() == rows.size() || rows[out.size()] != Match{item.offset, number(event.part)}) return;
            codec::JsonWriter json(out.emplace_back());
            items::write_event(json, epoch, event, context, list.detail);
        });
        return out.size() < rows.size();
    }));
    return out;
}

Status visit_events(const Call& call, const ItemList& list, const Chunk& chunk,
                    const std::function<void(const items::Event&)>& visit) {
    if (!may_match(call, list, *chunk.batch)) return ok();
    return visit_items(chunk, [&](const items::Item& item) {
        matching_events(call, list, item, visit);
        return true;
    });
}

Status visit_item_at(journal::Batches& batches, const std::string& tenant, Offset offset,
                     const std::function<void(const items::Item&, const model::Batch&)>& visit) {
    ARK_TRY(const auto batch, batches.holding(offset));
    if (!batch || batch->header().tenant != tenant) return fail(Errc::not_found, "no such item");
    bool found = false;
    ARK_TRY_STATUS(items::for_each_item(*batch, [&](const items::Item& item) {
        if (item.offset != offset) return true;
        found = true;
        visit(item, *batch);
        return false;
    }));
    if (!found) return fail(Errc::not_found, "no such item");
    return ok();
}

}  // namespace ark::query
