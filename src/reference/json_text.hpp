#pragma once
#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

/// JSON as it was sent: checked and packed once, read in place, never built as a tree.
namespace ark::reference {

enum class JsonType : std::uint8_t { object, array, string, number, boolean, null };

/// How deep a document may nest; deeper: bad_payload.
inline constexpr std::size_t json_nesting_max = 512;

/// Appends one JSON text to `out` without white space between its tokens; members, numbers and escapes stay as they
/// were written, so that whoever parses the result reads what the sender's own parser would have read.
///
/// Lenient where JavaScript is: invalid UTF-8 and halves of surrogate pairs become U+FFFD, numbers beyond a double
/// become null. Error: bad_payload, naming the byte; `out` is then as before.
Result<JsonType> append_packed(std::string& out, std::string_view text);

/// The text with U+FFFD for each byte that is not part of valid UTF-8.
std::string repaired_utf8(std::string_view text);

/// A value within a packed text, which outlives the view.
class JsonView {
public:
    JsonView() = default;  ///< of nothing
    /// `packed` is one value that append_packed() wrote.
    explicit JsonView(std::string_view packed) : text_(packed) {}

    std::string_view text() const { return text_; }
    JsonType type() const;
    bool is(JsonType type) const { return this->type() == type; }
    bool truthy() const;  ///< as JavaScript sees it

    /// The member of that name, the last one if it is repeated; a view of nothing when there is none.
    JsonView find(std::string_view name) const;
    /// The same for several names, in one walk over the object.
    template <std::size_t N>
    std::array<JsonView, N> find_all(const std::array<std::string_view, N>& names) const {
        std::array<JsonView, N> found;
        find_each(names, found);
        return found;
    }
    explicit operator bool() const { return !text_.empty(); }
    /// Text of a string without its escapes; empty for other values.
    std::string string() const;

    void for_each_element(const std::function<void(JsonView)>& visit) const;
    void for_each_member(const std::function<void(std::string_view quoted_name, JsonView)>& visit) const;

private:
    void find_each(std::span<const std::string_view> names, std::span<JsonView> found) const;

    std::string_view text_;
};

/// What JavaScript's Number() makes of the value; NaN where it makes none.
double to_number(const JsonView& value);
/// What JavaScript's Number() makes of a text: white space around it is ignored, empty is 0, 0x, 0o and 0b are read.
double to_number(std::string_view text);

}  // namespace ark::reference
