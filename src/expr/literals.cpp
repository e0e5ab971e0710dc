#include "base/hex.hpp"
#include "expr/lexer.hpp"
#include "expr/utf8.hpp"

#include <fmt/format.h>

namespace ark::expr {

namespace {

// Writes the value of the escape that starts at `at` (after the backslash); returns the bytes it took, 0 for a wrong
// one. In bytes an escape by number is a byte, in strings a code point.
class Unescaper {
public:
    Unescaper(std::string_view body, bool bytes) : body_(body), bytes_(bytes) {}

    bool run(std::string& out, std::string& error) {
        for (std::size_t at = 0; at < body_.size();) {
            if (body_[at] != '\\') {
                out.push_back(body_[at++]);
                continue;
            }
            const auto taken = escape(at + 1, out);
            if (taken == 0) {
                error = fmt::format("\\{} is no escape", body_.substr(at + 1, 1));
                return false;
            }
            at += 1 + taken;
        }
        return true;
    }

private:
    std::size_t escape(std::size_t at, std::string& out) const {
        static constexpr std::string_view letters = "abfnrtv\\?\"'`";
        static constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\?\"'`";
        const char c = at < body_.size() ? body_[at] : '\0';
        if (const auto which = letters.find(c); c != '\0' && which != std::string_view::npos) {
            out.push_back(meanings[which]);
            return 1;
        }
        switch (c) {
            case 'x':
            case 'X':
                return number(body_.substr(at + 1, 2), 2, out) ? 3 : 0;
            case 'u':
                return !bytes_ && number(body_.substr(at + 1, 4), 4, out) ? 5 : 0;
            case 'U':
                return !bytes_ && number(body_.substr(at + 1, 8), 8, out) ? 9 : 0;
            case '0':
            case '1':
            case '2':
            case '3':
                return octal(body_.substr(at, 3), out) ? 3 : 0;
            default:
                return 0;
        }
    }

    bool number(std::string_view digits, std::size_t count, std::string& out) const {
        const auto value = digits.size() == count ? parse_hex_number(digits) : std::nullopt;
        return value && put(static_cast<char32_t>(*value), out);
    }

    bool octal(std::string_view digits, std::string& out) const {
        if (digits.size() != 3) return false;
        char32_t value = 0;
        for (const char c : digits) {
            if (c < '0' || c > '7') return false;
            value = value * 8 + static_cast<char32_t>(c - '0');
        }
        return put(value, out);
    }

    bool put(char32_t value, std::string& out) const {
        if (bytes_) {
            out.push_back(static_cast<char>(value));
            return true;
        }
        if (!is_scalar(value)) return false;
        append_code_point(out, value);
        return true;
    }

    std::string_view body_;
    bool bytes_;
};

}  // namespace

std::optional<std::string_view> literal_text(const Token& token, std::deque<std::string>& strings, std::string& error) {
    auto body = token.text;
    const auto quote_at = body.find_first_of("\"'");
    const auto prefix = body.substr(0, quote_at);
    const bool raw = prefix.find_first_of("rR") != std::string_view::npos;
    body.remove_prefix(quote_at);
    const bool triple = body.size() >= 6 && body[1] == body[0] && body[2] == body[0];
    const std::size_t quotes = triple ? 3 : 1;
    body = body.substr(quotes, body.size() - 2 * quotes);
    if (raw || body.find('\\') == std::string_view::npos) return body;
    std::string value;
    if (!Unescaper(body, token.kind == Token::Kind::bytes).run(value, error)) return std::nullopt;
    strings.push_back(std::move(value));
    return strings.back();
}

}  // namespace ark::expr
