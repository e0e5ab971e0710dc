#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// The bytes of rows, keys and small payloads of our own: varints, zigzag differences, counted texts, big-endian
/// numbers.
namespace ark {

inline constexpr std::size_t varint_bytes_max = 10;

/// Puts the varint at `out`, which has room; returns where it ends.
inline char* put_varint(char* out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        *out++ = static_cast<char>(value | 0x80);
    *out++ = static_cast<char>(value);
    return out;
}

inline void append_varint(std::string& out, std::uint64_t value) {
    if (value < 0x80) return out.push_back(static_cast<char>(value));
    char bytes[varint_bytes_max];
    out.append(bytes, static_cast<std::size_t>(put_varint(bytes, value) - bytes));
}

/// A difference of two unsigned numbers, either way, wrapping: small when they are close. As a varint.
inline std::uint64_t zigzag_difference(std::uint64_t value, std::uint64_t base) {
    const auto d = static_cast<std::int64_t>(value - base);
    return (static_cast<std::uint64_t>(d) << 1) ^ static_cast<std::uint64_t>(d >> 63);
}

inline void append_text(std::string& out, std::string_view text) {
    append_varint(out, text.size());
    out.append(text);
}

/// Big-endian, so that keys sort by number.
inline void append_number(std::string& out, std::uint64_t value) {
    char bytes[8];
    for (std::size_t i = 0; i < sizeof bytes; ++i)
        bytes[i] = static_cast<char>(value >> (56 - 8 * i));
    out.append(bytes, sizeof bytes);
}
inline void append_tenant(std::string& out, std::uint32_t value) {
    char bytes[4];
    for (std::size_t i = 0; i < sizeof bytes; ++i)
        bytes[i] = static_cast<char>(value >> (24 - 8 * i));
    out.append(bytes, sizeof bytes);
}

/// Reads what was appended. After the first short or malformed read everything reads as zero and ok() is false.
class Unpacker {
public:
    explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<std::uint8_t>(rest_.front());
            rest_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) return value;
        }
        return broken();
    }
    std::uint64_t difference(std::uint64_t base) {
        const auto z = varint();
        return base + ((z >> 1) ^ (~(z & 1) + 1));
    }
    std::string_view raw(std::size_t size) {
        if (size > rest_.size()) {
            broken();
            return {};
        }
        const auto bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return bytes;
    }
    std::string_view text() { return raw(varint()); }
    std::uint8_t byte() {
        const auto bytes = raw(1);
        return bytes.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(bytes.front());
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (const char c : raw(8))
            value = value << 8 | static_cast<std::uint8_t>(c);
        return value;
    }
    template <class Id>
    void id(Id& out) {
        const auto bytes = raw(Id::size);
        if (!bytes.empty()) std::memcpy(out.bytes.data(), bytes.data(), Id::size);
    }

    void fail() { broken(); }  ///< for what is well packed but means nothing

private:
    std::uint64_t broken() {
        ok_ = false;
        rest_ = {};
        return 0;
    }

    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace ark
