#pragma once
#include "base/ids.hpp"
#include "base/packing.hpp"
#include "base/strong.hpp"
#include "model/kind.hpp"
#include "views/totals.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Postings: what a story keeps of each of its items, packed into chunks (docs/views.md). Skeletons, timelines and the
/// search for items read these and nothing else.
namespace ark::views {

/// What is known about a span, as bits. Stored.
enum SpanFlag : std::uint8_t {
    span_failed = 1,
    span_open = 2,      ///< started, not ended
    span_by_event = 4,  ///< only events told of it so far
    span_evented = 8,   ///< its producer sends its events: none are derived
    span_canceled = 16,
    span_has_start = 32,  ///< by event: the start is the start event's, not the end's guess
};

/// One item of a story. Texts are valid while the chunk lives.
struct Record {
    enum class What : std::uint8_t {
        span = 0,           ///< a span arrived; the fields say all about it
        span_by_event = 1,  ///< an event changed what is known about a span; likewise
        item = 2,           ///< an event or log, of a span or of none
    };
    What what = What::item;
    std::uint8_t flags = 0;
    model::Kind kind = model::Kind::other;
    std::uint16_t query = 0;  ///< which of the trace's queries a span names itself, from 1; 0 = none
    std::uint64_t offset = 0;
    std::uint64_t time = 0;  ///< the item's
    SpanId span_id, parent;
    std::uint64_t start = 0, end = 0;
    std::string_view name, subject;
    Tally usage;
};

/// Packs one story's records of one drain.
class ChunkWriter {
public:
    bool empty() const { return bytes_.empty(); }
    std::uint64_t first_offset() const { return first_offset_; }
    /// `name` and `subject` are numbers of the story's texts, so that each text is written once a chunk.
    void append(const Record& record, std::uint32_t name, std::uint32_t subject);
    /// The chunk; the writer is empty again.
    std::string take();

private:
    void append_shared(std::uint32_t number, std::string_view text);

    std::string bytes_;
    std::uint64_t first_offset_ = 0;
    std::uint64_t last_offset_ = 0;
    std::uint64_t last_time_ = 0;
    std::vector<std::uint32_t> shared_;  // by text number: its number in the chunk, 0 = not yet written
    std::uint32_t shared_count_ = 0;
};

/// Reads a chunk back, record by record. Damaged bytes end it early with ok() false.
class ChunkReader {
public:
    ChunkReader(std::string_view chunk, std::uint64_t first_offset);
    bool next(Record& record);
    bool ok() const { return in_.ok(); }

private:
    std::string_view shared();

    Unpacker in_;
    std::uint64_t last_offset_;
    std::uint64_t last_time_ = 0;
    std::vector<std::string_view> shared_;
};

}  // namespace ark::views
