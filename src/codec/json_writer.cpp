#include "codec/json_writer.hpp"

#include "codec/json_scan.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace ark::codec {

namespace {

constexpr std::size_t block = json_block;

/// Writes the escape of one byte; returns its length, 2 or 6.
std::size_t write_escape(char* out, char c) {
    static constexpr char digits[] = "0123456789abcdef";
    const auto two = [&](char letter) {
        out[0] = '\\';
        out[1] = letter;
        return std::size_t{2};
    };
    switch (c) {
        case '"':
        case '\\':
            return two(c);
        case '\n':
            return two('n');
        case '\t':
            return two('t');
        case '\r':
            return two('r');
        case '\b':
            return two('b');
        case '\f':
            return two('f');
        default:
            std::memcpy(out, "\\u00", 4);
            out[4] = digits[static_cast<unsigned char>(c) >> 4];
            out[5] = digits[c & 15];
            return 6;
    }
}

/// Escapes go through a small buffer that stays in the first cache level: the string grows once per 512 bytes, and a
/// block is stored with one instruction instead of an append of every run between two escapes.
class Escaper {
public:
    explicit Escaper(std::string& out) : out_(out) {}

    /// `bytes` has 16 readable bytes, of which the first `size` are text.
    void add_block(const char* bytes, std::size_t size) {
        if (used_ > sizeof buffer_ - block * 6) flush();
        const unsigned wanted = (1u << size) - 1;
        unsigned mask = json_special_mask(bytes) & wanted;
        std::size_t at = 0;
        while (mask != 0) {
            const auto special = static_cast<std::size_t>(std::countr_zero(mask));
            std::memcpy(buffer_ + used_, bytes + at, special - at);
            used_ += special - at;
            used_ += write_escape(buffer_ + used_, bytes[special]);
            at = special + 1;
            mask &= mask - 1;
        }
        if (at == 0) {
            std::memcpy(buffer_ + used_, bytes, block);
        } else {
            std::memcpy(buffer_ + used_, bytes + at, size - at);
        }
        used_ += size - at;
    }

    void flush() {
        out_.append(buffer_, used_);
        used_ = 0;
    }

private:
    std::string& out_;
    std::size_t used_ = 0;
    char buffer_[512 + block * 6];
};

template <class Number>
void append_number(std::string& out, Number value) {
    char text[32];  // the longest double is 24 characters
    const auto end = std::to_chars(text, text + sizeof text, value);
    out.append(text, static_cast<std::size_t>(end.ptr - text));
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
    Escaper escaper(out);
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= block; left -= block, at += block)
        escaper.add_block(at, block);
    if (left > 0) {
        char tail[block] = {};
        std::memcpy(tail, at, left);
        escaper.add_block(tail, left);
    }
    escaper.flush();
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
    string(name);
    out_.push_back(':');
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
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
