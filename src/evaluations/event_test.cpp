#include "evaluations/event_log.hpp"
#include "evaluations/scope.hpp"

#include <gtest/gtest.h>

namespace ark::evaluations {
namespace {

JsonValue json(std::string_view text) {
    auto parsed = JsonValue::parse(text);
    EXPECT_TRUE(parsed) << text;
    return std::move(*parsed);
}

std::vector<JsonValue> list(std::initializer_list<std::string_view> texts) {
    std::vector<JsonValue> out;
    for (const auto text : texts)
        out.push_back(json(text));
    return out;
}

std::vector<std::string> reasons(const Events& events) {
    std::vector<std::string> out;
    for (const auto* event : events)
        out.push_back(event->reason);
    return out;
}

using Texts = std::vector<std::string>;

TEST(Normalise, FindsMetadataInEveryShape) {
    for (const auto* shape : {
             R"({"reason": "ToolCallStart", "message": {"Metadata": {"toolName": "search"}}})",
             R"({"reason": "ToolCallStart", "message": "{\"toolName\": \"search\"}"})",
             R"({"reason": "ToolCallStart", "message": {"toolName": "search"}})",
             R"({"reason": "ToolCallStart", "metadata": {"toolName": "search"}})",
             R"({"reason": "ToolCallStart", "data": {"toolName": "search"}})",
             R"({"reason": "ToolCallStart", "metadata": {"name": "x.17a", "uid": "u", "creationTimestamp": null,
                 "annotations": {"ark.mckinsey.com/event-data": "{\"toolName\": \"search\"}"}}})",
             R"({"id": "1", "time": "2026-03-01T12:00:00Z", "reason": "ToolCallStart", "component": "tool",
                 "tool": "search"})",
         }) {
        const auto event = normalise(json(shape));
        EXPECT_EQ(event.metadata()["toolName"].text(), "search") << shape;
        EXPECT_EQ(event.operation, "ToolCall");
        EXPECT_EQ(event.phase, model::Phase::start);
    }
    EXPECT_TRUE(normalise(json(R"({"reason": "X", "message": "no json"})")).metadata().object().empty());
    EXPECT_TRUE(normalise(json("3")).metadata().object().empty());
}

TEST(Normalise, OneValueOfAnotherTypeDropsNothing) {
    const auto event = normalise(json(R"({"reason": "ToolCallComplete",
        "message": {"Metadata": {"toolName": "search", "duration": [1], "success": "false"}}})"));
    EXPECT_EQ(event.metadata()["toolName"].text(), "search");
    EXPECT_FALSE(event.duration_seconds);
    EXPECT_TRUE(event.failed);
}

TEST(Normalise, ReadsDurations) {
    const auto seconds = [](std::string_view text) { return read_seconds(json(text)); };
    EXPECT_EQ(seconds("2"), 2.0);
    EXPECT_EQ(seconds("0.5"), 0.5);
    EXPECT_EQ(seconds("\"2.5\""), 2.5);
    EXPECT_EQ(seconds("\"350ms\""), 0.35);
    EXPECT_EQ(seconds("\"1m2.5s\""), 62.5);
    EXPECT_EQ(seconds("\"1h0m1s\""), 3601.0);
    EXPECT_EQ(seconds("\"15µs\""), 15e-6);
    EXPECT_FALSE(seconds("\"bogus\""));
    EXPECT_FALSE(seconds("\"\""));
    EXPECT_FALSE(seconds("null"));
    EXPECT_FALSE(seconds("true"));
    EXPECT_EQ(normalise(json(R"({"metadata": {"durationMs": "1500"}})")).duration_seconds, 1.5);
}

TEST(Normalise, FamiliesOfReasonsAreOneForHelpersOnly) {
    for (const auto* reason : {"ResolveStart", "QueryResolveStart", "QueryExecutionStart"}) {
        const auto event = normalise(JsonValue{JsonValue::Object{{"reason", JsonValue{std::string(reason)}}}});
        EXPECT_EQ(event.canonical, "QueryExecutionStart");
        EXPECT_EQ(event.value["reason"].text(), reason);
    }
    EXPECT_EQ(canonical_reason("TeamMember"), "TeamMemberStart");
    EXPECT_EQ(canonical_reason("MadeUp"), "MadeUp");
}

