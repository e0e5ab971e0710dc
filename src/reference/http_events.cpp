#include "codec/json_writer.hpp"
#include "reference/handlers.hpp"
#include "reference/json_body.hpp"
#include "reference/page_json.hpp"
#include "reference/sse_watch.hpp"

/// Events: what controllers say of the queries that they run.
namespace ark::reference {
namespace {

struct Listing {
    bool watch = false;
    bool from_beginning = false;
    Filter filter;
    std::optional<std::uint64_t> watch_cursor;
    PageSpan span;
};

Outcome<Listing> read_listing(const Params& params) {
    Listing listing;
    Issues issues;
    listing.watch = issues.take(params.flag("watch"));
    listing.from_beginning = issues.take(params.flag("from-beginning"));
    listing.filter.session = issues.take(params.text("session_id")).value_or("");
    listing.watch_cursor = issues.take(checked_cursor(params));
    if (issues.any()) return issues.refusal();
    if (listing.watch) return listing;
    const auto span = page_span(params);
    if (!span) return span.error();
    listing.span = *span;
    return listing;
}

awaitable<void> answer_listing(Call& call, Listing listing) {
    if (listing.watch) {
        const auto start = watch_start(call, listing.from_beginning, listing.watch_cursor);
        co_return co_await serve_watch(call, Kind::events, std::move(listing.filter), start);
    }
    auto read = [&call, &listing] {
        return read_page(call.store(), call.tenant, Kind::events, listing.filter, listing.span);
    };
    co_await call.answer_with(read);
}

/// The object without its ttl_seconds, which comes back as the number it stands for.
std::string with_ttl(const JsonView& event, std::uint64_t ttl_seconds) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object();
    event.for_each_member([&json](std::string_view quoted_name, JsonView value) {
        if (quoted_name == "\"ttl_seconds\"") return;
        json.plain_key(quoted_name.substr(1, quoted_name.size() - 2)).raw(value.text());  // escaped as it was
    });
    json.field("ttl_seconds", ttl_seconds).end_object();
    return text;
}

void check_data(const JsonView& data, Issues& issues) {
    if (!data || !data.is(JsonType::object)) return issues.note(wrong_type("data", "object", data));
    const auto query = text_member(data.find("queryId"), "data.queryId");
    if (!query) return issues.note(query.error());
    if (query->empty()) issues.note(validation("data.queryId: Too small: expected string to have >=1 characters"));
}

/// As it is stored; `event` is valid for the reference's schema.
Outcome<std::string> checked_event(const JsonView& event) {
    if (!event || !event.is(JsonType::object)) return wrong_type("body", "object", event);
    Issues issues;
    const auto [data, ttl_seconds] = event.find_all(std::array<std::string_view, 2>{"data", "ttl_seconds"});
    check_data(data, issues);
    const auto ttl = issues.take(ttl_member(ttl_seconds));
    if (issues.any()) return issues.refusal();
    if (ttl) return with_ttl(event, *ttl);
    return std::string(event.text());
}

/// One event, or an array of them, which the reference does not take: all are good, or none is stored.
Outcome<std::string> read_events(const JsonBody& body) {
    const JsonView view(body.text);
    if (!view || !view.is(JsonType::array)) return checked_event(view);
    std::string events;
    std::optional<Refusal> refusal;
    view.for_each_element([&](JsonView event) {
        if (refusal) return;
        auto checked = checked_event(event);
        if (!checked) {
            refusal = checked.error();
            return;
        }
        events.append(events.empty() ? "[" : ",").append(*checked);
    });
    if (refusal) return std::move(*refusal);
    if (events.empty()) return wrong_type("body", "object", view);
    events.push_back(']');
    return events;
}

}  // namespace

awaitable<void> get_events(Call& call) {
    auto listing = read_listing(call.params);
    if (!listing) co_return co_await call.refuse(listing.error());
    listing->from_beginning = false;  // taken, but without effect over all queries
    co_await answer_listing(call, std::move(*listing));
}

awaitable<void> get_query_events(Call& call) {
    auto listing = read_listing(call.params);
    if (!listing) co_return co_await call.refuse(listing.error());
    listing->filter.session.clear();
    listing->filter.query = call.path(0);
    co_await answer_listing(call, std::move(*listing));
}

awaitable<void> post_events(Call& call) {
    auto body = co_await read_json(call);
    if (!body) co_return co_await call.refuse(body.error());
    auto events = read_events(*body);
    if (!events) co_return co_await call.refuse(events.error());
    const auto appended = co_await call.store().append_events(call.tenant, std::move(*events));
    if (!appended) co_return co_await call.refuse(refusal_of(appended.error()));
    call.acknowledge(*appended);
    co_await call.answer(201, R"({"status":"success"})");
}

awaitable<void> delete_events(Call& call) {
    Erasure all;
    all.kind = Kind::events;
    co_await call.erase(std::move(all), "Event data purged");
}

awaitable<void> delete_query_events(Call& call) {
    Erasure some;
    some.kind = Kind::events;
    some.query = call.path(0);
    auto message = "Query " + call.path(0) + " events deleted";
    co_await call.erase(std::move(some), std::move(message));
}

}  // namespace ark::reference
