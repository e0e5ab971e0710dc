#include "reference/json_text.hpp"

#include "base/check.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "codec/json_scan.hpp"
#include "codec/json_value.hpp"
#include "codec/utf8.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace ark::reference {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// One pass over valid UTF-8: checks the grammar (RFC 8259) and copies runs of bytes between white space.
class Packer {
public:
    Packer(std::string& out, std::string_view text)
        : out_(out), begin_(text.data()), at_(begin_), end_(begin_ + text.size()), run_(begin_) {}

    Result<JsonType> pack() {
        blanks();
        JsonType type = JsonType::null;
        if (!value(type, 0)) return bad();
        blanks();
        if (at_ != end_) return bad();
        flush(end_);
        return type;
    }

private:
    Error bad() const {
        const char* what = too_deep_ ? "JSON nested too deeply" : at_ == end_ ? "JSON ends early" : "not JSON";
        return fail(Errc::bad_payload, std::string(what) + " at byte " + std::to_string(at_ - begin_));
    }

    void flush(const char* until) {
        out_.append(run_, static_cast<std::size_t>(until - run_));
        run_ = until;
    }
    void blanks() {
        if (at_ == end_ || !is_blank(*at_)) return;
        flush(at_);
        while (at_ != end_ && is_blank(*at_))
            ++at_;
        run_ = at_;
    }
    bool take(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool word(std::string_view text) {
        if (static_cast<std::size_t>(end_ - at_) < text.size() || std::string_view(at_, text.size()) != text)
            return false;
        at_ += text.size();
        return true;
    }

    bool value(JsonType& type, std::size_t depth) {
        if (at_ == end_) return false;
        switch (*at_) {
            case '{':
                type = JsonType::object;
                return object(depth + 1);
            case '[':
                type = JsonType::array;
                return array(depth + 1);
            case '"':
                type = JsonType::string;
                return string();
            case 't':
                type = JsonType::boolean;
                return word("true");
            case 'f':
                type = JsonType::boolean;
                return word("false");
            case 'n':
                type = JsonType::null;
                return word("null");
            default:
                type = JsonType::number;
                return number();
        }
    }

    bool enter(std::size_t depth) {
        too_deep_ = depth > json_nesting_max;
        ++at_;
        if (!too_deep_) blanks();
        return !too_deep_;
    }

    bool object(std::size_t depth) {
        if (!enter(depth)) return false;
        if (take('}')) return true;
        JsonType ignored;
        while (true) {
            if (at_ == end_ || *at_ != '"' || !string()) return false;
            blanks();
            if (!take(':')) return false;
            blanks();
            if (!value(ignored, depth)) return false;
            blanks();
            if (take('}')) return true;
            if (!take(',')) return false;
            blanks();
        }
    }

    bool array(std::size_t depth) {
        if (!enter(depth)) return false;
        if (take(']')) return true;
        JsonType ignored;
        while (true) {
            if (!value(ignored, depth)) return false;
            blanks();
            if (take(']')) return true;
            if (!take(',')) return false;
            blanks();
        }
    }

    bool string() {
        ++at_;
        while (true) {
            skip_plain();
            if (at_ == end_) return false;
            if (*at_ == '"') {
                ++at_;
                return true;
            }
            if (*at_ != '\\' || !escape()) return false;
        }
    }

    /// To the next byte that cannot stand for itself in a string.
    void skip_plain() {
        while (static_cast<std::size_t>(end_ - at_) >= codec::json_block) {
            const unsigned mask = codec::json_special_mask(at_);
            if (mask != 0) {
                at_ += std::countr_zero(mask);
                return;
            }
            at_ += codec::json_block;
        }
        while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20)
            ++at_;
    }

