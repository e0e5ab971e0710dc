#include "resources/history.hpp"

#include <algorithm>

namespace ark::resources {
namespace {

std::uint64_t bytes_of(const Change& change) {
    return change.after->json.size() + (change.before ? change.before->json.size() : 0);
}

}  // namespace

void History::push(Change change) {
    bytes_ += bytes_of(change);
    changes_.push_back(std::move(change));
    while (changes_.size() > count_max_ || (bytes_ > bytes_max_ && changes_.size() > 1)) {
        floor_ = changes_.front().after->version;
        bytes_ -= bytes_of(changes_.front());
        changes_.pop_front();
    }
}

std::vector<WatchEvent> History::after(std::uint64_t& version, const Kind& kind, const WatchOptions& options,
                                       std::size_t events_max) const {
    std::vector<WatchEvent> events;
    const auto newer = [](std::uint64_t at, const Change& change) { return at < change.after->version; };
    auto change = std::upper_bound(changes_.begin(), changes_.end(), version, newer);
    for (; change != changes_.end() && events.size() < events_max; ++change) {
        version = change->after->version;
        if (change->after->kind != &kind) continue;
        if (!options.ns.empty() && change->after->ns() != options.ns) continue;
        if (auto event = seen(*change, options.selection)) events.push_back(std::move(*event));
    }
    return events;
}

std::optional<WatchEvent> seen(const Change& change, const Selection& selection) {
    const bool before = change.before != nullptr && selection.matches(change.before->value);
    const bool after = change.type != Change::Type::deleted && selection.matches(change.after->value);
    if (!before && !after) return std::nullopt;
    const auto type = !after ? Change::Type::deleted : before ? Change::Type::modified : Change::Type::added;
    return WatchEvent{type, change.after};
}

}  // namespace ark::resources
