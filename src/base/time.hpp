#pragma once
#include "base/strong.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ark {

/// Nanoseconds since 1970-01-01T00:00:00Z, as OTLP counts time. 0 means "unknown".
using UnixNanos = Strong<struct UnixNanosTag, std::uint64_t>;

/// Where "now" comes from. Everything that asks the time takes a Clock&, so that tests and the simulator own it.
class Clock {
public:
    virtual ~Clock() = default;
    virtual UnixNanos now() const = 0;                  ///< wall clock
    virtual std::uint64_t monotonic_nanos() const = 0;  ///< never goes back; for durations only
};

Clock& system_clock();  ///< the real one; thread-safe

/// A clock that stands until it is moved. Thread-safe only for one writer.
class FakeClock final : public Clock {
public:
    explicit FakeClock(UnixNanos start = UnixNanos{1'700'000'000'000'000'000}) : now_(start) {}
    UnixNanos now() const override { return now_; }
    std::uint64_t monotonic_nanos() const override { return now_.value(); }
    void advance_ms(std::uint64_t ms) { now_ = now_ + ms * 1'000'000; }
    void set(UnixNanos now) { now_ = now; }

private:
    UnixNanos now_;
};

/// RFC 3339 in UTC, with as many of 3, 6 or 9 fractional digits as the value needs: "2026-11-20T10:00:01.123456789Z".
std::string to_rfc3339(UnixNanos time);
void append_rfc3339(std::string& out, UnixNanos time);

/// Any RFC 3339 time (offset or Z, 0–9 fractional digits). Nothing for other text or a year outside 1970–2261.
std::optional<UnixNanos> parse_rfc3339(std::string_view text);

}  // namespace ark
