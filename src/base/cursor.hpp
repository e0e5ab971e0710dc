#pragma once
#include "base/strong.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ark {

/// A place in the journal: everything before `offset` has been seen. Opaque to clients.
///
/// Text form: 8 hex digits of the epoch, '-', 16 hex digits of the offset, e.g. `5f0c9a11-000000000000002a`: fixed
/// width, so that cursors of one epoch sort as text; only characters that are safe in an SSE id, a URL and a CORS
/// header.
struct Cursor {
    Epoch epoch;
    Offset offset;

    friend bool operator==(const Cursor&, const Cursor&) = default;

    std::string text() const;
    void append_to(std::string& out) const;
    static std::optional<Cursor> parse(std::string_view text);
    static constexpr std::size_t text_size = 25;
};

}  // namespace ark
