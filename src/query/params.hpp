#pragma once
#include "base/cursor.hpp"
#include "base/time.hpp"
#include "items/filter.hpp"
#include "net/http.hpp"
#include "query/problem.hpp"
#include "views/views.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ark::query {

/// The query parameters of one request, checked against what the resource knows. Values are judged when they are asked
/// for.
class Params {
public:
    /// Refuses unknown names (with the closest known one as a hint), repeated ones (except `reason`), malformed
    /// escapes, and values beyond 2 KiB. An empty value counts as absent.
    static Outcome<Params> read(std::string_view raw_query, std::span<const std::string_view> known);

    bool has(std::string_view name) const { return query_.find(name).has_value() && !text(name).empty(); }
    std::string_view text(std::string_view name) const { return query_.find(name).value_or(std::string_view{}); }
    const net::Query& query() const { return query_; }

    Outcome<std::uint64_t> number(std::string_view name, std::uint64_t fallback, std::uint64_t smallest,
                                  std::uint64_t largest) const;
    /// RFC 3339, "now", or a signed duration from now ("-15m"); 0 when absent.
    Outcome<UnixNanos> time(std::string_view name, UnixNanos now) const;
    /// "true", "false", "1", "0"; absent: false.
    Outcome<bool> flag(std::string_view name) const;
    Outcome<std::optional<TraceId>> trace(std::string_view name) const;
    Outcome<std::optional<model::Kind>> component(std::string_view name) const;
    /// "asc" → oldest first, "desc" or absent → newest first.
    Outcome<views::Order> order() const;
    Outcome<items::Detail> detail() const;
    Outcome<std::optional<Cursor>> cursor(std::string_view name) const;

    static constexpr std::size_t value_bytes_max = 2048;

private:
    explicit Params(net::Query query) : query_(std::move(query)) {}

    net::Query query_;
};

/// The known name that is closest to a misspelt one; empty when none is close.
std::string_view closest(std::string_view name, std::span<const std::string_view> known);

/// The parameters that lists share, as a filter of items. `status` is success or failure there.
Outcome<items::Filter> item_filter(const Params& params, UnixNanos now);
/// "active" (of sessions: running), "done", …; nothing for a word that is no state.
std::optional<views::State> state_named(std::string_view status);
/// The same as a request to the views. `status` may also be a state ("active", "waiting", …).
Outcome<views::ListRequest> row_request(const Params& params, const std::string& tenant, UnixNanos now);

}  // namespace ark::query
