#include "expr/lexer.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ark::expr {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) {
    return starts_name(c) || is_digit(c);
}

// Longest first, so that a prefix never wins.
constexpr std::array<std::string_view, 28> symbols = {"&&", "||", "==", "!=", "<=", ">=", ".?", "[?", "+", "-",
                                                      "*",  "/",  "%",  "!",  "<",  ">",  "?",  ":",  "(", ")",
                                                      "[",  "]",  "{",  "}",  ",",  ".",  "=",  "`"};

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Compiled<std::vector<Token>> run() {
        for (skip_space(); at_ < text_.size() && !issue_; skip_space())
            scan();
        if (issue_) return Issues{{*issue_}};
        add(Token::Kind::end, at_, {});
        return std::move(tokens_);
    }

private:
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    void skip_space() {
        for (; at_ < text_.size(); ++at_) {
            if (text_.substr(at_, 2) == "//") {
                at_ = std::min(text_.find('\n', at_), text_.size());
                if (at_ == text_.size()) return;
            } else if (std::string_view(" \t\n\r\f").find(text_[at_]) == std::string_view::npos) {
                return;
            }
        }
    }

    void scan() {
        if (const auto prefix = string_prefix()) return scan_string(*prefix);
        if (starts_name(peek())) return scan_name();
        if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return scan_number();
        if (peek() == '`') return scan_quoted();
        for (const auto symbol : symbols) {
            if (!text_.substr(at_).starts_with(symbol)) continue;
            add(Token::Kind::symbol, at_, symbol);
            at_ += symbol.size();
            return;
        }
        const auto c = static_cast<unsigned char>(peek());
        fail(at_, c > 0x20 && c < 0x7f ? fmt::format("the character '{}' does not belong here", peek())
                                       : fmt::format("the byte 0x{:02x} does not belong here", c));
    }

    // How many letters stand before a quote that opens a string; nothing when no string starts here.
    std::optional<std::size_t> string_prefix() const {
        bool raw = false;
        bool bytes = false;
        for (std::size_t length = 0; length < 3; ++length) {
            const char c = peek(length);
            if (c == '"' || c == '\'') return length;
            auto& seen = c == 'r' || c == 'R' ? raw : bytes;
            if ((c != 'r' && c != 'R' && c != 'b' && c != 'B') || seen) return std::nullopt;
            seen = true;
        }
        return std::nullopt;
    }

    void scan_string(std::size_t prefix) {
        const auto start = at_;
        const auto letters = text_.substr(at_, prefix);
        const bool raw = letters.find_first_of("rR") != std::string_view::npos;
        const bool bytes = letters.find_first_of("bB") != std::string_view::npos;
        at_ += prefix;
        const auto one = text_.substr(at_, 1);
        const bool triple = peek(1) == one[0] && peek(2) == one[0];
        const auto quote = text_.substr(at_, triple ? 3 : 1);
        at_ += quote.size();
        for (; at_ < text_.size(); ++at_) {
            if (text_.substr(at_).starts_with(quote)) {
                at_ += quote.size();
                return add(bytes ? Token::Kind::bytes : Token::Kind::string, start, text_.substr(start, at_ - start));
            }
            if (!triple && (peek() == '\n' || peek() == '\r')) break;
            if (peek() == '\\' && !raw) ++at_;
        }
        fail(start, "the text has no closing quote");
    }

    void scan_name() {
        const auto start = at_;
        while (continues_name(peek()))
            ++at_;
        add(Token::Kind::identifier, start, text_.substr(start, at_ - start));
    }

    void scan_quoted() {
        const auto end = text_.find('`', at_ + 1);
        const auto name = text_.substr(at_ + 1, end == std::string_view::npos ? 0 : end - at_ - 1);
        const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
            return continues_name(c) || std::string_view("./- ").find(c) != std::string_view::npos;
        });
        if (!good) return fail(at_, "a name in back quotes has letters, digits and any of _ . / - and space");
        add(Token::Kind::quoted_identifier, at_, name);
        at_ = end + 1;
    }

    void scan_number() {
        const auto start = at_;
        auto kind = Token::Kind::integer;
        if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
            at_ += 2;
            while (is_hex(peek()))
                ++at_;
        } else {
            kind = scan_decimal();
        }
        const auto number = text_.substr(start, at_ - start);
        if (kind == Token::Kind::integer && (peek() == 'u' || peek() == 'U')) {
            kind = Token::Kind::unsigned_integer;
            ++at_;
        }
        if (continues_name(peek())) return fail(start, "a number is followed by a letter");
        add(kind, start, number);
    }

    Token::Kind scan_decimal() {
        auto kind = Token::Kind::integer;
        const auto digits = [&] {
            while (is_digit(peek()))
                ++at_;
        };
        digits();
        if (peek() == '.' && is_digit(peek(1))) {
            kind = Token::Kind::real;
            ++at_;
            digits();
        }
        const bool sign = peek(1) == '+' || peek(1) == '-';
        if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
            kind = Token::Kind::real;
            at_ += sign ? 2 : 1;
            digits();
        }
        return kind;
    }

    void add(Token::Kind kind, std::size_t offset, std::string_view text) {
        tokens_.push_back({kind, static_cast<std::uint32_t>(offset), text});
    }

    void fail(std::size_t offset, std::string message) {
        issue_ = Issue{Code::parse_error, std::move(message), static_cast<std::uint32_t>(offset), 1, 1, {}};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
    std::optional<Issue> issue_;
};

}  // namespace

Compiled<std::vector<Token>> tokenize(std::string_view text) {
    return Lexer(text).run();
}

bool is_keyword(std::string_view word) {
    return word == "true" || word == "false" || word == "null" || word == "in";
}

bool is_reserved(std::string_view word) {
    static constexpr std::array<std::string_view, 17> words = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace ark::expr
