#pragma once
#include <cstdint>

namespace ark::views {

/// Whether items come faster than `per_ms`. Asked of some milliseconds together: two drains that follow each other
/// closely, with an item each, are no load. Begins with no.
class Rate {
public:
    explicit Rate(std::uint64_t per_ms) : per_ms_(per_ms) {}

    /// So many came until now.
    bool high(std::uint64_t items, std::uint64_t now_nanos) {
        items_ += items;
        const auto passed = now_nanos - since_;
        if (passed >= window_nanos) {
            high_ = items_ * 1'000'000 >= per_ms_ * passed;
            items_ = 0;
            since_ = now_nanos;
        }
        return high_;
    }

private:
    static constexpr std::uint64_t window_nanos = 4'000'000;

    const std::uint64_t per_ms_;
    std::uint64_t items_ = 0;  // since then
    std::uint64_t since_ = 0;
    bool high_ = false;
};

}  // namespace ark::views
