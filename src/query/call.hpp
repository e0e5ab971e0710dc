#pragma once
#include "query/api.hpp"
#include "query/page_token.hpp"
#include "query/params.hpp"
#include "query/problem.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ark::query {

/// One read: what was asked, by whom, and what may be spent on it. Lives on the work pool for the time of the read.
struct Call {
    const ApiDeps& deps;
    const ApiConfig& config;
    const net::RequestHead& head;
    const Params& params;
    const std::string& tenant;
    UnixNanos now;
    Cursor at;  ///< everything before it is in the views: where this read is true

    std::string_view path_value(std::size_t i) const {
        return i < head.path_values.size() ? std::string_view(head.path_values[i]) : std::string_view{};
    }
    std::uint64_t fingerprint() const { return query::fingerprint(head.path, tenant, params.query()); }
};

/// What a read gives; the pipeline adds ids, validators, compression and links.
struct Body {
    std::string text;
    std::string content_type = "application/json";
    std::string next_token;  ///< not empty: a Link header to the next page
    bool validator = false;  ///< a weak ETag, and 304 when the client has it
};

using ReadFunction = Outcome<Body> (*)(const Call&);

/// What one page may cost.
class Budget {
public:
    Budget(const Clock& clock, std::uint64_t items, std::chrono::nanoseconds time)
        : clock_(clock),
          items_left_(items),
          deadline_(clock.monotonic_nanos() + static_cast<std::uint64_t>(time.count())) {}
    void spend(std::uint64_t items) { items_left_ -= items < items_left_ ? items : items_left_; }
    bool spent() const { return items_left_ == 0 || clock_.monotonic_nanos() >= deadline_; }

private:
    const Clock& clock_;
    std::uint64_t items_left_;
    std::uint64_t deadline_;
};

inline Budget page_budget(const Call& call) {
    return {call.deps.clock, call.config.scan_items_max, call.config.scan_time_max};
}

}  // namespace ark::query
