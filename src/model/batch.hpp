#pragma once
#include "base/buffer.hpp"
#include "base/cursor.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ark::model {

/// What the items of a batch are. Stored in the journal: numbers never change meaning.
enum class BatchKind : std::uint8_t {
    traces = 1,  ///< payload: ExportTraceServiceRequest; one item a span, in wire order
    logs = 2,  ///< payload: ExportLogsServiceRequest; one item a log record (events are log records with an event name)
    // Payloads of our own format (docs/formats/records.md):
    messages = 3,         ///< messages of one conversation and query
    chunks = 4,           ///< pieces of one query's answer as it was generated, and that it is complete
    deletions = 5,        ///< what was taken away: folded like everything else
    session_updates = 6,  ///< bodies of POST /sessions
};

/// Whether the number, as read from a file, is a BatchKind.
bool is_batch_kind(std::uint8_t number);

/// How the payload is stored: as it was received. Stored in the journal.
enum class Encoding : std::uint8_t { identity = 0, gzip = 1, zstd = 2 };

std::string_view name(BatchKind kind);
std::string_view name(Encoding encoding);

/// What the journal keeps about a batch beside its payload.
struct BatchHeader {
    BatchKind kind = BatchKind::traces;
    Encoding encoding = Encoding::identity;
    std::uint32_t item_count = 0;  ///< how many offsets the batch takes
    Offset base;                   ///< offset of its first item; assigned by the journal
    UnixNanos received;            ///< wall clock when the request was accepted
    UnixNanos time_min;            ///< earliest item time (span start, record time); 0 = unknown
    UnixNanos time_max;            ///< latest item time (span end, record time); 0 = unknown
    std::string tenant;            ///< "default" without tenants; at most 128 bytes
};

/// One accepted request: immutable from then on, shared by every follower that reads it.
///
/// payload() is OTLP protobuf, decoded. wire() is what the journal stores; the two are the same bytes for identity
/// encoding.
class Batch {
public:
    Batch(BatchHeader header, Buffer wire) : header_(std::move(header)), wire_(std::move(wire)) {}
    /// For compressed batches: `decoded` is the inflated wire.
    Batch(BatchHeader header, Buffer wire, Buffer decoded)
        : header_(std::move(header)), wire_(std::move(wire)), decoded_(std::move(decoded)) {}

    const BatchHeader& header() const { return header_; }
    std::string_view wire() const { return wire_.view(); }
    std::string_view payload() const { return header_.encoding == Encoding::identity ? wire_.view() : decoded_.view(); }
    Offset base() const { return header_.base; }
    Offset end() const { return header_.base + header_.item_count; }
    /// What the batch costs in memory.
    std::size_t bytes() const { return sizeof(Batch) + wire_.capacity() + decoded_.capacity(); }

    /// Only the journal's writer calls this, once, before anybody else sees the batch.
    void assign_base(Offset base) { header_.base = base; }

private:
    BatchHeader header_;
    Buffer wire_;
    Buffer decoded_;
};

using BatchPtr = std::shared_ptr<const Batch>;

}  // namespace ark::model
