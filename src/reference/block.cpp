#include "reference/block.hpp"

#include "codec/json_pen.hpp"
#include "reference/item_json.hpp"
#include "reference/session_json.hpp"

#include <algorithm>
#include <utility>

namespace ark::reference {
namespace {

constexpr std::size_t block_items_max = 1024;  // fetched at once
constexpr std::size_t pen_room = 1024;         // asked for before it is known to be needed: more than pens write

// Blocks that are put together: from the first to the greatest, each twice the one before.
constexpr std::size_t room_min = 1u << 10;
constexpr std::size_t room_max = 64u << 10;
constexpr std::size_t item_bytes = 128;  // a block with smaller ones is full before its bytes are used up

}  // namespace

/// Puts frames together; the views into them are made when the text has its place.
class BlockBuilder final : public ItemSink {
public:
    BlockBuilder(std::size_t items_max, std::size_t bytes)
        : block_(std::make_shared<Block>(Position{}, Position{}, false)), items_max_(items_max), bytes_(bytes) {}

    bool full() const { return block_->bytes_.size() >= bytes_; }
    std::uint64_t last() const { return block_->items_.empty() ? 0 : block_->items_.back().sequence; }

    Buffer& begin(const Found& found) override {
        auto& out = block_->bytes_;
        const auto begin = out.size();
        constexpr std::size_t framing = 64;
        codec::make_room(out, framing);
        codec::JsonPen pen(out.spare());
        pen.add("id: ").decimal(found.sequence).add("\ndata: ");
        out.commit(pen.size());
        block_->begins_.push_back(begin);
        texts_.emplace_back(out.size(), 0);
        return out;
    }
    bool end(const Found& found) override {
        auto& out = block_->bytes_;
        texts_.back().second = out.size() - texts_.back().first;
        out.append("\n\n");
        LiveItem item;
        item.sequence = found.sequence;
        item.complete = found.completes;
        block_->items_.push_back(item);
        if (block_->items_.size() == 1) make_room(out.size());
        return !full();
    }

    void add(std::uint64_t sequence, std::string_view json, bool complete) {
        const Found found{sequence, Offset{}, complete};
        begin(found).append(json);
        static_cast<void>(end(found));
    }

    std::shared_ptr<const Block> take(Position behind, Position until, bool more) {
        block_->behind_ = behind;
        block_->until_ = until;
        block_->more_ = more;
        const auto bytes = block_->bytes_.view();
        for (std::size_t i = 0; i < texts_.size(); ++i)
            block_->items_[i].json = bytes.substr(texts_[i].first, texts_[i].second);
        return std::move(block_);
    }

private:
    /// As if all were of the size of the first: growing by steps would copy a big block several times.
    void make_room(std::size_t first) {
        const auto items = std::min(items_max_, bytes_ / first + 1);
        if (items <= 1) return;
        const auto rest = (items - 1) * first;
        codec::make_room(block_->bytes_, rest + rest / 16 + pen_room);
        block_->items_.reserve(items);
        block_->begins_.reserve(items);
        texts_.reserve(items);
    }

