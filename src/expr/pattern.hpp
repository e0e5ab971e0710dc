#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace ark::expr {

/// A regular expression of RE2: the time to match is linear in the text, whatever the pattern. Immutable, any thread.
class Pattern {
public:
    /// The pattern's memory is bounded (docs/limits.md); `error` says what is wrong with it, else stays empty.
    static Pattern compile(std::string_view text, std::string& error);

    bool found_in(std::string_view text) const;  ///< anywhere in it; only of a pattern without error

private:
    std::shared_ptr<const void> engine_;
};

}  // namespace ark::expr