TEST(EventLog, CountsARedeliveredEventOnce) {
    const EventLog log(list({R"({"uid": "a", "reason": "X"})", R"({"uid": "a", "reason": "X"})", R"({"reason": "X"})",
                             R"({"reason": "X"})"}));
    EXPECT_EQ(log.events().size(), 3u);
}

TEST(EventLog, OrdersByTimeAndKeepsUntimedEventsInPlace) {
    const EventLog log(
        list({R"({"reason": "late", "timestamp": "2026-03-01T12:00:05Z"})", R"({"reason": "after late"})",
              R"({"reason": "early", "timestamp": "2026-03-01T12:00:01+00:00"})"}));
    const auto all = log.select([](const Event&) { return true; });
    EXPECT_EQ(reasons(all), (Texts{"late", "after late", "early"}));
    EXPECT_EQ(reasons(in_time_order(all)), (Texts{"early", "late", "after late"}));
}

TEST(EventLog, ConnectsIdsAndNamesOfAQuery) {
    const EventLog log(list({
        R"({"reason": "both", "metadata": {"queryId": "q-id", "queryName": "q", "sessionId": "s"}})",
        R"({"reason": "id", "metadata": {"queryId": "q-id"}})",
        R"({"reason": "name", "involvedObject": {"kind": "Query", "name": "q"}})",
        R"({"reason": "envelope", "queryId": "q-id"})",
        R"({"reason": "other", "queryId": "other"})",
        R"({"reason": "no query", "involvedObject": {"kind": "Agent", "name": "q"}})",
    }));
    const Texts of_q{"both", "id", "name", "envelope"};
    EXPECT_EQ(reasons(log.of_query("q")), of_q);
    EXPECT_EQ(reasons(log.of_query("q-id")), of_q);
    EXPECT_TRUE(log.of_query("q-i").empty());
    EXPECT_EQ(log.session_of_query("q"), "s");
    for (const auto* event : log.of_query("q"))
        EXPECT_EQ(event->session, "s") << event->reason;
}

// Goal: each scope selects what docs/helpers.md says.
TEST(Scope, SelectsByQueryAndSession) {
    OneLog source(list({
        R"({"reason": "a", "queryId": "q1", "sessionId": "s1"})",
        R"({"reason": "b", "queryId": "q2", "sessionId": "s1"})",
        R"({"reason": "c", "queryId": "q3", "sessionId": "s2"})",
        R"({"reason": "d"})",
    }));
    const auto select = [&](Subject subject, Scope scope, std::string_view query_id = {}) {
        ScopedEvents scoped(source, std::move(subject));
        const auto events = scoped.in_log_order(scope, query_id);
        EXPECT_TRUE(events);
        return reasons(**events);
    };
    EXPECT_EQ(select({"q1", "", ""}, Scope::current), Texts{"a"});
    EXPECT_EQ(select({"q1", "s2", ""}, Scope::current), Texts{});
    EXPECT_EQ(select({"", "s1", ""}, Scope::current), (Texts{"a", "b"}));
    EXPECT_EQ(select({"", "", ""}, Scope::current), (Texts{"a", "b", "c", "d"}));
    EXPECT_EQ(select({"q1", "", ""}, Scope::session), (Texts{"a", "b"}));
    EXPECT_EQ(select({"q1", "s2", ""}, Scope::session), Texts{"c"});
    EXPECT_EQ(select({"q1", "s2", ""}, Scope::query), Texts{"a"});
    EXPECT_EQ(select({"q1", "s1", ""}, Scope::current, "q3"), Texts{"c"});
    EXPECT_EQ(select({"q1", "s1", ""}, Scope::session, "q3"), Texts{"c"});
    EXPECT_EQ(select({"q1", "s1", ""}, Scope::all), (Texts{"a", "b", "c", "d"}));
    EXPECT_TRUE(ScopedEvents(source, {}).lacks_query(Scope::query, ""));
    EXPECT_FALSE(ScopedEvents(source, {}).lacks_query(Scope::query, "q1"));
}

}  // namespace
}  // namespace ark::evaluations
