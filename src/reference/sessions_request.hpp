#pragma once
#include "reference/params.hpp"
#include "reference/store.hpp"

#include <string>
#include <string_view>

namespace ark::reference {

/// What GET /sessions is asked.
struct SessionsListing {
    bool watch = false;
    bool paged = false;     ///< `limit` or `cursor` is there; else the answer is one map of all that pass the filters
    bool filtered = false;  ///< something narrows or orders the list
    std::string session;
    SessionsRequest request;
};
Outcome<SessionsListing> read_sessions_listing(const Params& params);

/// A date as JavaScript's Date reads its ISO forms: a year, a month, a day, a time without or with an offset, in UTC.
std::optional<UnixNanos> parse_date(std::string_view text);

}  // namespace ark::reference
