#pragma once
#include "reference/refusal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ark::reference {

/// Query parameters as the reference's framework reads them: '+' is a space, a malformed escape stands for itself,
/// invalid UTF-8 becomes U+FFFD, and unknown names are ignored. Values are judged when they are asked for.
class Params {
public:
    explicit Params(std::string_view raw_query);

    /// A text that may be given once. Repeated: VALIDATION_ERROR.
    Outcome<std::optional<std::string>> text(std::string_view name) const;
    /// Exactly "true" or "false", once; absent: false. Else VALIDATION_ERROR.
    Outcome<bool> flag(std::string_view name) const;
    /// Whether the first value is the text, and the only one: a flag that is never refused.
    bool is(std::string_view name, std::string_view text) const;
    /// Given with anything but the empty text.
    bool has_content(std::string_view name) const;
    /// One of `options`, once; absent: nothing. Else VALIDATION_ERROR.
    Outcome<std::optional<std::string>> option(std::string_view name,
                                               const std::vector<std::string_view>& options) const;
    /// A number coerced as JavaScript's Number() does, whole and at least `least`; absent: nothing. VALIDATION_ERROR.
    Outcome<std::optional<std::uint64_t>> whole(std::string_view name, std::uint64_t least) const;

    /// How many items a page may have, by parseInt: 100 when absent, 1 … 1000. PAGINATION_ERROR.
    Outcome<std::size_t> page_limit() const;
    /// Where a page begins, by parseInt; absent: nothing. PAGINATION_ERROR.
    Outcome<std::optional<std::uint64_t>> page_cursor() const;

private:
    struct Value {
        std::string text;
        bool repeated = false;
    };
    const Value* find(std::string_view name) const;

    std::vector<std::pair<std::string, Value>> values_;  // of a repeated name: all, joined by commas
};

/// What JavaScript's parseInt(text, 10) reads: white space, a sign, digits, then anything. Nothing: NaN. Beyond 2^53
/// the largest exact integer stands in.
std::optional<std::int64_t> parse_int(std::string_view text);

}  // namespace ark::reference