    std::shared_ptr<Block> block_;
    const std::size_t items_max_;  // that may come
    const std::size_t bytes_;      // where it is full
    std::vector<std::pair<std::size_t, std::size_t>> texts_;
};

Frames Block::frames(std::uint64_t behind, std::uint64_t until, std::shared_ptr<const Block> owner) const {
    const auto sequence_less = [](std::uint64_t sequence, const LiveItem& item) { return sequence < item.sequence; };
    const auto first = std::upper_bound(items_.begin(), items_.end(), behind, sequence_less) - items_.begin();
    const auto last = std::upper_bound(items_.begin(), items_.end(), until, sequence_less) - items_.begin();
    Frames frames;
    if (first >= last) return frames;
    const auto begin = begins_[static_cast<std::size_t>(first)];
    const bool to_end = static_cast<std::size_t>(last) == items_.size();
    const auto end = to_end ? bytes_.size() : begins_[static_cast<std::size_t>(last)];
    frames.bytes = bytes_.view().substr(begin, end - begin);
    frames.items = std::span(items_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
    frames.owner = std::move(owner);
    return frames;
}

std::shared_ptr<Block> Block::with_room_for(const Block& first, std::size_t room) {
    if (first.bytes_.size() > room_max / 2) return nullptr;
    auto block = std::make_shared<Block>(first.behind_, first.behind_, false);
    block->bytes_.reserve(std::max(first.bytes_.size(), std::clamp(room, room_min, room_max)));
    const auto items = std::max(first.items_.size(), block->bytes_.capacity() / item_bytes);
    block->items_.reserve(items);
    block->begins_.reserve(items);
    block->until_.generation = first.until_.generation;
    static_cast<void>(block->append(first));
    return block;
}

bool Block::append(const Block& next) {
    const bool fits = bytes_.capacity() - bytes_.size() >= next.bytes_.size() &&
                      items_.capacity() - items_.size() >= next.items_.size();
    if (next.behind_ != until_ || next.until_.generation != until_.generation || !fits) return false;
    const auto from = bytes_.size();
    bytes_.append(next.bytes_.view());
    for (std::size_t i = 0; i < next.items_.size(); ++i) {
        auto item = next.items_[i];
        const auto place = static_cast<std::size_t>(item.json.data() - next.bytes_.data());
        item.json = bytes_.view().substr(from + place, item.json.size());
        items_.push_back(item);
        begins_.push_back(from + next.begins_[i]);
    }
    until_ = next.until_;
    more_ = next.more_;
    return true;
}

std::string Subject::key() const {
    auto key = keys::of_kind('w', tenant, kind);
    for (const auto* id : {&filter.conversation, &filter.query, &filter.session})
        append_text(key, *id);
    if (filter.trace) key.append(filter.trace->view());
    return key;
}

std::string Subject::change() const {
    using keys::Dimension;
    if (kind == Kind::sessions) {
        return filter.session.empty() ? keys::session_changes(tenant) : keys::session_place(tenant, filter.session);
    }
    if (kind == Kind::spans && filter.trace) return keys::trace(tenant, *filter.trace);
    const bool by_query = kind != Kind::spans && !filter.query.empty();
    if (by_query) return keys::members(tenant, kind, Dimension::query, filter.query);
    if (kind == Kind::messages && !filter.conversation.empty())
        return keys::members(tenant, kind, Dimension::conversation, filter.conversation);
    if ((kind == Kind::events || kind == Kind::spans) && !filter.session.empty())
        return keys::members(tenant, kind, Dimension::session, filter.session);
    return keys::runs(tenant, kind);
}

namespace {

Result<std::shared_ptr<const Block>> read_sessions(const Reads& reads, const Subject& subject, Position behind) {
    BlockBuilder builder(1, block_bytes);
    Status status = ok();
    bool more = false;
    const auto take = [&](std::string_view place, const SessionRow& row) {
        if (row.change <= behind.sequence) return true;
        more = builder.full();
        if (more) return false;
        auto session = session_json(reads, place, row);
        if (!session) {
            status = session.error();
            return false;
        }
        std::string json;
        codec::JsonWriter writer(json);
        writer.begin_object().field("sessionId", row.id).key("session").raw(*session).end_object();
        builder.add(row.change, json, false);
        return true;
    };
    ARK_TRY_STATUS(subject.filter.session.empty() ? reads.sessions_changed(behind.sequence, take)
                                                  : reads.session(subject.filter.session, take));
    ARK_TRY_STATUS(status);
    const auto until = std::max(behind.sequence, builder.last());
    return builder.take(behind, {0, until}, more);
}

/// The spans of a trace are found by the views.
Result<std::vector<Found>> find_in_trace(const Reads& reads, views::Views& views, const Subject& subject,
                                         std::uint64_t behind) {
    std::vector<Found> found;
    ARK_TRY(const auto next, reads.find(Kind::spans, {}, behind, 1));
    if (next.empty()) return found;
    std::vector<Offset> offsets;
    Status status = ok();
    const auto note = [&](std::size_t place, const otlp::SpanView&) {
        const auto sequence = reads.sequence_at(Kind::spans, offsets[place]);
        if (!sequence) {
            status = sequence.error();
        } else {
            found.push_back({*sequence, offsets[place], false});
        }
        return true;
    };
    // Events of the trace are among the items, and may be many.
    for (auto from = next.front().offset; found.size() < block_items_max; from = offsets.back() + 1) {
        ARK_TRY(offsets, views.items_of_trace(reads.tenant(), *subject.filter.trace, from, views.folded(),
                                              block_items_max - found.size()));
        if (offsets.empty()) break;
        ARK_TRY_STATUS(for_each_span_at(reads, offsets, note));
        ARK_TRY_STATUS(status);
    }
    return found;
}

/// What remains of a query's chunks that were compacted, for who asks from their beginning.
Result<std::shared_ptr<const Block>> read_compacted(const Reads& reads, const Subject& subject, Position behind) {
    std::shared_ptr<const Block> none;
    if (subject.kind != Kind::chunks || subject.filter.query.empty()) return none;
    ARK_TRY(const auto row, reads.compacted(subject.filter.query));
    if (!row || row->completed <= behind.sequence || row->generation != behind.generation) return none;
    BlockBuilder builder(1, block_bytes);
    ARK_TRY_STATUS(for_each_compacted(reads, *row, [&](const Found& found, std::string_view json) {
        builder.add(found.sequence, json, false);
        return true;
    }));
    builder.add(row->completed, items::completion_text, true);
    return builder.take(behind, {behind.generation, row->completed}, true);
}

}  // namespace

Result<std::shared_ptr<const Block>> read_block(const Reads& reads, views::Views& views, const Subject& subject,
                                                Position behind, std::size_t bytes) {
    if (subject.kind == Kind::sessions) return read_sessions(reads, subject, behind);
    ARK_TRY(const auto state, reads.state());
    // Numbering began anew: everything that is there comes behind what was seen.
    const auto generation = state.of(subject.kind).generation;
    const Position from = generation == behind.generation ? behind : Position{generation, 0};
    ARK_TRY(auto compacted, read_compacted(reads, subject, from));
    if (compacted) return compacted;

    const bool in_trace = subject.kind == Kind::spans && subject.filter.trace;
    ARK_TRY(const auto found, in_trace ? find_in_trace(reads, views, subject, from.sequence)
                                       : reads.find(subject.kind, subject.filter, from.sequence, block_items_max));
    BlockBuilder builder(found.size(), bytes);
    ARK_TRY_STATUS(write_json(reads, subject.kind, found, Shape::bare, builder));
    auto until = std::max(from.sequence, builder.last());
    const bool cut = builder.full() || found.size() == block_items_max;
    // What the journal has no more is stepped over, and if nothing else is there the next look begins behind it all.
    if (!builder.full() && !found.empty()) until = found.back().sequence;
    if (!cut && !in_trace) until = std::max(until, state.of(subject.kind).next - 1);
    return builder.take(from, {generation, until}, cut);
}

Result<Position> newest(const Reads& reads, Kind kind) {
    if (kind == Kind::sessions) return Position{0, reads.newest_change()};
    ARK_TRY(const auto state, reads.state());
    return Position{state.of(kind).generation, state.of(kind).next - 1};
}

}  // namespace ark::reference
