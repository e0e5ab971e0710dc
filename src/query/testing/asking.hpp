#pragma once
#include "codec/json_value.hpp"
#include "query/routes.hpp"
#include "query/testing/fake_journal.hpp"
#include "query/testing/fake_views.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ark::query::testing {

/// A journal, views and a clock, and a way to call the read functions as the router would.
struct Asking {
    FakeJournal journal;
    FakeViews views;
    FakeClock clock;
    runtime::WorkPool work{0};
    ApiConfig config;
    std::string tenant = "default";

    ApiDeps deps() {
        return {views, journal, work, clock, [](const net::RequestHead&) -> Result<std::string> { return "default"; },
                {},    {},      {}};
    }

    /// "/v1/sessions/s-1/timeline?px=10": everything in the journal counts as folded.
    Outcome<Body> get(const std::string& target) {
        views.fold(journal.end());
        net::RequestHead head;
        head.method = "GET";
        head.target = target;
        head.path = target.substr(0, target.find('?'));
        if (head.path.size() < target.size()) head.raw_query = target.substr(head.path.size() + 1);

        net::Router router;
        for (const auto& route : read_routes()) {
            router.add("GET", route.pattern, [](net::Exchange&) -> awaitable<void> { co_return; });
        }
        const auto match = router.match("GET", head.path);
        head.path_values = match.path_values;
        for (const auto& route : read_routes()) {
            net::Router only;
            only.add("GET", route.pattern, [](net::Exchange&) -> awaitable<void> { co_return; });
            const bool literal = route.pattern.find('{') == std::string_view::npos;
            if (only.match("GET", head.path).handler == nullptr || literal != match.path_values.empty()) continue;
            ARK_TRY(const auto params, Params::read(head.raw_query, route.parameters));
            const auto all = deps();
            const Call call{all, config, head, params, tenant, clock.now(), {journal.epoch(), views.folded()}};
            return route.read(call);
        }
        return Problem(ProblemKind::not_found, "no route");
    }

    codec::JsonValue json(const std::string& target) {
        const auto body = get(target);
        EXPECT_TRUE(body) << target << ": " << (body ? "" : body.error().detail);
        if (!body) return {};
        const auto value = codec::JsonValue::parse((*body).text);
        EXPECT_TRUE(value) << (*body).text;
        return value ? *value : codec::JsonValue{};
    }
    ProblemKind problem(const std::string& target) {
        const auto body = get(target);
        EXPECT_FALSE(body) << target;
        return body ? ProblemKind::internal : body.error().kind;
    }
};

inline TraceId trace_id(std::uint64_t number) {
    TraceId id;
    for (int i = 0; i < 8; ++i)
        id.bytes[static_cast<std::size_t>(15 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
    id.bytes[0] = 0x11;
    return id;
}

inline SpanId span_id(std::uint64_t number) {
    SpanId id;
    for (int i = 0; i < 8; ++i)
        id.bytes[static_cast<std::size_t>(7 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

/// A span entry as views would hold it, `start` and `duration` in milliseconds after the epoch of these tests.
inline views::SpanEntry entry(std::uint64_t number, std::uint64_t parent, std::uint64_t start_ms,
                              std::uint64_t duration_ms, model::Kind kind, std::string name) {
    views::SpanEntry span;
    span.trace_id = trace_id(1);
    span.span_id = span_id(number);
    if (parent != 0) span.parent_span_id = span_id(parent);
    span.start = UnixNanos{1'700'000'000'000'000'000 + start_ms * 1'000'000};
    span.end = span.start + duration_ms * 1'000'000;
    span.kind = kind;
    span.name = std::move(name);
    return span;
}

}  // namespace ark::query::testing
