#pragma once
#include "reference/http_call.hpp"
#include "reference/json_text.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ark::reference {

inline constexpr std::size_t json_body_bytes_max = 10u << 20;  ///< as sent, and again inflated; beyond: 413

/// A request's JSON body, packed. What the reference's framework makes of it: an empty body is {}, another content type
/// is no body at all, gzip, deflate and brotli are inflated, and only an object or an array is JSON.
struct JsonBody {
    std::string text;  ///< empty: there is none

    /// The top-level object; "undefined" or an array is refused as the reference's schemas do.
    Outcome<JsonView> object() const;
};

/// Refusals: 400 for what is not JSON, 413 beyond the limit, 415 for another charset or coding, 503 without memory.
awaitable<Outcome<JsonBody>> read_json(Call& call);

/// A member that must be a text, named in the refusal as `path`.
Outcome<std::string> text_member(const JsonView& value, std::string_view path);
/// ttl_seconds, coerced to a number as JavaScript does: a positive whole one. Nothing when absent.
Outcome<std::optional<std::uint64_t>> ttl_member(const JsonView& value);

/// What a schema says of a value of the wrong type: "expected string, received undefined".
Refusal wrong_type(std::string_view path, std::string_view expected, const JsonView& received);

}  // namespace ark::reference