    bool escape() {
        const char* const start = at_++;
        if (at_ == end_) return false;
        if (*at_ != 'u') {
            const bool known = std::string_view("\"\\/bfnrt").find(*at_) != std::string_view::npos;
            if (known) ++at_;
            return known;
        }
        ++at_;
        unsigned unit = 0;
        if (!code_unit(unit)) return false;
        if (unit < 0xd800 || unit > 0xdfff) return true;
        const char* const behind = at_;
        unsigned low = 0;
        if (unit < 0xdc00 && take('\\') && take('u') && code_unit(low) && low >= 0xdc00 && low <= 0xdfff) return true;
        at_ = behind;  // what follows is read for itself
        flush(start);
        out_.append(replacement);
        run_ = at_;
        return true;
    }

    bool code_unit(unsigned& unit) {
        unit = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const int digit = at_ == end_ ? -1 : hex_digit(*at_);
            if (digit < 0) return false;
            unit = unit << 4 | static_cast<unsigned>(digit);
        }
        return true;
    }

    bool digits() {
        const char* const first = at_;
        while (at_ != end_ && is_digit(*at_))
            ++at_;
        return at_ != first;
    }

    bool number() {
        const char* const start = at_;
        take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        const bool scaled = at_ != end_ && (*at_ == 'e' || *at_ == 'E');
        if (scaled) {
            ++at_;
            if (!take('+')) take('-');
            if (!digits()) return false;
        }
        constexpr std::ptrdiff_t always_finite = 300;  // digits without an exponent
        if (scaled || at_ - start > always_finite) replace_infinite(start);
        return true;
    }

    void replace_infinite(const char* start) {
        const std::string digits(start, at_);
        if (std::isfinite(std::strtod(digits.c_str(), nullptr))) return;
        flush(start);
        out_.append("null");
        run_ = at_;
    }

    std::string& out_;
    const char* const begin_;
    const char* at_;
    const char* const end_;
    const char* run_;  // what was read but not yet copied begins here
    bool too_deep_ = false;
};

/// Where the string ends whose opening quote is at `at`, behind its closing one.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    for (++at;;) {
        if (text.size() - at >= codec::json_block) {
            const unsigned mask = codec::json_special_mask(text.data() + at);
            at += mask != 0 ? static_cast<unsigned>(std::countr_zero(mask)) : codec::json_block;
            if (mask == 0) continue;
        }
        const char c = text[at];
        if (c == '"') return at + 1;
        at += c == '\\' ? 2u : 1u;
    }
}

/// Where the value that begins at `at` ends, in a packed text.
std::size_t end_of_value(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"') {
            at = end_of_string(text, at);
        } else if (c == '{' || c == '[') {
            ++depth;
            ++at;
            continue;
        } else if (c == '}' || c == ']') {
            if (depth == 0) return at;
            --depth;
            ++at;
        } else if (depth == 0 && (c == ',' || c == ':')) {
            return at;
        } else {
            ++at;
            continue;
        }
        if (depth == 0) return at;
    }
    return at;
}

std::string unquoted(std::string_view quoted) {
    const auto inside = quoted.substr(1, quoted.size() - 2);
    if (inside.find('\\') == inside.npos) return std::string(inside);
    const auto parsed = codec::JsonValue::parse(quoted);
    ARK_CHECK(parsed, "a packed string cannot be read");
    return std::string(parsed->text());
}

}  // namespace

std::string repaired_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 16);
    while (!text.empty()) {
        const auto valid = codec::utf8_error_offset(text);
        out.append(text.substr(0, valid));
        text.remove_prefix(valid);
        if (text.empty()) break;
        out.append(replacement);
        text.remove_prefix(1);
    }
    return out;
}

Result<JsonType> append_packed(std::string& out, std::string_view text) {
    const auto before = out.size();
    std::string fixed;
    if (!codec::valid_utf8(text)) {
        fixed = repaired_utf8(text);
        text = fixed;
    }
    auto packed = Packer(out, text).pack();
    if (!packed) out.resize(before);
    return packed;
}

JsonType JsonView::type() const {
    switch (text_.empty() ? 'n' : text_.front()) {
        case '{':
            return JsonType::object;
        case '[':
            return JsonType::array;
        case '"':
            return JsonType::string;
        case 't':
        case 'f':
            return JsonType::boolean;
        case 'n':
            return JsonType::null;
        default:
            return JsonType::number;
    }
}

