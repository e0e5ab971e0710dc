#include "render.hpp"

#include "filters.hpp"
#include "resources.hpp"
#include "testing/fake_broker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::cli {
namespace {

using testing::HasSubstr;

TEST(Resources, EveryColumnStandsAnyRow) {
    FakeBroker broker([](const FakeBroker::Request&) { return json_answer("{}"); });
    const auto context = broker.context();
    for (const auto& resource : all_resources()) {
        const auto columns = visible(resource.columns, Format::wide);
        for (const char* json :
             {"null", "{}", "[]", R"({"id":5,"errors":"x","agents":{},"start":7,"error":{"type":1}})"}) {
            EXPECT_EQ(cells_of(columns, *JsonValue::parse(json), context).size(), columns.size());
        }
        EXPECT_LT(visible(resource.columns, Format::table).size(), columns.size())
            << resource.plural << ": wide shows more";
    }
}

TEST(Resources, SessionsReadWell) {
    FakeBroker broker([](const FakeBroker::Request&) { return json_answer("{}"); });
    const auto context = broker.context();
    const auto row =
        JsonValue::parse(R"({"id":"s-1","status":"active","name":"Compare","queries":1,"spans":1902,"errors":12,
        "start":"2026-11-20T14:00:00Z","lastActivity":"2026-11-20T14:04:10Z",
        "agents":[{"name":"planner","count":2},{"name":"writer","count":1}],
        "usage":{"total":{"inputTokens":4000,"outputTokens":524,"costUsd":0.0042}}})");
    const auto resources = all_resources();
    const auto columns = visible(resource_named(resources, "sessions").columns, Format::wide);
    std::string text;
    for (const auto& cell : cells_of(columns, *row, context))
        text += cell.text + "|";
    EXPECT_THAT(text, HasSubstr("s-1|active|Compare|1|1,902|12|4.5k|$0.0042|"));
    EXPECT_THAT(text, HasSubstr("|4 m 10 s|"));
    EXPECT_THAT(text, HasSubstr("|planner, writer|"));
}

TEST(Filters, BecomeTheApisParameters) {
    FakeBroker broker(
        [](const FakeBroker::Request&) { return json_answer(R"({"items":[{"id":"s-9"}],"nextCursor":null})"); });
    const auto context = broker.context();
    auto api = ApiClient::create(context);
    Invocation invocation;
    invocation.add("session", "@latest");
    invocation.add("reason", "ToolCall*");
    invocation.add("reason", "LLMCallError");
    invocation.add("errors", "true");
    Target target("/v1/events");
    ASSERT_TRUE(add_filters(target, *api, invocation, FilterUse::list));
    EXPECT_EQ(target.text(), "/v1/events?session=s-9&reason=ToolCall%2A%2CLLMCallError&status=failure");
    EXPECT_EQ(broker.requests().front().target, "/v1/sessions?limit=1");
}

TEST(Filters, MomentsMayBeSaidAsTimeAgo) {
    EXPECT_EQ(moment("15m"), "-15m");
    EXPECT_EQ(moment("-15m"), "-15m");
    EXPECT_EQ(moment("2026-11-20T10:00:00Z"), "2026-11-20T10:00:00Z");
    EXPECT_EQ(moment("now"), "now");
    EXPECT_EQ(moment(""), "");
}

}  // namespace
}  // namespace ark::cli
