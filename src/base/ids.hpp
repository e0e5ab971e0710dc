#pragma once
#include "base/hex.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ark {

/// Fixed-size opaque id of OpenTelemetry. All zero means "none"; text is lower-case hex, either case is read.
template <class Tag, std::size_t Size>
struct OtelId {
    std::array<std::uint8_t, Size> bytes{};

    static constexpr std::size_t size = Size;
    friend auto operator<=>(const OtelId&, const OtelId&) = default;

    /// False for the all-zero id, which no span may have.
    bool valid() const {
        for (const auto byte : bytes) {
            if (byte != 0) return true;
        }
        return false;
    }
    std::string hex() const {
        std::string out;
        out.reserve(Size * 2);
        append_hex(out, bytes);
        return out;
    }
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), Size}; }

    /// Nothing unless the text is exactly 2×Size hex digits.
    static std::optional<OtelId> from_hex(std::string_view text) {
        OtelId id;
        if (!parse_hex(text, id.bytes)) return std::nullopt;
        return id;
    }
    /// Nothing unless there are exactly Size bytes.
    static std::optional<OtelId> from_bytes(std::string_view raw) {
        if (raw.size() != Size) return std::nullopt;
        OtelId id;
        std::memcpy(id.bytes.data(), raw.data(), Size);
        return id;
    }
};

using TraceId = OtelId<struct TraceIdTag, 16>;  ///< OTLP Span.trace_id
using SpanId = OtelId<struct SpanIdTag, 8>;     ///< OTLP Span.span_id

}  // namespace ark

// Ids are random by specification: some of their bytes are as good as a hash of them, and hostile ones cost only time.
template <class Tag, std::size_t Size>
struct std::hash<ark::OtelId<Tag, Size>> {
    std::size_t operator()(const ark::OtelId<Tag, Size>& id) const noexcept {
        std::uint64_t low;
        std::memcpy(&low, id.bytes.data() + Size - sizeof low, sizeof low);
        return static_cast<std::size_t>(low * 0x9e3779b97f4a7c15ULL);
    }
};
