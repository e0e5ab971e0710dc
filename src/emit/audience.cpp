#include "emit/audience.hpp"

#include <utility>

namespace ark::emit {
namespace {

constexpr std::size_t waiting_bytes_max = 1u << 20;  // of one listener; docs/limits.md

}  // namespace

Audience::Seat::~Seat() {
    const std::lock_guard lock(audience_.mutex_);
    const auto [first, last] = audience_.seats_.equal_range(query_);
    for (auto seat = first; seat != last; ++seat) {
        if (seat->second != this) continue;
        audience_.seats_.erase(seat);
        return;
    }
}

std::vector<Audience::Piece> Audience::Seat::take() {
    const std::lock_guard lock(audience_.mutex_);
    bytes_ = 0;
    return std::exchange(waiting_, {});
}

std::unique_ptr<Audience::Seat> Audience::listen(std::string query, std::function<void()> wake) {
    std::unique_ptr<Seat> seat(new Seat(*this, query, std::move(wake)));
    const std::lock_guard lock(mutex_);
    seats_.emplace(std::move(query), seat.get());
    return seat;
}

bool Audience::has(const std::string& query) const {
    const std::lock_guard lock(mutex_);
    return seats_.contains(query);
}

void Audience::say(const std::string& query, const std::string& utterance, std::string_view text) {
    const std::lock_guard lock(mutex_);
    const auto [first, last] = seats_.equal_range(query);
    for (auto each = first; each != last; ++each) {
        auto& seat = *each->second;
        // A text with a hole is worse than one that breaks off: the whole comes at the end.
        if (seat.bytes_ + text.size() > waiting_bytes_max) seat.lost_ = utterance;
        if (seat.lost_ == utterance) continue;
        const bool first_piece = seat.waiting_.empty();
        if (first_piece || seat.waiting_.back().utterance != utterance) seat.waiting_.push_back({utterance, {}});
        seat.waiting_.back().text += text;
        seat.bytes_ += text.size();
        if (first_piece) seat.wake_();
    }
}

}  // namespace ark::emit
