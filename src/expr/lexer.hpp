#pragma once
#include "expr/code.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::expr {

struct Token {
    enum class Kind : std::uint8_t {
        end,
        identifier,         // also the keywords and reserved words
        quoted_identifier,  // text without the back quotes
        integer,
        unsigned_integer,  // text without the u
        real,
        string,  // text with quotes and prefix
        bytes,
        symbol,  // text is it: "&&", "(", ".?"
    };
    Kind kind = Kind::end;
    std::uint32_t offset = 0;
    std::string_view text;

    bool is(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
    bool is_word(std::string_view word) const { return kind == Kind::identifier && text == word; }
};

/// The tokens of `text`, the last one of kind `end`; or the first thing that is none.
Compiled<std::vector<Token>> tokenize(std::string_view text);

/// The value of a string or bytes literal with its quotes and prefix. Without escapes it is a view of the literal, else
/// of a text added to `strings`. Nothing for a wrong escape; then `error` says which.
std::optional<std::string_view> literal_text(const Token& token, std::deque<std::string>& strings, std::string& error);

/// Words that the grammar uses: never a name.
bool is_keyword(std::string_view word);
/// Words kept for later: no variable may have such a name, a field may.
bool is_reserved(std::string_view word);

}  // namespace ark::expr
