#include "items/expression.hpp"

#include "items/filter.hpp"
#include "items/test_batches.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ark::items {
namespace {

std::shared_ptr<const Expression> compiled(std::string_view text) {
    const auto expression = Expression::compile(text);
    if (!expression) {
        const auto issues = expression.error();
        ADD_FAILURE() << text << ": " << expr::to_text(issues.list.front());
        return nullptr;
    }
    return *expression;
}

model::Batch tool_span() {
    auto one = span("lookup", {{"gen_ai.operation.name", "execute_tool"},
                               {"gen_ai.tool.name", "tides"},
                               {"gen_ai.agent.name", "researcher"},
                               {"ark.query.id", "q-id"},
                               {"session.id", "s"},
                               {"depth", std::int64_t{3}},
                               {"gen_ai.usage.input_tokens", std::int64_t{120}}});
    one.status_code = 2;
    return traces({{"service.name", "shop"}}, {one});
}

/// Which events of the span match: "s" its start, "e" its end; and "S" when the span does.
std::string matched(std::string_view text) {
    Filter filter;
    filter.expression = compiled(text);
    if (!filter.expression) return "?";
    filter.expression->narrow(filter);
    std::string out;
    each_item(tool_span(), [&](const Item& item) {
        for_each_event(item, true, [&](const Event& event) {
            if (matches_event(filter, event, {})) out += ".se"[static_cast<std::size_t>(event.part)];
        });
        if (matches_other(filter, item, {})) out += 'S';
    });
    return out;
}

TEST(Expression, SeesWhatTheJsonShows) {
    EXPECT_EQ(matched("true"), "seS");
    EXPECT_EQ(matched(R"(reason == "ToolCallError" && agent.startsWith("res"))"), "e");
    EXPECT_EQ(matched("reason in ['ToolCallStart', 'LLMCallStart']"), "s");
    EXPECT_EQ(matched("type == 'span' && name == 'lookup'"), "S");
    EXPECT_EQ(matched("failed && component == 'tool' && tool == 'tides'"), "eS");
    EXPECT_EQ(matched("session == 's' && query == 'q-id'"), "seS");
    EXPECT_EQ(matched("attributes['depth'] > 2 && resource['service.name'] == 'shop'"), "seS");
    EXPECT_EQ(matched("attributes.depth == 3 && tokens.total >= 120 && time < timestamp('1970-01-01T00:00:01Z')"),
              "seS");
    EXPECT_EQ(matched("phase == 'start'"), "s");
    EXPECT_EQ(matched("error.type == '' && durationMs < 1.0"), "seS");
    EXPECT_EQ(matched("trace == '00000000000000000000000000000001'"), "seS");
}

// An error is no match, and the next item is judged afresh.
TEST(Expression, ErrorsDoNotMatchAndAreCounted) {
    const auto before = condition_counts().failed.load();
    EXPECT_EQ(matched("attributes['nope'] == 1"), "");
    EXPECT_EQ(condition_counts().failed.load(), before + 3);
    EXPECT_EQ(matched("attributes['nope'] == 1 || true"), "seS");
    const auto exhausted = condition_counts().exhausted.load();
    EXPECT_EQ(matched("lists.range(1000).all(a, lists.range(1000).all(b, name != ''))"), "");
    EXPECT_EQ(condition_counts().exhausted.load(), exhausted + 3);
}

TEST(Expression, MistakesAreTold) {
    const auto expression = Expression::compile("raeson == 'x'");
    ASSERT_FALSE(expression);
    const auto issues = expression.error();
    std::string json;
    codec::JsonWriter writer(json);
    writer.begin_object();
    write_issue_members(writer, issues.list.front());
    writer.end_object();
    EXPECT_EQ(json, R"({"code":"undeclared_reference","offset":0,"line":1,"column":1,)"
                    R"("suggestion":"reason"})");
    const auto number = Expression::compile("1 + 1");
    ASSERT_FALSE(number);
    EXPECT_EQ(expr::name(number.error().list.front().code), "not_boolean");
}

TEST(Expression, PartsThatAnIndexServesBecomePlain) {
    Filter filter;
    compiled(
        "session == 's' && reason in ['A', 'B'] && 'bo' == agent && failed == true && component == 'tool' && "
        "time >= timestamp('2026-11-20T10:00:00Z') && time < timestamp('2026-11-20T11:00:00Z') && durationMs > 5.0")
        ->narrow(filter);
    EXPECT_EQ(filter.session, "s");
    EXPECT_EQ(filter.reasons, (std::vector<std::string>{"A", "B"}));
    EXPECT_EQ(filter.agent, "bo");
    EXPECT_EQ(filter.failed, std::optional(true));
    EXPECT_EQ(filter.component, std::optional(model::Kind::tool));
    EXPECT_EQ(filter.from, *parse_rfc3339("2026-11-20T10:00:00Z"));
    EXPECT_EQ(filter.until, *parse_rfc3339("2026-11-20T11:00:00Z") + 1);

    Filter given;
    given.session = "mine";
    compiled("session == 's'")->narrow(given);
    EXPECT_EQ(given.session, "mine");

    Filter open;
    compiled("session == 's' || failed")->narrow(open);
    EXPECT_TRUE(open.empty());
}

TEST(Expression, IsPartOfTheFiltersKey) {
    Filter a;
    Filter b;
    a.expression = compiled("failed");
    b.expression = compiled("failed");
    EXPECT_EQ(a.key(), b.key());
    EXPECT_FALSE(a.empty());
    b.expression = compiled("!failed");
    EXPECT_NE(a.key(), b.key());
}

}  // namespace
}  // namespace ark::items
