#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Protobuf's wire format, private to this module. Our own reader instead of a library's, because it is the inner loop
/// of everything, and because it meets bytes from outside: damage is a result here, not an exception.
namespace ark::otlp::wire {

enum Type : std::uint32_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// What precedes a field: its number and its wire type. A known number with another wire type is an unknown field, as
/// for every protobuf parser, so readers compare whole tags.
constexpr std::uint32_t tag(std::uint32_t number, Type type) {
    return number << 3 | type;
}

struct Field {
    std::uint32_t tag = 0;
    std::uint64_t number = 0;  ///< value of varint, fixed64, fixed32
    std::string_view bytes;    ///< value of bytes

    std::uint32_t number_of_field() const { return tag >> 3; }
    bool is_bytes() const { return (tag & 7) == wire::bytes; }
};

/// The fields of one message, in order. Never reads outside of it.
///
/// Stricter than protobuf's own parser in two harmless places: no groups, and no tag or length beyond 32 bits.
class Reader {
public:
    explicit Reader(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

    /// The next field; false at the end and when the message is damaged.
    bool next(Field& out);
    /// The next field, if it has this tag (of bytes, below 128): the short way where the order of fields is known.
    /// Otherwise nothing happens.
    bool next_is(std::uint32_t tag, std::string_view& out);
    bool at_end() const { return at_ == end_; }
    bool damaged() const { return damaged_; }
    /// Where the next field begins; when damaged, about where the damage is.
    const char* position() const { return at_; }

private:
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    bool read_short(std::uint32_t& out);
    bool read_varint(std::uint64_t& out);
    bool fail() {
        damaged_ = true;
        return false;
    }

    const char* at_;
    const char* end_;
    bool damaged_ = false;
};

/// Tags and lengths: up to 32 bits in up to five bytes. Nearly always one.
inline bool Reader::read_short(std::uint32_t& out) {
    if (at_ == end_) return false;
    std::uint32_t value = static_cast<std::uint8_t>(*at_++);
    if (value < 0x80) [[likely]] {
        out = value;
        return true;
    }
    value &= 0x7f;
    for (int shift = 7; shift <= 28 && at_ != end_; shift += 7) {
        const std::uint32_t byte = static_cast<std::uint8_t>(*at_++);
        if (shift == 28 && byte > 0x0f) return false;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            out = value;
            return true;
        }
    }
    return false;
}

/// Up to ten bytes; bits beyond 64 are dropped, as protobuf's own parser does.
inline bool Reader::read_varint(std::uint64_t& out) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && at_ != end_; shift += 7) {
        const std::uint64_t byte = static_cast<std::uint8_t>(*at_++);
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            out = value;
            return true;
        }
    }
    return false;
}

inline bool Reader::next(Field& out) {
    if (at_ == end_) return false;
    if (!read_short(out.tag) || out.tag < 8) return fail();  // there is no field 0
    switch (out.tag & 7) {
        case bytes: {
            std::uint32_t size = 0;
            if (!read_short(size) || size > left()) return fail();
            out.bytes = {at_, size};
            at_ += size;
            return true;
        }
        case varint:
            return read_varint(out.number) || fail();
        case fixed64:
            if (left() < 8) return fail();
            std::memcpy(&out.number, at_, 8);
            at_ += 8;
            return true;
        case fixed32: {
            std::uint32_t value = 0;
            if (left() < 4) return fail();
            std::memcpy(&value, at_, 4);
            out.number = value;
            at_ += 4;
            return true;
        }
        default:
            return fail();  // groups, which OTLP never had, and types that do not exist
    }
}

inline bool Reader::next_is(std::uint32_t tag, std::string_view& out) {
    const auto* start = at_;
    std::uint32_t size = 0;
    if (at_ == end_ || static_cast<std::uint8_t>(*at_) != tag) return false;
    ++at_;
    if (!read_short(size) || size > left()) {
        at_ = start;
        return false;
    }
    out = {at_, size};
    at_ += size;
    return true;
}

static_assert(std::endian::native == std::endian::little, "fixed fields are copied as they are on the wire");

}  // namespace ark::otlp::wire
