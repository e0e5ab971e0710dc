#include "base/random.hpp"

#include <random>

namespace ark {

TraceId Random::trace_id() {
    TraceId id;
    const std::uint64_t high = next();
    const std::uint64_t low = next() | 1;  // never all zero
    std::memcpy(id.bytes.data(), &high, 8);
    std::memcpy(id.bytes.data() + 8, &low, 8);
    return id;
}

SpanId Random::span_id() {
    SpanId id;
    const std::uint64_t value = next() | 1;
    std::memcpy(id.bytes.data(), &value, 8);
    return id;
}

std::uint64_t random_seed() {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace ark
