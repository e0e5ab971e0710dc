#pragma once
#include "query/call.hpp"
#include "query/item_source.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::query {

enum class Listed { events, spans };

/// Which items a list shows, and how much of each.
struct ItemList {
    Listed what = Listed::events;
    items::Filter filter;
    std::string search;  ///< lower case; empty: everything
    views::Order order = views::Order::newest_first;
    items::Detail detail = items::Detail::lite;
    std::size_t limit = 100;
};

/// One row of a list: an item, or the part of it that an event stands for. Ordered as the journal is.
struct Match {
    Offset offset;
    std::uint8_t part = 0;
    friend auto operator<=>(const Match&, const Match&) = default;
};

/// The items that may belong to the list, in [begin, end). With a trace, query or session the views know their offsets;
/// without one the journal itself is walked. `call` and `list` outlive the source.
std::unique_ptr<ItemSource> items_source(const Call& call, const ItemList& list, Offset begin, Offset end);

/// Visits the items of a chunk in offset order; false stops.
Status visit_items(const Chunk& chunk, const std::function<bool(const items::Item&)>& visit);

/// The rows of a chunk that belong to the list, ascending; stops behind `enough` of them. Batches of other tenants hold
/// none.
Result<std::vector<Match>> matches_of(const Call& call, const ItemList& list, const Chunk& chunk, std::size_t enough);

/// The rows as JSON, in the order of `rows`, which ascend.
Result<std::vector<std::string>> render(const Call& call, const ItemList& list, const Chunk& chunk,
                                        const std::vector<Match>& rows);

/// The events of a chunk that belong to the list, in journal order.
Status visit_events(const Call& call, const ItemList& list, const Chunk& chunk,
                    const std::function<void(const items::Event&)>& visit);

/// Whether `text` contains `needle` (lower case), ASCII letters in either case.
bool contains_folded(std::string_view text, std::string_view needle);

/// One item of the tenant at an offset: `visit` sees it in place. not_found: none there, or of another tenant; expired.
Status visit_item_at(journal::Batches& batches, const std::string& tenant, Offset offset,
                     const std::function<void(const items::Item&, const model::Batch&)>& visit);

}  // namespace ark::query
