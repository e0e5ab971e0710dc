#pragma once
#include "base/buffer.hpp"
#include "reference/reads.hpp"
#include "reference/store.hpp"
#include "views/views.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ark::reference {

/// How far a watcher is: numbers of a later generation come behind all numbers of an earlier one.
struct Position {
    std::uint64_t generation = 0;
    std::uint64_t sequence = 0;

    friend auto operator<=>(const Position&, const Position&) = default;
};

/// What is watched.
struct Subject {
    std::string tenant;
    Kind kind = Kind::messages;
    Filter filter;

    /// Equal for equal subjects.
    std::string key() const;
    /// What the fold notes when there is more of it (Changes).
    std::string change() const;
};

/// Items that follow each other, encoded once. What it has never changes and stays where it is, once shared; one made
/// with room may get more behind it, on the thread of those who read it.
class Block {
public:
    Block(Position behind, Position until, bool more) : behind_(behind), until_(until), more_(more) {}
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

    /// A copy that has room for more, in all at least `room` bytes of frames within bounds; null when the block is too
    /// big for that to be of use.
    static std::shared_ptr<Block> with_room_for(const Block& first, std::size_t room);
    /// Adds what follows us. False: it does not, or there is no room.
    bool append(const Block& next);
    /// What our frames may grow to.
    std::size_t room() const { return bytes_.capacity(); }

    /// Holds every item behind this …
    Position behind() const { return behind_; }
    /// … up to and with this.
    Position until() const { return until_; }
    /// Whether there was more behind it.
    bool more() const { return more_; }
    bool empty() const { return items_.empty(); }
    std::size_t bytes() const {
        return sizeof(Block) + bytes_.capacity() + items_.capacity() * (sizeof(LiveItem) + sizeof(std::size_t));
    }

    /// The items with sequences in (behind, until]; `owner` is what holds this block.
    Frames frames(std::uint64_t behind, std::uint64_t until, std::shared_ptr<const Block> owner) const;

private:
    friend class BlockBuilder;
    Position behind_;
    Position until_;
    bool more_;
    Buffer bytes_;
    std::vector<LiveItem> items_;      // in bytes_
    std::vector<std::size_t> begins_;  // of the items' frames in bytes_
};

/// What a block has, as a rule: it ends behind the item that goes beyond.
inline constexpr std::size_t block_bytes = 256u << 10;

/// The block behind a position, which ends at so many bytes. Reads on the work pool; blocks.
Result<std::shared_ptr<const Block>> read_block(const Reads& reads, views::Views& views, const Subject& subject,
                                                Position behind, std::size_t bytes);

/// Where the newest item of the subject's kind is.
Result<Position> newest(const Reads& reads, Kind kind);

}  // namespace ark::reference
