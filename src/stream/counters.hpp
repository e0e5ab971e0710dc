#pragma once
#include <atomic>
#include <cstdint>

namespace ark::stream {

/// What StreamStatus shows. Any thread; statistics only, hence relaxed.
struct Counters {
    using Count = std::atomic<std::uint64_t>;
    Count subscribers{0};
    Count opened{0};
    Count resumed{0};
    Count frames{0};
    Count bytes{0};
    Count gaps{0};
    Count slow_closed{0};
    Count filters{0};

    static void add(Count& count, std::uint64_t n = 1) { count.fetch_add(n, std::memory_order_relaxed); }
    static void subtract(Count& count) { count.fetch_sub(1, std::memory_order_relaxed); }
};

}  // namespace ark::stream
