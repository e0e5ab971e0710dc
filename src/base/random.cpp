#include "base/random.hpp"

#include "base/hex.hpp"

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

std::string Random::uuid() {
    const std::uint64_t high = (next() & ~0xf000ULL) | 0x4000ULL;     // version
    const std::uint64_t low = (next() & ~(3ULL << 62)) | 2ULL << 62;  // variant
    std::string out;
    out.reserve(36);
    append_hex_number(out, high >> 32, 8);
    out.push_back('-');
    append_hex_number(out, high >> 16, 4);
    out.push_back('-');
    append_hex_number(out, high, 4);
    out.push_back('-');
    append_hex_number(out, low >> 48, 4);
    out.push_back('-');
    append_hex_number(out, low, 12);
    return out;
}

std::uint64_t random_seed() {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace ark
