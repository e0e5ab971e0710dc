#pragma once
#include "base/buffer.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ark::otlp::wire {

constexpr std::size_t varint_size(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

/// Writes `value` to at most ten bytes; returns the end.
inline char* put_varint(char* to, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
    return to;
}

/// Appends protobuf fields to a buffer. Tags come from wire::tag().
///
/// A nested message is opened before its length is known: room for a length of the guessed size is left, and the body
/// is moved in the rare case that the guess was wrong. So what is written is always the shortest encoding, in one pass.
class Writer {
public:
    explicit Writer(Buffer& out) : out_(out) {}

    struct Nested {
        std::size_t body;         ///< where the message's bytes begin
        std::size_t length_size;  ///< bytes left for its length
    };

    void varint_field(std::uint32_t tag, std::uint64_t value) {
        char* const begin = room(15);
        commit(begin, put_varint(put_varint(begin, tag), value));
    }
    void fixed64_field(std::uint32_t tag, std::uint64_t value) { fixed_field(tag, value); }
    void fixed32_field(std::uint32_t tag, std::uint32_t value) { fixed_field(tag, value); }
    void bytes_field(std::uint32_t tag, std::string_view bytes) {
        char* const begin = room(15 + bytes.size());
        char* const body = put_varint(put_varint(begin, tag), bytes.size());
        std::memcpy(body, bytes.empty() ? "" : bytes.data(), bytes.size());
        commit(begin, body + bytes.size());
    }

    /// Tag and length of a message whose fields follow, with so many bytes in all.
    void begin_sized(std::uint32_t tag, std::size_t size) {
        char* const begin = room(15);
        commit(begin, put_varint(put_varint(begin, tag), size));
    }
    /// `size_guess`: how many bytes the message will probably have.
    Nested begin(std::uint32_t tag, std::size_t size_guess) {
        const std::size_t length_size = varint_size(size_guess);
        char* const start = room(10 + length_size);
        commit(start, put_varint(start, tag) + length_size);
        return {out_.size(), length_size};
    }
    void end(const Nested& nested) {
        const std::size_t size = out_.size() - nested.body;
        const std::size_t needed = varint_size(size);
        if (needed != nested.length_size) [[unlikely]]
            move_body(nested, size, needed);
        put_varint(out_.data() + nested.body - nested.length_size, size);
    }

    /// Room for at least `size` bytes at the end, to be filled and then committed with Buffer::commit().
    char* room(std::size_t size) {
        if (out_.size() + size > out_.capacity()) [[unlikely]] {
            out_.reserve(std::max(out_.size() + size, out_.capacity() * 2));
        }
        return out_.data() + out_.size();
    }
    Buffer& out() { return out_; }

private:
    template <class Number>
    void fixed_field(std::uint32_t tag, Number value) {
        char* const begin = room(5 + sizeof value);
        char* const body = put_varint(begin, tag);
        std::memcpy(body, &value, sizeof value);
        commit(begin, body + sizeof value);
    }
    void commit(const char* begin, const char* end) { out_.commit(static_cast<std::size_t>(end - begin)); }

    void move_body(const Nested& nested, std::size_t size, std::size_t length_size) {
        room(10);
        const std::size_t moved = nested.body - nested.length_size + length_size;
        std::memmove(out_.data() + moved, out_.data() + nested.body, size);
        out_.resize(moved + size);
    }

    Buffer& out_;
};

}  // namespace ark::otlp::wire
