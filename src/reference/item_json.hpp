#pragma once
#include "base/buffer.hpp"
#include "items/items.hpp"
#include "otlp/walk.hpp"
#include "reference/reads.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

/// Items as the reference shows them, made from what the journal has.
namespace ark::reference {

/// A chunk is shown inside a record in lists, bare to watchers; the other kinds look the same to both.
enum class Shape { listed, bare };

/// Where JSON of items is put together.
class ItemSink {
public:
    virtual ~ItemSink() = default;
    /// The next item: its JSON is appended to this.
    virtual Buffer& begin(const Found& found) = 0;
    /// It is there. False: no more is wanted.
    virtual bool end(const Found& found) = 0;
};
/// Writes the items that were found, in order; those that retention took meanwhile are left out. Blocks.
/// Error: io, corrupt.
Status write_json(const Reads& reads, Kind kind, std::span<const Found> found, Shape shape, ItemSink& sink);

/// Visits the same until it is told false.
using JsonVisitor = std::function<bool(const Found& found, std::string_view json)>;
Status for_each_json(const Reads& reads, Kind kind, std::span<const Found> found, Shape shape,
                     const JsonVisitor& visit);

/// Visits the spans at these ascending offsets (others than spans are left out), with the offset's place in the list,
/// until it is told false.
using SpanVisitor = std::function<bool(std::size_t place, const otlp::SpanView& span)>;
Status for_each_span_at(const Reads& reads, std::span<const Offset> offsets, const SpanVisitor& visit);

/// Milliseconds since 1970 as JavaScript writes a date: "2026-11-20T09:24:09.746Z".
std::string iso_of_ms(std::uint64_t ms);

/// The chunks of a finished query, compacted: one chunk of its whole text if they are a chat completion's, else
/// themselves. The completion is not among them. Numbered up to it.
Status for_each_compacted(const Reads& reads, const CompactedRow& row, const JsonVisitor& visit);

}  // namespace ark::reference
