#pragma once
#include "stream/open_item.hpp"
#include "stream/services.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

namespace ark::stream {

/// Reads what one subscriber has not seen from the journal, piece by piece: the price of being behind is paid by who is
/// behind. Used by one task at a time, on the work pool.
class History {
public:
    struct Chunk {
        std::string text;  ///< whole frames; may be empty: nothing matched so far
        std::uint32_t frames = 0;
        Offset covered;  ///< every item before this is in the chunks read so far
        Status status;   ///< io, corrupt: the journal cannot be read further
    };

    History(Services& services, std::shared_ptr<const Selection> selection, Offset from);

    /// Some 64 KB of frames, or what a few MB of journal hold of them; never past `until`. Blocks.
    Chunk read(Offset until);

private:
    Status next_batch(Chunk& chunk, Offset until);
    void take_items(Chunk& chunk, Offset until);
    void take_rows(Chunk& chunk);

    Services& services_;
    const std::shared_ptr<const Selection> selection_;
    const Epoch epoch_;
    const std::unique_ptr<journal::Reader> reader_;
    OpenItem open_;
    model::BatchPtr batch_;  // the one we are in the middle of
    Offset covered_;
    std::unordered_set<std::string> touched_;  // "topic id" of rows that the chunk's items changed
    std::unordered_set<std::string> sent_;     // rows that were sent already, as they are now
};

/// The first offset that was received at `time` or later. Blocks. Error: io, corrupt.
Result<Offset> find_received(journal::Journal& journal, UnixNanos time);

}  // namespace ark::stream
