#pragma once
#include "journal/batches.hpp"
#include "views/views.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace ark::query {

/// A piece of a walk over items: some offsets of one batch.
struct Chunk {
    model::BatchPtr batch;
    Offset begin;  ///< of the batch's items, those in [begin, end) …
    Offset end;
    std::vector<Offset> offsets;  ///< … and, unless `all`, only these (ascending)
    bool all = true;

    std::uint64_t size() const { return all ? end - begin : offsets.size(); }
};

/// Walks the items of a list in one direction, batch by batch. Expired history is simply not there.
class ItemSource {
public:
    virtual ~ItemSource() = default;
    /// The next piece, or nothing at the end.
    virtual Result<std::optional<Chunk>> next() = 0;
    /// Where the walk stands: ascending, the first offset not walked yet; descending, one past it.
    virtual Offset position() const = 0;
};

/// Finds offsets in [from, until), ascending, at most `limit`: views' items_of_*.
using FindOffsets = std::function<Result<std::vector<Offset>>(Offset from, Offset until, std::size_t limit)>;

/// All items of the journal in [begin, end), oldest or newest first.
std::unique_ptr<ItemSource> scan_source(journal::Journal& journal, Offset begin, Offset end, views::Order order);
/// The items that `find` knows in [begin, end).
std::unique_ptr<ItemSource> found_source(journal::Journal& journal, FindOffsets find, Offset begin, Offset end,
                                         views::Order order);

}  // namespace ark::query
