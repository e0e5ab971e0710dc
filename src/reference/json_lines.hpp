#pragma once
#include "base/result.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ark::reference {

inline constexpr std::size_t json_line_bytes_max = 10u << 20;  ///< of one chunk; beyond: too_large

/// Cuts a body that comes in pieces of any size into lines: an end of line may be split, and so may a character.
class JsonLines {
public:
    using Visit = std::function<void(std::string_view line)>;

    /// Visits every line that the piece completes, trimmed; blank ones are skipped.
    Status feed(std::string_view piece, const Visit& visit);
    /// The body has ended: what is left is a line too, though no end of line came.
    void finish(const Visit& visit);

    std::size_t pending_bytes() const { return pending_.size(); }

private:
    std::string pending_;  // of the line under way: at most json_line_bytes_max
};

}  // namespace ark::reference
