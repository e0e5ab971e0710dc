#pragma once
#include "codec/json_scan.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace ark::codec {

/// The two lower-case digits of each byte, one pair behind the other.
inline constexpr auto hex_pairs = [] {
    constexpr char digits[] = "0123456789abcdef";
    std::array<char, 512> table{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        table[2 * byte] = digits[byte >> 4];
        table[2 * byte + 1] = digits[byte & 15];
    }
    return table;
}();

/// A short stretch of JSON, put together on the stack to be appended in one go (JsonWriter::raw): where it has
/// many small parts, appending them one by one costs more than their bytes do. For what is short and needs no escape,
/// which most is: otherwise sound() is false in the end, and the long way has to be gone.
template <std::size_t Capacity>
class JsonPiece {
public:
    JsonPiece() {}  // the buffer is written before it is read

    /// JSON that stands in our source.
    template <std::size_t Size>
    JsonPiece& add(const char (&literal)[Size]) {
        if (!has_room(Size)) return *this;
        std::memcpy(to_, literal, Size);  // with the zero behind it: a store of a fixed size
        to_ += Size - 1;
        return *this;
    }
    /// JSON, or text that is known to need no escape.
    JsonPiece& add(std::string_view clean) {
        if (clean.empty() || !has_room(clean.size())) return *this;
        std::memcpy(to_, clean.data(), clean.size());
        to_ += clean.size();
        return *this;
    }
    /// The inside of a string.
    JsonPiece& text(std::string_view text) {
        if (text.empty() || !has_room(text.size() + json_block)) return *this;
        special_ |= copy(text);
        to_ += text.size();
        return *this;
    }
    template <std::integral Number>
    JsonPiece& decimal(Number number) {
        if (has_room(24)) to_ = std::to_chars(to_, to_ + 24, number).ptr;
        return *this;
    }
    /// Two lower-case digits a byte.
    JsonPiece& hex(std::span<const std::uint8_t> bytes) {
        if (!has_room(2 * bytes.size())) return *this;
        for (const auto byte : bytes) {
            std::memcpy(to_, &hex_pairs[2 * std::size_t{byte}], 2);
            to_ += 2;
        }
        return *this;
    }

    /// Everything had room and needed no escape.
    bool sound() const { return !full_ && special_ == 0; }
    std::string_view view() const { return {buffer_, static_cast<std::size_t>(to_ - buffer_)}; }

private:
    bool has_room(std::size_t bytes) {
        full_ = full_ || bytes > static_cast<std::size_t>(buffer_ + Capacity - to_);
        return !full_;
    }
    /// Copies and looks for what needs an escape in one go; never reads beyond the text.
    unsigned copy(std::string_view text) {
        const auto* at = text.data();
        const auto size = text.size();
        if (size < json_block) {
            std::memcpy(to_, at, size);
            return json_special_mask(to_) & ((1u << size) - 1);
        }
        unsigned mask = 0;
        for (std::size_t i = 0; i + json_block <= size; i += json_block) {
            std::memcpy(to_ + i, at + i, json_block);
            mask |= json_special_mask(at + i);
        }
        const auto last = size - json_block;
        std::memcpy(to_ + last, at + last, json_block);
        return mask | json_special_mask(at + last);
    }

    char* to_ = buffer_;
    unsigned special_ = 0;
    bool full_ = false;
    char buffer_[Capacity];  // written before it is read, but for what a short text's block has behind it, which is
                             // masked
};

}  // namespace ark::codec
