#include "reference/sessions_request.hpp"

#include <charconv>
#include <limits>

namespace ark::reference {
namespace {

constexpr UnixNanos end_of_time{std::numeric_limits<std::uint64_t>::max()};

std::optional<SessionStatus> status_of(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    return *text == "active" ? SessionStatus::active : *text == "idle" ? SessionStatus::idle : SessionStatus::error;
}

SessionSort sort_of(const std::optional<std::string>& text) {
    if (!text) return SessionSort::none;
    return *text == "date" ? SessionSort::date : *text == "name" ? SessionSort::name : SessionSort::conversations;
}

/// Both ends are inclusive in milliseconds, which is all that the reference's times have.
void read_dates(const Params& params, SessionsRequest& request, Issues& issues) {
    const auto from = issues.take(params.text("dateFrom")).value_or("");
    const auto until = issues.take(params.text("dateTo")).value_or("");
    // What is no date is before nothing and behind nothing: the list is empty.
    if (!from.empty()) request.from = parse_date(from).value_or(end_of_time);
    if (!until.empty()) {
        const auto date = parse_date(until);
        if (!date) request.from = end_of_time;
        request.until = date.value_or(UnixNanos{});
    }
}

SessionsListing read_filters(const Params& params, Issues& issues) {
    SessionsListing listing;
    auto& request = listing.request;
    const auto status = issues.take(params.option("status", {"active", "idle", "error"}));
    read_dates(params, request, issues);
    request.search = issues.take(params.text("search")).value_or("");
    const auto sort = issues.take(params.option("sort", {"date", "name", "conversations"}));
    const auto order = issues.take(params.option("order", {"asc", "desc"}));
    request.status = status_of(status);
    request.sort = sort_of(sort);
    request.descending = order.value_or("desc") == "desc";
    listing.filtered = request.from || request.until || status || sort || !request.search.empty();
    return listing;
}

}  // namespace

Outcome<SessionsListing> read_sessions_listing(const Params& params) {
    Issues issues;
    const bool watch = issues.take(params.flag("watch"));
    const auto session = issues.take(params.text("session_id"));
    auto listing = read_filters(params, issues);
    if (issues.any()) return issues.refusal();
    listing.watch = watch;
    listing.session = session.value_or("");
    listing.paged = !watch && (params.has_content("limit") || params.has_content("cursor"));
    if (!listing.paged) return listing;
    const auto limit = params.page_limit();
    if (!limit) return limit.error();
    const auto cursor = params.page_cursor();
    if (!cursor) return cursor.error();
    listing.request.limit = *limit;
    listing.request.offset = cursor->value_or(0);
    return listing;
}

std::optional<UnixNanos> parse_date(std::string_view text) {
    constexpr std::string_view whole = "0000-01-01T00:00:00Z";
    if (text.size() < 4) return std::nullopt;
    std::string full(text);
    const bool has_zone = full.size() > 10 && full.find_first_of("Zz+-", 10) != full.npos;
    if (full.size() == 16 && !has_zone) full += ":00";          // a time to the minute
    if (full.size() > 16 && !has_zone) full += 'Z';             // local time, which is UTC here
    if (full.size() == 17 && has_zone) full.insert(16, ":00");  // 2026-11-20T10:00Z
    if (full.size() < 11) full.append(whole.substr(std::min(full.size(), whole.size())));  // a year, a month, a day
    if (full.size() == 19) full += 'Z';
    if (const auto time = parse_rfc3339(full)) return time;
    // Years that our times cannot hold still are before or behind everything.
    int year = 0;
    const auto read = std::from_chars(full.data(), full.data() + std::min<std::size_t>(full.size(), 4), year);
    const bool is_year = read.ec == std::errc() && read.ptr == full.data() + 4 && full.size() > 4 && full[4] == '-';
    if (!is_year || (year >= 1970 && year < 2262)) return std::nullopt;
    full.replace(0, 4, "2000");
    if (!parse_rfc3339(full)) return std::nullopt;
    return year < 1970 ? UnixNanos{} : end_of_time;
}

}  // namespace ark::reference
