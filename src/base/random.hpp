#pragma once
#include "base/ids.hpp"

#include <cstdint>
#include <string>

namespace ark {

/// splitmix64: small, fast, seeded: what tests, the load generator and jitter need. Not for secrets.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, bound); 0 for bound 0.
    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
    /// Uniform in [0, 1).
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    bool chance(double probability) { return uniform() < probability; }
    TraceId trace_id();
    SpanId span_id();
    std::string uuid();  ///< version 4 (RFC 9562), in lower case

private:
    std::uint64_t state_;
};

/// A seed from the operating system's entropy.
std::uint64_t random_seed();

}  // namespace ark
