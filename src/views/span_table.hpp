#pragma once
#include "base/ids.hpp"
#include "model/kind.hpp"
#include "views/skeleton.hpp"
#include "views/totals.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The spans of one story in memory: small while there are few, O(1) when there are many.
namespace ark::views {

/// Finds the position of a thing in a vector by hash; the vector is its owner's. Linear below `linear_max`.
class PositionIndex {
public:
    static constexpr std::uint32_t none = 0xffffffff;
    static constexpr std::size_t linear_max = 8;

    /// `hash()` of what is sought is asked for only where there are many.
    template <class Hash, class Equal>
    std::uint32_t find(std::size_t count, Hash hash, Equal equal) const {
        if (slots_.empty()) {
            for (std::uint32_t i = 0; i < count; ++i) {
                if (equal(i)) return i;
            }
            return none;
        }
        for (std::size_t at = mixed(hash()) & mask();; at = (at + 1) & mask()) {
            if (slots_[at] == none || equal(slots_[at])) return slots_[at];
        }
    }
    /// After the thing was put at position count-1. `hash_of(i)` hashes the thing at i.
    template <class HashOf>
    void added(std::size_t count, HashOf hash_of) {
        if (count <= linear_max) return;
        if (count * 2 > slots_.size()) {
            slots_.assign(slots_.empty() ? linear_max * 4 : slots_.size() * 2, none);
            for (std::uint32_t i = 0; i < count; ++i)
                place(hash_of(i), i);
        } else {
            place(hash_of(static_cast<std::uint32_t>(count - 1)), static_cast<std::uint32_t>(count - 1));
        }
    }
    std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

private:
    std::size_t mask() const { return slots_.size() - 1; }
    /// Ids that count up differ in few bits: spread them.
    static std::size_t mixed(std::size_t hash) {
        hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9ULL;
        return hash ^ hash >> 32;
    }
    void place(std::size_t hash, std::uint32_t position) {
        auto at = mixed(hash) & mask();
        while (slots_[at] != none)
            at = (at + 1) & mask();
        slots_[at] = position;
    }
    std::vector<std::uint32_t> slots_;  // power of two, at most half full
};

/// Texts with numbers; number 0 is the empty text.
class TextTable {
public:
    TextTable() { texts_.emplace_back(); }
    std::uint32_t number(std::string_view text);
    const std::string& text(std::uint32_t number) const { return texts_[number]; }
    std::size_t bytes() const;

private:
    std::vector<std::string> texts_;
    PositionIndex index_;
};

/// One span as it is known now.
struct Span {
    SpanId id, parent;
    std::uint64_t start = 0, end = 0;
    std::uint64_t offset = 0;             ///< of the item that told us last
    std::uint32_t name = 0, subject = 0;  ///< TextTable
    std::uint32_t usage = 0;              ///< 1 + position in usages; 0 = none
    model::Kind kind = model::Kind::other;
    std::uint8_t flags = 0;   ///< SpanFlag
    std::uint16_t query = 0;  ///< which of the trace's queries it names itself, from 1; 0 = none

    bool is(SpanFlag flag) const { return (flags & flag) != 0; }
};

class SpanTable {
public:
    Span* find(const SpanId& id);
    const Span* find(const SpanId& id) const { return const_cast<SpanTable*>(this)->find(id); }
    Span& add(const SpanId& id);

    const std::vector<Span>& spans() const { return spans_; }
    std::size_t position_of(const Span& span) const { return static_cast<std::size_t>(&span - spans_.data()); }
    TextTable& texts() { return texts_; }
    const TextTable& texts() const { return texts_; }
    const std::string& name(const Span& span) const { return texts_.text(span.name); }
    const std::string& subject(const Span& span) const { return texts_.text(span.subject); }
    const Tally& usage(const Span& span) const;
    void set_usage(Span& span, const Tally& usage);

    /// The nearest span of this kind at or above `id`; nullptr when none is known.
    const Span* nearest(const SpanId& id, model::Kind kind) const;
    /// Sum over the topmost spans that report usage themselves while no model call below them does.
    Tally rolled_up() const;
    /// The same where only spans of one group count as above one another: same(position, position) → bool, and
    /// visit(position, usage) for each that counts.
    template <class Same, class Visit>
    void for_each_rolled_up(Same same, Visit visit) const;
    std::size_t bytes() const;

private:
    std::vector<Span> spans_;
    PositionIndex index_;
    TextTable texts_;
    std::vector<Tally> usages_;
};

/// Parents further away than this are not followed: real trees are shallower, and a cycle of hostile parents ends.
inline constexpr int depth_max = 256;

template <class Same, class Visit>
void SpanTable::for_each_rolled_up(Same same, Visit visit) const {
    enum : std::uint8_t { above_model_call = 1 };
    std::vector<std::uint8_t> marks(spans_.size());
    const auto parent_of = [&](const Span* span) { return span->parent.valid() ? find(span->parent) : nullptr; };
    const auto mark_of = [&](const Span* span) -> std::uint8_t& { return marks[position_of(*span)]; };
    const auto reports = [&](const Span& span) { return span.kind != model::Kind::llm && usage(span).any(); };

    for (const auto& span : spans_) {
        if (span.kind != model::Kind::llm || !usage(span).any()) continue;
        const auto* above = parent_of(&span);
        for (int depth = 0; above != nullptr && mark_of(above) == 0 && depth < depth_max; ++depth) {
            mark_of(above) = above_model_call;
            above = parent_of(above);
        }
    }
    for (const auto& span : spans_) {
        if (!reports(span) || mark_of(&span) != 0) continue;
        bool topmost = true;
        const auto* above = parent_of(&span);
        for (int depth = 0; above != nullptr && topmost && depth < depth_max; ++depth) {
            topmost = !(reports(*above) && mark_of(above) == 0 && same(position_of(*above), position_of(span)));
            above = parent_of(above);
        }
        if (topmost) visit(position_of(span), usage(span));
    }
}

}  // namespace ark::views
