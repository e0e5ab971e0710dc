#pragma once
#include "base/buffer.hpp"
#include "codec/json_scan.hpp"

#include <algorithm>
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

/// Eight decimal digits, with zeros before the number, which has no more: all of them at once, in one word.
inline void put_eight_digits(char* to, std::uint32_t number) {
    constexpr std::uint64_t of_halves = 0x0000'007f'0000'007f, of_quarters = 0x000f'000f'000f'000f;
    const std::uint64_t halves = number / 10'000 | std::uint64_t{number % 10'000} << 32;
    const std::uint64_t hundreds = (halves * 10'486 >> 20) & of_halves;  // of each half: / 100
    const std::uint64_t quarters = hundreds | (halves - 100 * hundreds) << 16;
    const std::uint64_t tens = (quarters * 103 >> 10) & of_quarters;  // of each quarter: / 10
    const std::uint64_t digits = 0x3030'3030'3030'3030 + (tens | (quarters - 10 * tens) << 8);
    std::memcpy(to, &digits, sizeof digits);
}

/// Two lower-case digits for each of `Size` bytes.
template <std::size_t Size>
inline void put_hex(char* to, const std::uint8_t* bytes) {
#if defined(__SSE2__)
    static_assert(Size == 8 || Size == 16);
    const auto* from = reinterpret_cast<const __m128i*>(bytes);
    const __m128i v = Size == 8 ? _mm_loadl_epi64(from) : _mm_loadu_si128(from);
    const __m128i nibble = _mm_set1_epi8(0x0f);
    const __m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), nibble);
    const __m128i low = _mm_and_si128(v, nibble);
    const auto digits = [](__m128i n) {
        const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(n, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
        return _mm_add_epi8(_mm_add_epi8(n, _mm_set1_epi8('0')), letter);
    };
    auto* place = reinterpret_cast<__m128i*>(to);
    _mm_storeu_si128(place, digits(_mm_unpacklo_epi8(high, low)));
    if (Size == 16) _mm_storeu_si128(place + 1, digits(_mm_unpackhi_epi8(high, low)));
#else
    for (std::size_t i = 0; i < Size; ++i)
        std::memcpy(to + 2 * i, &hex_pairs[2 * std::size_t{bytes[i]}], 2);
#endif
}

/// Room for `bytes` more behind the end: spare() has at least so many. The capacity is doubled when it is used up.
inline void make_room(Buffer& out, std::size_t bytes) {
    if (out.capacity() - out.size() < bytes) out.reserve(std::max(out.size() + bytes, out.capacity() * 2));
}

/// Appends `text` with JSON escapes, without quotes.
void append_json_escaped(Buffer& out, std::string_view text);

/// Puts a stretch of JSON down where it is to be: where there are many small parts, appending them one by one costs
/// more than their bytes do. For what is short and needs no escape, which most is: otherwise sound() is false in the
/// end, and the long way has to be gone. Fastest as a local variable that nobody else sees: then it is in registers.
class JsonPen {
public:
    /// Writes into `room`, also behind what counts in the end.
    explicit JsonPen(std::span<char> room) : begin_(room.data()), to_(begin_), end_(begin_ + room.size()) {}
    JsonPen(const JsonPen&) = delete;
    JsonPen& operator=(const JsonPen&) = delete;

    /// JSON that stands in our source.
    template <std::size_t Size>
    JsonPen& add(const char (&literal)[Size]) {
        if (!has_room(Size)) return *this;
        std::memcpy(to_, literal, Size);  // with the zero behind it: a store of a fixed size
        to_ += Size - 1;
        return *this;
    }
    /// JSON, or text that is known to need no escape.
    JsonPen& add(std::string_view clean) {
        if (clean.empty() || !has_room(clean.size())) return *this;
        std::memcpy(to_, clean.data(), clean.size());
        to_ += clean.size();
        return *this;
    }
    /// The first `size` of `Size` bytes, all of which are readable.
    template <std::size_t Size>
    JsonPen& add(const std::array<char, Size>& clean, std::size_t size) {
        if (!has_room(Size)) return *this;
        std::memcpy(to_, clean.data(), Size);
        to_ += size;
        return *this;
    }
    /// The inside of a string.
    JsonPen& text(std::string_view text) {
        if (text.empty() || !has_room(text.size() + json_block)) return *this;
        special_ |= copy(text);
        to_ += text.size();
        return *this;
    }
    template <std::integral Number>
    JsonPen& decimal(Number number) {
        if (has_room(24)) to_ = std::to_chars(to_, to_ + 24, number).ptr;
        return *this;
    }
    /// A number that has 17 to 20 digits, if it is a time of our days in nanoseconds.
    JsonPen& nanos(std::uint64_t number) {
        constexpr std::uint64_t sixteen_digits = 10'000'000'000'000'000;
        if (number < sixteen_digits) return decimal(number);
        if (!has_room(24)) return *this;
        to_ = std::to_chars(to_, to_ + 24, number / sixteen_digits).ptr;
        number %= sixteen_digits;
        put_eight_digits(to_, static_cast<std::uint32_t>(number / 100'000'000));
        put_eight_digits(to_ + 8, static_cast<std::uint32_t>(number % 100'000'000));
        to_ += 16;
        return *this;
    }
    /// Two lower-case digits a byte.
    template <std::size_t Size>
    JsonPen& hex(const std::array<std::uint8_t, Size>& bytes) {
        if (!has_room(2 * Size)) return *this;
        put_hex<Size>(to_, bytes.data());
        to_ += 2 * Size;
        return *this;
    }

    /// Everything had room and needed no escape.
    bool sound() const { return !full_ && special_ == 0; }
    std::size_t size() const { return static_cast<std::size_t>(to_ - begin_); }
    std::string_view view() const { return {begin_, size()}; }

private:
    bool has_room(std::size_t bytes) {
        full_ = full_ || bytes > static_cast<std::size_t>(end_ - to_);
        return !full_;
    }
    /// Copies and looks for what needs an escape in one go; never reads beyond the text.
    unsigned copy(std::string_view text) {
        const auto* at = text.data();
        const auto size = text.size();
        if (size < json_block) {
            copy_short(at, size);
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

    /// Less than a block; not nothing. Words that overlap, where a call would cost more than the copy.
    void copy_short(const char* at, std::size_t size) {
        const auto both_ends = [&]<class Word>(Word) {
            Word first, last;
            std::memcpy(&first, at, sizeof(Word));
            std::memcpy(&last, at + size - sizeof(Word), sizeof(Word));
            std::memcpy(to_, &first, sizeof(Word));
            std::memcpy(to_ + size - sizeof(Word), &last, sizeof(Word));
        };
        if (size >= 8) return both_ends(std::uint64_t{});
        if (size >= 4) return both_ends(std::uint32_t{});
        to_[0] = at[0];
        to_[size / 2] = at[size / 2];
        to_[size - 1] = at[size - 1];
    }

    char* const begin_;
    char* to_;
    char* const end_;
    unsigned special_ = 0;
    bool full_ = false;
};

}  // namespace ark::codec
