#include "query/params.hpp"

#include "base/duration.hpp"
#include "base/edit_distance.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace ark::query {
namespace {

constexpr std::size_t name_bytes_shown = 64;

// What other APIs call the same thing: too far from our word for the distance to find it.
std::string_view synonym(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> pairs[] = {
        {"sessionid", "session"}, {"session_id", "session"},
        {"queryid", "query"},     {"query_id", "query"},
        {"traceid", "trace"},     {"trace_id", "trace"},
        {"since", "from"},        {"start", "from"},
        {"after", "cursor"},      {"end", "until"},
        {"to", "until"},          {"before", "until"},
        {"search", "q"},          {"text", "q"},
        {"kind", "component"},    {"type", "component"},
        {"page", "cursor"},       {"offset", "cursor"},
        {"pagesize", "limit"},    {"per_page", "limit"},
        {"size", "limit"},        {"state", "status"},
        {"sort", "order"},        {"atleast", "at_least"},
        {"total", "count"},
    };
    for (const auto& [other, ours] : pairs) {
        if (name == other) return ours;
    }
    return {};
}

}  // namespace

std::string_view closest(std::string_view name, std::span<const std::string_view> known) {
    const std::string wanted = lower_case(name.substr(0, name_bytes_shown));
    const auto meant = synonym(wanted);
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    for (const auto candidate : known) {
        if (candidate == meant) return candidate;
        const auto d = edit_distance(wanted, candidate);
        if (d < best_distance) {
            best_distance = d;
            best = candidate;
        }
    }
    return best;
}

Outcome<Params> Params::read(std::string_view raw_query, std::span<const std::string_view> known) {
    auto query = net::Query::parse(raw_query);
    if (!query) {
        return Problem(ProblemKind::invalid_parameter, "the query string has a malformed escape or is not UTF-8");
    }
    const auto& items = query->items();
    for (auto item = items.begin(); item != items.end(); ++item) {
        const auto& [name, value] = *item;
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            return unknown_parameter(clip(name, name_bytes_shown), closest(name, known));
        }
        const auto bytes_max = name == "filter" ? items::filter_bytes_max : value_bytes_max;
        if (value.size() > bytes_max) {
            return invalid_parameter(name, "longer than " + std::to_string(bytes_max) + " bytes");
        }
        const auto same = [&name = name](const auto& other) { return other.first == name; };
        if (name != "reason" && std::any_of(items.begin(), item, same)) {
            return invalid_parameter(name, "given more than once");
        }
    }
    return Params(std::move(*query));
}

Outcome<std::uint64_t> Params::number(std::string_view name, std::uint64_t fallback, std::uint64_t smallest,
                                      std::uint64_t largest) const {
    const auto value = text(name);
    if (value.empty()) return fallback;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < smallest || number > largest) {
        return invalid_parameter(name, "a whole number from " + std::to_string(smallest) + " to " +
                                           std::to_string(largest) + " is expected");
    }
    return number;
}

Outcome<UnixNanos> Params::time(std::string_view name, UnixNanos now) const {
    const auto value = text(name);
    if (value.empty()) return UnixNanos{};
    if (value == "now") return now;
    if (const auto absolute = parse_rfc3339(value)) return *absolute;
    // A '+' of an offset that was not escaped arrives as a space: no other RFC 3339 text has one in that place.
    if (const auto space = value.rfind(' '); space != std::string_view::npos) {
        std::string mended(value);
        mended[space] = '+';
        if (const auto absolute = parse_rfc3339(mended)) return *absolute;
    }
    if (const auto relative = parse_duration(value)) {
        const auto nanos = relative->count();
        const auto back = nanos < 0 ? static_cast<std::uint64_t>(-(nanos + 1)) + 1 : 0;
        if (nanos < 0) return UnixNanos{back < now.value() ? now.value() - back : 1};
        const auto room = std::numeric_limits<std::uint64_t>::max() - now.value();
        return now + std::min(static_cast<std::uint64_t>(nanos), room);
    }
    return invalid_parameter(name, "a time is expected", "RFC 3339 (2026-11-20T10:00:00Z) or relative to now (-15m)");
}

Outcome<bool> Params::flag(std::string_view name) const {
    const auto value = text(name);
    if (value.empty() || value == "false" || value == "0") return false;
    if (value == "true" || value == "1") return true;
    return invalid_parameter(name, "true or false is expected");
}

Outcome<std::optional<TraceId>> Params::trace(std::string_view name) const {
    const auto value = text(name);
    if (value.empty()) return std::optional<TraceId>{};
    const auto id = TraceId::from_hex(value);
    if (!id || !id->valid()) return invalid_parameter(name, "32 hex digits, not all zero, are expected");
    return id;
}

