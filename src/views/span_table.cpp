#include "views/span_table.hpp"

#include <functional>

namespace ark::views {
namespace {

// A trace has a few spans at least: room for them at once instead of one allocation after the other.
constexpr std::size_t spans_at_first = 4;

}  // namespace

std::uint32_t TextTable::number(std::string_view text) {
    if (text.empty()) return 0;
    const std::hash<std::string_view> hash;
    const auto found = index_.find(
        texts_.size(), [&] { return hash(text); }, [&](std::uint32_t i) { return texts_[i] == text; });
    if (found != PositionIndex::none) return found;
    texts_.emplace_back(text);
    index_.added(texts_.size(), [&](std::uint32_t i) { return hash(texts_[i]); });
    return static_cast<std::uint32_t>(texts_.size() - 1);
}

std::size_t TextTable::bytes() const {
    return texts_.capacity() * (sizeof(std::string) + 16) + index_.bytes();
}

Span* SpanTable::find(const SpanId& id) {
    const auto found = index_.find(
        spans_.size(), [&] { return std::hash<SpanId>()(id); }, [&](std::uint32_t i) { return spans_[i].id == id; });
    return found == PositionIndex::none ? nullptr : &spans_[found];
}

Span& SpanTable::add(const SpanId& id) {
    if (spans_.empty()) spans_.reserve(spans_at_first);
    spans_.emplace_back().id = id;
    index_.added(spans_.size(), [&](std::uint32_t i) { return std::hash<SpanId>()(spans_[i].id); });
    return spans_.back();
}

const Tally& SpanTable::usage(const Span& span) const {
    static const Tally none;
    return span.usage == 0 ? none : usages_[span.usage - 1];
}

void SpanTable::set_usage(Span& span, const Tally& usage) {
    if (span.usage == 0) {
        if (!usage.any()) return;
        usages_.emplace_back();
        span.usage = static_cast<std::uint32_t>(usages_.size());
    }
    usages_[span.usage - 1] = usage;
}

const Span* SpanTable::nearest(const SpanId& id, model::Kind kind) const {
    const auto* span = find(id);
    for (int depth = 0; span != nullptr && depth < depth_max; ++depth) {
        if (span->kind == kind) return span;
        span = span->parent.valid() ? find(span->parent) : nullptr;
    }
    return nullptr;
}

Tally SpanTable::rolled_up() const {
    Tally sum;
    for_each_rolled_up([](std::size_t, std::size_t) { return true; },
                       [&](std::size_t, const Tally& usage) { sum += usage; });
    return sum;
}

std::size_t SpanTable::bytes() const {
    return spans_.capacity() * sizeof(Span) + index_.bytes() + texts_.bytes() + usages_.capacity() * sizeof(Tally);
}

}  // namespace ark::views
