#pragma once
#include "base/buffer.hpp"
#include "base/strong.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace ark::stream {

/// Encoded frames that several subscribers send from the same memory. Bytes have absolute positions that never repeat.
///
///                                   end()
///     ────┬──────┬──────────┬────────┬──────
///         │ block│  block   │ block  │          a block is freed when the last reader has left it, or when the
///     ────┴──────┴──────────┴────────┴──────    ring holds more than its bound: then its readers have fallen out
///             ▲ reader           ▲ reader
///
/// Units are appended whole, so a reader always stands between two frames. A slice that is being sent keeps its block
/// alive by itself, in the ring or out of it. One thread.
class Ring {
public:
    struct Block {
        Buffer bytes;                  ///< never grows beyond its first capacity: slices point into it
        std::uint64_t start = 0;       ///< position of the first byte
        Offset covered;                ///< whoever has all bytes of the block has every item before this
        std::uint64_t frames_end = 0;  ///< frames of the ring up to the end of the block
        std::uint32_t readers = 0;     ///< that stand in it

        std::uint64_t end() const { return start + bytes.size(); }
    };

    /// Where a subscriber stands: of one ring, from join() to leave().
    class Reader {
    private:
        friend class Ring;
        std::uint64_t position_ = 0;
        std::uint64_t block_ = 0;  // the number of the block it is counted in
    };

    /// What a reader can send now: valid while `block` is held.
    struct Slice {
        std::shared_ptr<const Block> block;  ///< null: nothing to send
        std::string_view bytes;
        Offset covered;
        std::uint64_t frames_end = 0;
    };

    /// `total` counts the bytes of all rings that share it; it outlives them.
    Ring(std::size_t bytes_max, std::size_t& total) : bytes_max_(bytes_max), total_(total) {}
    ~Ring() { total_ -= bytes_; }
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    /// Appends a unit of whole frames. `covered`: every item before it is in the ring now.
    void append(std::string_view unit, std::uint32_t frames, Offset covered);

    /// All frames that were ever appended.
    std::uint64_t frames_end() const { return frames_; }
    /// What the ring's blocks take in memory.
    std::size_t bytes() const { return bytes_; }
    std::uint32_t readers() const { return readers_; }

    /// Puts the reader at the end.
    void join(Reader& reader);
    void leave(Reader& reader);
    /// True when bytes that the reader has not seen are gone: it has to get them elsewhere and join again.
    bool fell_out(const Reader& reader) const { return reader.position_ < begin(); }
    bool at_end(const Reader& reader) const { return reader.position_ == end_; }
    /// Unsent bytes before the reader.
    std::uint64_t lag(const Reader& reader) const { return end_ - reader.position_; }
    /// The next piece for a reader that has not fallen out: at most one block.
    Slice next(const Reader& reader) const;
    /// Moves the reader behind a slice it has sent. Harmless when it fell out meanwhile.
    void advance(Reader& reader, const Slice& slice);
    /// Forgets the oldest blocks, the last one never, until at most `bytes` are held; readers in them fall out.
    void shrink_to(std::size_t bytes);
    /// Gives the memory back when every reader has everything. Call now and then.
    void release_if_idle();

private:
    std::uint64_t begin() const { return blocks_.empty() ? end_ : blocks_.front()->start; }
    std::uint64_t last_block() const { return first_block_ + (blocks_.empty() ? 0 : blocks_.size() - 1); }
    Block& block_with_room(std::size_t bytes);
    void count_in(std::uint64_t block);
    void count_out(const Reader& reader);
    void drop_front();
    void free_unread();

    const std::size_t bytes_max_;
    std::size_t& total_;
    std::vector<std::shared_ptr<Block>> blocks_;  // oldest first; the last one is being filled
    std::uint64_t first_block_ = 0;               // number of the front block, or of the one to come when there is none
    std::uint64_t end_ = 0;
    std::uint64_t frames_ = 0;
    std::size_t bytes_ = 0;
    std::uint32_t readers_ = 0;
    std::uint32_t readers_at_end_ = 0;
    std::uint32_t idle_readers_ = 0;  // those of the block to come, while there is none
};

}  // namespace ark::stream
