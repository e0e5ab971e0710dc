#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace ark::journal {

/// Durations of the recent syncs. Not thread-safe.
class SyncTimes {
public:
    void add(std::uint64_t nanos) {
        recent_[count_++ % recent_.size()] = nanos;
        total_ += nanos;
    }
    std::uint64_t total() const { return total_; }
    /// The value below which this share of the recent ones lies; 0 when there are none.
    std::uint64_t quantile(double share) const {
        std::vector<std::uint64_t> sorted(recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(kept()));
        if (sorted.empty()) return 0;
        const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
        std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at), sorted.end());
        return sorted[at];
    }

private:
    std::size_t kept() const { return static_cast<std::size_t>(std::min<std::uint64_t>(count_, recent_.size())); }

    std::array<std::uint64_t, 1024> recent_{};
    std::uint64_t count_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace ark::journal