Outcome<std::optional<model::Kind>> Params::component(std::string_view name) const {
    const auto value = text(name);
    if (value.empty()) return std::optional<model::Kind>{};
    std::string all;
    for (std::size_t i = 0; i < model::kind_count; ++i) {
        const auto kind = static_cast<model::Kind>(i);
        if (value == model::name(kind)) return std::optional{kind};
        all.append(i == 0 ? "" : ", ").append(model::name(kind));
    }
    return invalid_parameter(name, "one of " + all + " is expected");
}

Outcome<views::Order> Params::order() const {
    const auto value = text("order");
    if (value.empty() || value == "desc") return views::Order::newest_first;
    if (value == "asc") return views::Order::oldest_first;
    return invalid_parameter("order", "asc or desc is expected");
}

Outcome<items::Detail> Params::detail() const {
    const auto value = text("view");
    if (value.empty() || value == "lite") return items::Detail::lite;
    if (value == "full") return items::Detail::full;
    return invalid_parameter("view", "lite or full is expected");
}

Outcome<std::optional<Cursor>> Params::cursor(std::string_view name) const {
    const auto value = text(name);
    if (value.empty()) return std::optional<Cursor>{};
    const auto cursor = Cursor::parse(value);
    if (!cursor) {
        return invalid_parameter(name, "a cursor is expected",
                                 "the ark-receipt of an append, or the watchCursor of a list");
    }
    return cursor;
}

namespace {

Outcome<std::vector<std::string>> reasons(const Params& params) {
    constexpr std::size_t reasons_max = 32;
    std::vector<std::string> out;
    for (auto rest : params.query().all("reason")) {
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (comma > 0) out.emplace_back(rest.substr(0, comma));
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    if (out.size() > reasons_max) return invalid_parameter("reason", "more than " + std::to_string(reasons_max));
    return out;
}

std::optional<bool> success_or_failure(std::string_view status) {
    if (status == "failure") return true;
    if (status == "success") return false;
    return std::nullopt;
}

Status nothing_between(UnixNanos from, UnixNanos until) {
    if (until.value() != 0 && from >= until) return fail(Errc::bad_argument, "from is not before until");
    return ok();
}

}  // namespace

std::optional<views::State> state_named(std::string_view status) {
    if (status == "active") return views::State::running;
    for (const auto state : {views::State::running, views::State::done, views::State::error, views::State::canceled,
                             views::State::waiting, views::State::idle, views::State::interrupted}) {
        if (status == views::name(state)) return state;
    }
    return std::nullopt;
}

Outcome<items::Filter> item_filter(const Params& params, UnixNanos now) {
    items::Filter filter;
    filter.session = params.text("session");
    filter.query = params.text("query");
    filter.agent = params.text("agent");
    filter.team = params.text("team");
    filter.tool = params.text("tool");
    filter.model = params.text("model");
    ARK_TRY(filter.trace, params.trace("trace"));
    ARK_TRY(filter.component, params.component("component"));
    ARK_TRY(filter.reasons, reasons(params));
    ARK_TRY(filter.from, params.time("from", now));
    ARK_TRY(filter.until, params.time("until", now));
    ARK_TRY_STATUS(nothing_between(filter.from, filter.until));
    if (params.has("status")) {
        filter.failed = success_or_failure(params.text("status"));
        if (!filter.failed) return invalid_parameter("status", "success or failure is expected");
    }
    if (params.has("filter")) {
        auto expression = items::Expression::compile(params.text("filter"));
        if (!expression) return invalid_expression("filter", expression.error());
        filter.expression = std::move(*expression);
        filter.expression->narrow(filter);
    }
    return filter;
}

Outcome<views::ListRequest> row_request(const Params& params, const std::string& tenant, UnixNanos now) {
    views::ListRequest request;
    request.tenant = tenant;
    request.session = params.text("session");
    request.query = params.text("query");
    request.agent = params.text("agent");
    request.team = params.text("team");
    request.tool = params.text("tool");
    request.model = params.text("model");
    request.search = params.text("q");
    ARK_TRY(request.trace, params.trace("trace"));
    ARK_TRY(request.component, params.component("component"));
    ARK_TRY(request.from, params.time("from", now));
    ARK_TRY(request.until, params.time("until", now));
    ARK_TRY_STATUS(nothing_between(request.from, request.until));
    ARK_TRY(request.order, params.order());
    ARK_TRY(request.limit, params.number("limit", 100, 1, 1000));
    if (params.has("status")) {
        const auto status = params.text("status");
        request.failed = success_or_failure(status);
        request.state = state_named(status);
        if (!request.failed && !request.state) {
            return invalid_parameter(
                "status", "success, failure, active, waiting, idle, done, error, canceled or interrupted is expected");
        }
    }
    return request;
}

}  // namespace ark::query
