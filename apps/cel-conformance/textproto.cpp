#include "textproto.hpp"

#include "base/hex.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace ark::conformance {

const TextMessage::Field* TextMessage::find(std::string_view name) const {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
    return found == fields.end() ? nullptr : &*found;
}

std::vector<const TextMessage::Field*> TextMessage::all(std::string_view name) const {
    std::vector<const Field*> found;
    for (const auto& field : fields)
        if (field.name == name) found.push_back(&field);
    return found;
}

std::string TextMessage::text(std::string_view name) const {
    const auto* field = find(name);
    return field == nullptr ? std::string() : field->scalar;
}

const TextMessage* TextMessage::message(std::string_view name) const {
    const auto* field = find(name);
    return field == nullptr || !field->is_message ? nullptr : &field->message.front();
}

namespace {

constexpr int depth_max = 200;

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<TextMessage> run() {
        TextMessage message;
        ARK_TRY_STATUS(fields(message, '\0', 0));
        return message;
    }

private:
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    char next_significant() {
        while (at_ < text_.size()) {
            if (text_[at_] == '#')
                at_ = std::min(text_.find('\n', at_), text_.size());
            else if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0)
                ++at_;
            else
                break;
        }
        return peek();
    }
    bool accept(char c) {
        if (next_significant() != c || c == '\0') return false;
        ++at_;
        return true;
    }
    Error wrong(std::string_view what) const {
        const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
        return fail(Errc::bad_payload, fmt::format("line {}: {}", line, what));
    }

    Status fields(TextMessage& message, char close, int depth) {
        if (depth > depth_max) return wrong("nested too deep");
        for (;;) {
            const char c = next_significant();
            if (c == close) {
                if (close != '\0') ++at_;
                return ok();
            }
            ARK_TRY(auto name, field_name());
            const bool colon = accept(':');
            if (accept('[')) {
                ARK_TRY_STATUS(list(message, name, depth));
            } else {
                ARK_TRY_STATUS(value(message, name, colon, depth));
            }
            if (!accept(',')) accept(';');
        }
    }

    Result<std::string> field_name() {
        const auto start = at_;
        if (peek() == '[') {
            const auto end = text_.find(']', at_);
            if (end == std::string_view::npos) return wrong("no ] after [");
            at_ = end + 1;
        } else {
            while (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '_')
                ++at_;
        }
        if (at_ == start) return wrong("a field name is missing");
        return std::string(text_.substr(start, at_ - start));
    }

    Status list(TextMessage& message, const std::string& name, int depth) {
        while (!accept(']')) {
            ARK_TRY_STATUS(value(message, name, true, depth));
            accept(',');
        }
        return ok();
    }

    Status value(TextMessage& message, const std::string& name, bool colon, int depth) {
        TextMessage::Field field;
        field.name = name;
        const char c = next_significant();
        if (c == '{' || c == '<') {
            ++at_;
            field.is_message = true;
            field.message.emplace_back();
            ARK_TRY_STATUS(fields(field.message.front(), c == '{' ? '}' : '>', depth + 1));
        } else if (!colon) {
            return wrong("neither : nor a message after " + name);
        } else {
            ARK_TRY(field.scalar, scalar());
        }
        message.fields.push_back(std::move(field));
        return ok();
    }

    Result<std::string> scalar() {
        std::string out;
        if (peek() == '"' || peek() == '\'') {
            while (next_significant() == '"' || peek() == '\'') {
                ARK_TRY_STATUS(quoted(out));
            }
            return out;
        }
        while (std::isalnum(static_cast<unsigned char>(peek())) != 0 ||
               std::string_view("+-._").find(peek()) != std::string_view::npos) {
            if (peek() == '\0') break;
            out.push_back(text_[at_++]);
        }
        if (out.empty()) return wrong("a value is missing");
        return out;
    }

    Status quoted(std::string& out) {
        const char quote = text_[at_++];
        for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
            if (text_[at_] != '\\') {
                out.push_back(text_[at_]);
                continue;
            }
            ++at_;
            if (!escape(out)) return wrong("an unknown escape");
        }
        if (at_ >= text_.size()) return wrong("a text without end");
        ++at_;
        return ok();
    }

    // At the character after the backslash; leaves at_ on the last one of the escape.
    bool escape(std::string& out) {
        static constexpr std::string_view letters = "abfnrtv\\?\"'";
        static constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\?\"'";
        const char c = peek();
        if (const auto which = letters.find(c); which != std::string_view::npos && c != '\0') {
            out.push_back(meanings[which]);
            return true;
        }
        if (c == 'x' || c == 'X') return number(out, 16, 1, 2, false);
        if (c == 'u') return number(out, 16, 1, 4, true);
        if (c == 'U') return number(out, 16, 1, 8, true);
        return c >= '0' && c <= '7' && number(out, 8, 0, 3, false);
    }

    bool number(std::string& out, unsigned base, std::size_t skip, std::size_t digits_max, bool code_point) {
        char32_t value = 0;
        std::size_t digits = 0;
        for (; digits < digits_max; ++digits) {
            const int digit = hex_digit(peek(skip + digits));
            if (digit < 0 || static_cast<unsigned>(digit) >= base) break;
            value = value * base + static_cast<char32_t>(digit);
        }
        at_ += skip + digits - 1;
        if (digits == 0) return false;
        if (code_point)
            append_utf8(out, value);
        else
            out.push_back(static_cast<char>(value));
        return true;
    }

    static void append_utf8(std::string& out, char32_t c) {
        const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
        if (c < 0x80) {
            put(c);
        } else if (c < 0x800) {
            put(0xc0 | c >> 6);
            put(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            put(0xe0 | c >> 12);
            put(0x80 | (c >> 6 & 0x3f));
            put(0x80 | (c & 0x3f));
        } else {
            put(0xf0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3f));
            put(0x80 | (c >> 6 & 0x3f));
            put(0x80 | (c & 0x3f));
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<TextMessage> parse_text_message(std::string_view text) {
    return Reader(text).run();
}

}  // namespace ark::conformance
