#include "base/text.hpp"
#include "query/item_match.hpp"
#include "query/reads.hpp"

#include <algorithm>
#include <limits>

namespace ark::query {
namespace {

constexpr std::uint8_t past_all_parts = 3;

Outcome<ItemList> item_list(const Call& call, Listed what) {
    ItemList list;
    list.what = what;
    ARK_TRY(list.filter, item_filter(call.params, call.now));
    ARK_TRY(list.order, call.params.order());
    ARK_TRY(list.detail, call.params.detail());
    ARK_TRY(list.limit, call.params.number("limit", 100, 1, 1000));
    list.search = lower_case(call.params.text("q"));
    return list;
}

// Where this page begins: given by the cursor, else the newest or the oldest item. Clamped to what is retained.
Outcome<ItemPosition> start_of(const Call& call, const ItemList& list) {
    const bool descending = list.order == views::Order::newest_first;
    ItemPosition start;
    start.epoch = call.at.epoch;
    start.upper = call.at.offset;
    start.offset = descending ? call.at.offset : call.deps.journal.begin();
    if (!call.params.has("cursor")) return start;

    ARK_TRY(const auto text, open_page_token(call.fingerprint(), call.params.text("cursor")));
    const auto position = ItemPosition::parse(text);
    if (!position) return Problem(ProblemKind::cursor_invalid, "the cursor was not issued by this server");
    if (position->epoch != call.at.epoch) {
        return Problem(ProblemKind::cursor_expired, "the journal was replaced since the cursor was issued");
    }
    start.offset = position->offset;
    start.part = position->part;
    if (descending) start.upper = std::min(position->upper, call.at.offset);
    return start;
}

struct ItemPage {
    std::vector<std::string> items;
    std::optional<ItemPosition> next;
    bool partial = false;  ///< the budget ended the page, not the list
};

// The rows of a chunk in the list's direction, from `start` on.
void in_direction(std::vector<Match>& rows, const ItemList& list, const std::optional<Match>& start) {
    if (list.order == views::Order::newest_first) {
        if (start) std::erase_if(rows, [&](const Match& row) { return row > *start; });
        std::reverse(rows.begin(), rows.end());
    } else if (start) {
        std::erase_if(rows, [&](const Match& row) { return row < *start; });
    }
}

Status render_into(const Call& call, const ItemList& list, const Chunk& chunk, std::vector<Match> rows,
                   ItemPage& page) {
    std::vector<Match> ascending = std::move(rows);
    const bool descending = list.order == views::Order::newest_first;
    if (descending) std::reverse(ascending.begin(), ascending.end());
    ARK_TRY(auto texts, render(call, list, chunk, ascending));
    if (descending) std::reverse(texts.begin(), texts.end());
    std::move(texts.begin(), texts.end(), std::back_inserter(page.items));
    return ok();
}

Outcome<ItemPage> read_page(const Call& call, const ItemList& list, const ItemPosition& start) {
    const bool descending = list.order == views::Order::newest_first;
    const bool resumed = call.params.has("cursor");
    const Offset oldest = call.deps.journal.begin();
    const Offset begin = descending ? oldest : std::max(oldest, start.offset);
    const Offset end = descending && resumed ? std::min(start.offset + 1, start.upper) : start.upper;
    const auto from = resumed ? std::optional(Match{start.offset, start.part}) : std::nullopt;
    const auto source = items_source(call, list, begin, end);
    auto budget = page_budget(call);

    ItemPage page;
    ItemPosition next = start;
    while (true) {
        ARK_TRY(const auto chunk, source->next());
        if (!chunk) return page;  // the end of the list
        budget.spend(chunk->size());
        // One row more than fits tells where the next page begins, and that there is one. Descending rows come last, so
        // all of the chunk is needed; ascending, a few more for those before `start`.
        const auto room = list.limit - page.items.size();
        const auto enough = descending ? std::numeric_limits<std::size_t>::max() : room + 1 + past_all_parts;
        ARK_TRY(auto rows, matches_of(call, list, *chunk, enough));
        in_direction(rows, list, from);
        if (rows.size() > room) {
            next.offset = rows[room].offset;
            next.part = rows[room].part;
            page.next = next;
            rows.resize(room);
        }
        ARK_TRY_STATUS(render_into(call, list, *chunk, std::move(rows), page));
        if (page.next) return page;
        if (budget.spent()) break;
    }
    const Offset at = source->position();
    if (descending ? at <= begin : at >= end) return page;
    next.offset = descending ? Offset{at.value() - 1} : at;
    next.part = descending ? past_all_parts : 0;
    page.next = next;
    page.partial = page.items.size() < list.limit;
    return page;
}

struct ItemCount {
    std::uint64_t total = 0;
    bool estimate = false;  ///< the budget ended the count: at least so many
};

Outcome<ItemCount> count_items(const Call& call, const ItemList& list) {
    const auto source = items_source(call, list, call.deps.journal.begin(), call.at.offset);
    auto budget = page_budget(call);
    ItemCount count;
    while (true) {
        ARK_TRY(const auto chunk, source->next());
        if (!chunk) return count;
        budget.spend(chunk->size());
        ARK_TRY(const auto rows, matches_of(call, list, *chunk, std::numeric_limits<std::size_t>::max()));
        count.total += rows.size();
        if (budget.spent()) break;
    }
    count.estimate = true;
    return count;
}

Outcome<Body> list_items(const Call& call, Listed what) {
    ARK_TRY(const auto list, item_list(call, what));
    ARK_TRY(const auto start, start_of(call, list));
    ARK_TRY(const bool counted, call.params.flag("count"));
    ARK_TRY(const auto page, read_page(call, list, start));

    ListBody body;
    for (const auto& item : page.items)
        body.items().raw(item);
    const auto token = page.next ? make_page_token(call.fingerprint(), page.next->text()) : std::string{};
    auto& json = body.end_items(token, Cursor{call.at.epoch, start.upper});
    if (page.partial) json.field("partial", true);
    if (counted) {
        ARK_TRY(const auto count, count_items(call, list));
        json.field("total", count.total).field("countIsEstimate", count.estimate);
    }
    return body.take();
}

}  // namespace

codec::JsonWriter& ListBody::end_items(const std::string& next_token, const Cursor& watch) {
    json_.end_array();
    if (next_token.empty()) {
        json_.key("nextCursor").null();
    } else {
        json_.key("nextCursor").plain(next_token);
    }
    json_.key("watchCursor").plain(watch.text());
    body_.next_token = next_token;
    return json_;
}

Body ListBody::take() {
    json_.end_object();
    return std::move(body_);
}

Outcome<Body> list_events(const Call& call) {
    return list_items(call, Listed::events);
}

Outcome<Body> list_spans(const Call& call) {
    return list_items(call, Listed::spans);
}

}  // namespace ark::query
