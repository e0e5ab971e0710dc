#pragma once
#include "base/cursor.hpp"
#include "net/http.hpp"
#include "query/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// nextCursor: where a list goes on, bound to the list it came from. Opaque to clients (base64url).
namespace ark::query {

/// What a cursor is bound to: the path, the tenant and every parameter that selects or sorts (not limit, view, cursor,
/// count, at_least). Parameters count in any order.
std::uint64_t fingerprint(std::string_view path, std::string_view tenant, const net::Query& query);

std::string make_page_token(std::uint64_t fingerprint, std::string_view position);
/// The position. cursor-invalid: not ours; cursor-mismatch: of another list.
Outcome<std::string> open_page_token(std::uint64_t fingerprint, std::string_view token);

/// Where a list of items goes on: at `part` of the item at `offset`, in the list's direction.
struct ItemPosition {
    Epoch epoch;
    Offset offset;
    std::uint8_t part = 0;  ///< items::Event::Part, or past all of them when descending
    Offset upper;  ///< newest first: where the first page began, so that the list does not shift while it is paged

    std::string text() const;
    static std::optional<ItemPosition> parse(std::string_view text);
    friend bool operator==(const ItemPosition&, const ItemPosition&) = default;
};

/// FNV-1a, 64 bits: identity of small texts (fingerprints, weak ETags, repeated messages). Not against forgers: a
/// forged position only reaches what the forger's own tenant may read anyway.
std::uint64_t fnv1a(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325ULL);

}  // namespace ark::query