bool JsonView::truthy() const {
    if (text_.empty()) return false;
    switch (type()) {
        case JsonType::null:
            return false;
        case JsonType::boolean:
            return text_ == "true";
        case JsonType::string:
            return text_.size() > 2;
        case JsonType::number:
            return to_number(text_) != 0;
        default:
            return true;
    }
}

void JsonView::for_each_member(const std::function<void(std::string_view, JsonView)>& visit) const {
    if (!is(JsonType::object)) return;
    for (std::size_t at = 1; at < text_.size() && text_[at] != '}';) {
        const auto colon = end_of_value(text_, at);
        const auto end = end_of_value(text_, colon + 1);
        visit(text_.substr(at, colon - at), JsonView(text_.substr(colon + 1, end - colon - 1)));
        at = text_[end] == ',' ? end + 1 : end;
    }
}

void JsonView::for_each_element(const std::function<void(JsonView)>& visit) const {
    if (!is(JsonType::array)) return;
    for (std::size_t at = 1; at < text_.size() && text_[at] != ']';) {
        const auto end = end_of_value(text_, at);
        visit(JsonView(text_.substr(at, end - at)));
        at = text_[end] == ',' ? end + 1 : end;
    }
}

void JsonView::find_each(std::span<const std::string_view> names, std::span<JsonView> found) const {
    for_each_member([&names, &found](std::string_view quoted, JsonView value) {
        const auto inside = quoted.substr(1, quoted.size() - 2);
        const bool escaped = inside.find('\\') != inside.npos;
        for (std::size_t i = 0; i < names.size(); ++i) {
            const bool same = escaped ? unquoted(quoted) == names[i] : inside == names[i];
            if (same) found[i] = value;
        }
    });
}

JsonView JsonView::find(std::string_view name) const {
    return find_all(std::array{name}).front();
}

std::string JsonView::string() const {
    return is(JsonType::string) && !text_.empty() ? unquoted(text_) : std::string();
}

double to_number(std::string_view text) {
    text = trimmed(text, script_blanks);
    if (text.empty()) return 0;
    constexpr auto not_a_number = std::numeric_limits<double>::quiet_NaN();
    if (text.size() > 2 && text[0] == '0' && !is_digit(text[1]) && text[1] != '.' && text[1] != 'e' && text[1] != 'E') {
        const char kind = static_cast<char>(text[1] | 0x20);
        const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
        std::uint64_t number = 0;
        const auto* end = text.data() + text.size();
        if (base == 0) return not_a_number;
        const auto read = std::from_chars(text.data() + 2, end, number, base);
        return read.ec == std::errc() && read.ptr == end ? static_cast<double>(number) : not_a_number;
    }
    if (text == "Infinity" || text == "+Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    const bool decimal = std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
    });
    if (!decimal) return not_a_number;
    const std::string terminated(text);
    char* end = nullptr;
    const double number = std::strtod(terminated.c_str(), &end);
    return end == terminated.c_str() + terminated.size() ? number : not_a_number;
}

double to_number(const JsonView& value) {
    switch (value.type()) {
        case JsonType::null:
            return 0;
        case JsonType::boolean:
            return value.truthy() ? 1 : 0;
        case JsonType::number:
            return to_number(value.text());
        case JsonType::string:
            return to_number(value.string());
        case JsonType::array:
            break;
        case JsonType::object:
            return std::numeric_limits<double>::quiet_NaN();
    }
    // JavaScript joins an array to a text first: none is empty, one is itself, more have commas.
    std::size_t elements = 0;
    double only = 0;
    value.for_each_element([&](JsonView element) {
        const bool scalar = element.is(JsonType::number) || element.is(JsonType::string) || element.is(JsonType::null);
        only = scalar ? to_number(element) : std::numeric_limits<double>::quiet_NaN();
        ++elements;
    });
    return elements < 2 ? only : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace ark::reference
