#pragma once
#include "base/buffer.hpp"
#include "otlp/walk.hpp"

#include <array>
#include <cstdint>

namespace ark::otlp {

/// Writes many spans' attributes as write_otlp_attributes() does, to where they are to be. Most attributes of a span
/// are those of the span before, or of one a little earlier: they are known by their bytes on the wire, and copied.
class SpanAttributes {
public:
    void append_to(Buffer& out, const SpanView& span);

private:
    struct Known {
        static constexpr std::size_t wire_max = 64;
        static constexpr std::size_t json_max = 128;
        std::uint8_t wire_size = 0;  // 0: none
        std::uint8_t json_size = 0;
        // Written before they are read.
        std::array<char, wire_max> wire;
        std::array<char, json_max> json;
    };
    std::array<Known, 64> known_;
};

}  // namespace ark::otlp
