#include "codec/json_writer.hpp"

#include "codec/json_pen.hpp"
#include "codec/json_scan.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace ark::codec {

namespace {

constexpr std::size_t block = json_block;

/// How each special byte is written: eight bytes to copy, of which `size` count.
struct Escape {
    char text[7];
    char size;
};

constexpr auto escapes = [] {
    constexpr char digits[] = "0123456789abcdef";
    std::array<Escape, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c)
        table[c] = {{'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6};
    const auto two = [&](char c, char letter) { table[static_cast<std::uint8_t>(c)] = {{'\\', letter}, 2}; };
    two('"', '"');
    two('\\', '\\');
    two('\n', 'n');
    two('\t', 't');
    two('\r', 'r');
    two('\b', 'b');
    two('\f', 'f');
    return table;
}();

/// Escapes go through a small buffer that stays in the first cache level: the string grows once a kilobyte, every store
/// has a fixed size, and the only branch that data can surprise is whether a block has a special byte.
template <class Out>
class Escaper {
public:
    explicit Escaper(Out& out) : out_(out) {}

    /// Escapes the first `size` bytes; `size` and `block` - 1 bytes behind them are readable.
    void add(const char* at, std::size_t size) {
        while (size > 0) {
            if (to_ > buffer_ + buffer_bytes) flush();
            std::memcpy(to_, at, block);
            const unsigned mask = json_special_mask(at);
            const std::size_t clean = mask == 0 ? block : static_cast<std::size_t>(std::countr_zero(mask));
            if (clean >= size) {
                to_ += size;
                return;
            }
            to_ += clean;
            at += clean;
            size -= clean;
            if (mask == 0) continue;
            const Escape& escape = escapes[static_cast<std::uint8_t>(*at)];
            std::memcpy(to_, &escape, sizeof escape);
            to_ += escape.size;
            ++at;
            --size;
        }
    }

    void flush() {
        out_.append(std::string_view(buffer_, static_cast<std::size_t>(to_ - buffer_)));
        to_ = buffer_;
    }

private:
    static constexpr std::size_t buffer_bytes = 1024;

    Out& out_;
    char* to_ = buffer_;
    char buffer_[buffer_bytes + 2 * block + sizeof(Escape)];
};

/// How many bytes at the beginning need no escape.
std::size_t clean_prefix(std::string_view text) {
    const std::size_t size = text.size();
    if (size < block) {
        std::size_t at = 0;
        while (at < size && escapes[static_cast<std::uint8_t>(text[at])].size == 0)
            ++at;
        return at;
    }
    for (std::size_t at = 0;; at = std::min(at + block, size - block)) {
        if (const unsigned mask = json_special_mask(text.data() + at); mask != 0) {
            return at + static_cast<std::size_t>(std::countr_zero(mask));
        }
        if (at + block == size) return size;
    }
}

template <class Number>
void append_number(std::string& out, Number value) {
    char text[32];  // the longest double is 24 characters
    const auto end = std::to_chars(text, text + sizeof text, value);
    out.append(text, static_cast<std::size_t>(end.ptr - text));
}

template <class Out>
void escape_into(Out& out, std::string_view text) {
    // Most texts have nothing to escape: looking first makes them one append.
    const std::size_t clean = clean_prefix(text);
    out.append(text.substr(0, clean));
    if (clean == text.size()) return;
    text.remove_prefix(clean);

    Escaper<Out> escaper(out);
    // The last block is escaped from a copy, so that no load goes beyond the text.
    const std::size_t tail = std::min(text.size(), block);
    escaper.add(text.data(), text.size() - tail);
    char last[2 * block] = {};
    std::memcpy(last, text.data() + text.size() - tail, tail);
    escaper.add(last, tail);
    escaper.flush();
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
    escape_into(out, text);
}

void append_json_escaped(Buffer& out, std::string_view text) {
    escape_into(out, text);
}

void JsonWriter::separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    out_.push_back(bracket);
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    out_.push_back(bracket);
    comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    if (append_short(name, "\":")) {
        comma_ = false;
        return *this;
    }
    string(name);
    out_.push_back(':');
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::plain_key(std::string_view name) {
    plain(name);
    out_.push_back(':');
    comma_ = false;
    return *this;
}

bool JsonWriter::append_short(std::string_view text, std::string_view end) {
    if (text.empty() || text.size() > block) return false;
    char piece[2 + block + 2] = {',', '"'};
    char* const at = piece + 2;
    std::memcpy(at, text.data(), text.size());
    const unsigned mask = json_special_mask(at) & ((1u << text.size()) - 1);
    if (mask != 0) return false;
    std::memcpy(at + text.size(), end.data(), end.size());
    const std::size_t skipped = comma_ ? 0 : 1;
    out_.append(piece + skipped, 2 - skipped + text.size() + end.size());
    return true;
}

JsonWriter& JsonWriter::string(std::string_view text) {
    if (append_short(text, "\"")) {
        comma_ = true;
        return *this;
    }
    separate();
    out_.push_back('"');
    append_json_escaped(out_, text);
    out_.push_back('"');
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
    return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::null() {
    return raw("null");
}

JsonWriter& JsonWriter::number(std::int64_t value) {
    separate();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::unsigned_number(std::uint64_t value) {
    separate();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::real(double value) {
    if (!std::isfinite(value)) return null();
    if (value == 0 && std::signbit(value)) return raw("-0.0");  // "-0" reads back as an integer, which has no such zero
    separate();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
}

JsonWriter& JsonWriter::plain(std::string_view text) {
    separate();
    out_.push_back('"');
    out_.append(text);
    out_.push_back('"');
    return *this;
}

}  // namespace ark::codec
