#include "query/params.hpp"

#include "query/testing/asking.hpp"

#include <gtest/gtest.h>

namespace ark::query {
namespace {

constexpr std::string_view known[] = {"limit",  "cursor",    "session",  "query", "trace", "agent",
                                      "reason", "component", "status",   "from",  "until", "q",
                                      "order",  "view",      "at_least", "count", "filter"};
constexpr UnixNanos now{1'700'000'000'000'000'000};

Params params(std::string_view query) {
    auto read = Params::read(query, known);
    EXPECT_TRUE(read) << query;
    return std::move(*read);
}

std::string hint_for(std::string_view query) {
    const auto read = Params::read(query, known);
    EXPECT_FALSE(read) << query;
    return read ? "" : read.error().hint;
}

TEST(Params, RefusesUnknownNamesWithTheClosestKnownOne) {
    EXPECT_EQ(hint_for("sesion=1"), "did you mean \"session\"?");
    EXPECT_EQ(hint_for("Limit=1"), "did you mean \"limit\"?");
    EXPECT_EQ(hint_for("sessionId=1"), "did you mean \"session\"?");
    EXPECT_EQ(hint_for("since=1"), "did you mean \"from\"?");
    EXPECT_EQ(hint_for("at-least=1"), "did you mean \"at_least\"?");
    EXPECT_EQ(hint_for("xyzzy=1"), "");
}

// Found by fuzzing: a long name was cut inside a character, and the problem was not UTF-8 any more.
TEST(Params, NamesOfUnknownOnesStayUtf8) {
    const auto read = Params::read(std::string(63, 'x') + "\xd0\x9a=1", known);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().errors[0].parameter, std::string(63, 'x'));
}

TEST(Params, ExpressionsAreCompiledWithTheirMistakesTold) {
    const auto filter = item_filter(params("filter=session%20%3D%3D%20%27s%27%20%26%26%20failed"), now);
    ASSERT_TRUE(filter);
    EXPECT_EQ((*filter).session, "s");  // an index serves it
    EXPECT_TRUE((*filter).expression);
    const auto wrong = item_filter(params("filter=faild%20%26%26%20raeson%20%3D%3D%20%27x%27"), now);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ProblemKind::invalid_expression);
    ASSERT_EQ(wrong.error().errors.size(), 2u);
    const auto problem = write_problem(wrong.error(), "/v1/events", "r");
    EXPECT_NE(problem.find(R"("code":"undeclared_reference","offset":9,"line":1,"column":10,"suggestion":"reason")"),
              std::string::npos)
        << problem;
}

TEST(Params, RefusesRepeatedAndOverlongAndMalformedOnes) {
    EXPECT_FALSE(Params::read("limit=1&limit=2", known));
    EXPECT_TRUE(Params::read("reason=a&reason=b", known));
    EXPECT_FALSE(Params::read("q=" + std::string(Params::value_bytes_max + 1, 'x'), known));
    EXPECT_FALSE(Params::read("q=%zz", known));
    EXPECT_FALSE(Params::read("q=%ff", known));
}

TEST(Params, NumbersAreWholeAndWithinBounds) {
    EXPECT_EQ(*params("limit=7").number("limit", 100, 1, 1000), 7u);
    EXPECT_EQ(*params("").number("limit", 100, 1, 1000), 100u);
    EXPECT_EQ(*params("limit=").number("limit", 100, 1, 1000), 100u);
    for (const auto* bad :
         {"limit=0", "limit=1001", "limit=-1", "limit=1.5", "limit=1x", "limit=99999999999999999999"}) {
        EXPECT_FALSE(params(bad).number("limit", 100, 1, 1000)) << bad;
    }
}

TEST(Params, TimesAreAbsoluteOrRelative) {
    EXPECT_EQ(*params("from=2023-11-14T22:13:20Z").time("from", now), now);
    EXPECT_EQ(*params("from=2023-11-14T23:13:20%2B01:00").time("from", now), now);
    EXPECT_EQ(*params("from=2023-11-14T23:13:20+01:00").time("from", now), now);  // '+' unescaped arrives as a space
    EXPECT_EQ(*params("from=-15m").time("from", now), UnixNanos{now.value() - 900'000'000'000});
    EXPECT_EQ(*params("from=now").time("from", now), now);
    EXPECT_EQ(params("from=").time("from", now)->value(), 0u);
    EXPECT_FALSE(params("from=yesterday").time("from", now));
    EXPECT_GT(params("from=-40000d").time("from", UnixNanos{5})->value(), 0u);  // before the epoch: all there is
}

TEST(Params, FilterTakesEveryPlainParameter) {
    const auto filter = item_filter(params("session=s&query=q&agent=a&trace=" + std::string(32, 'a') +
                                           "&reason=A,B&reason=C*&component=llm&status=failure&from=-1h&until=now"),
                                    now);
    ASSERT_TRUE(filter);
    EXPECT_EQ((*filter).session, "s");
    EXPECT_EQ((*filter).reasons, (std::vector<std::string>{"A", "B", "C*"}));
    EXPECT_EQ((*filter).component, model::Kind::llm);
    EXPECT_EQ((*filter).failed, true);
    EXPECT_FALSE((*filter).empty());
    EXPECT_FALSE(item_filter(params("status=done"), now));
    EXPECT_FALSE(item_filter(params("trace=12"), now));
    EXPECT_FALSE(item_filter(params("trace=" + std::string(32, '0')), now));
    EXPECT_FALSE(item_filter(params("component=wheel"), now));
    EXPECT_FALSE(item_filter(params("from=now&until=-1h"), now));
}

TEST(Params, RowsTakeStatesAndOrder) {
    const auto request = row_request(params("status=active&order=asc&limit=5&q=Hi"), "t", now);
    ASSERT_TRUE(request);
    EXPECT_EQ((*request).state, views::State::running);
    EXPECT_EQ((*request).order, views::Order::oldest_first);
    EXPECT_EQ((*request).limit, 5u);
    EXPECT_EQ((*request).tenant, "t");
    EXPECT_EQ((*row_request(params("status=success"), "t", now)).failed, false);
    EXPECT_FALSE(row_request(params("status=lost"), "t", now));
    EXPECT_FALSE(row_request(params("order=up"), "t", now));
}

}  // namespace
}  // namespace ark::query
