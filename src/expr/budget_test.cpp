// Goal: hostile expressions end at a limit, with a message that names it, and no operator absorbs that end.
#include "expr/testing/evaluate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::expr {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string repeated(std::string_view part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += part;
    return text;
}

std::string first_issue(std::string_view text) {
    const auto program = compile(text, Environment());
    if (program) return "compiled";
    return to_text(program.error().list.front());
}

struct Ended {
    std::string code;
    std::string message;
};

Ended evaluate_within(const Limits& limits, std::string_view text, const Clock* clock = nullptr) {
    const auto program = compile(text, Environment());
    if (!program) return {"issue", first_issue(text)};
    Evaluation evaluation(limits, clock);
    const auto value = (*program)->evaluate(Bindings(), evaluation);
    EXPECT_LE(evaluation.memory_bytes(), limits.memory_bytes);
    if (!value.is_error()) return {"value", to_text(value, evaluation, 100)};
    return {std::string(name(value.failure().code)), std::string(value.failure().message)};
}

TEST(Budget, LimitsTheText) {
    EXPECT_THAT(first_issue(std::string(40'000, ' ')), HasSubstr("longer than 32768 bytes"));
    EXPECT_THAT(first_issue(repeated("(", 300) + "1" + repeated(")", 300)), HasSubstr("nests deeper than 200"));
    EXPECT_THAT(first_issue(repeated("!", 300) + "true"), HasSubstr("nests deeper than 200"));
    EXPECT_THAT(first_issue("1" + repeated("+1", 300)), HasSubstr("nests deeper than 200"));
    EXPECT_THAT(first_issue("[" + repeated("[1].map(x, ", 300) + "1"), HasSubstr("nests deeper than 200"));
    EXPECT_THAT(first_issue("'a'.matches('" + repeated("a", 5000) + "')"), HasSubstr("more than 4096 bytes"));
    EXPECT_THAT(first_issue("'a'.matches('" + repeated("(", 50) + "a" + repeated("{1,1000})", 50) + "')"),
                HasSubstr("not a regular expression"));
    Options options;
    options.limits.nodes = 100;
    const auto program = compile(repeated("1, ", 0) + "[" + repeated("1,", 200) + "]", Environment(options));
    ASSERT_FALSE(program);
    EXPECT_EQ(name(program.error().list.front().code), "too_complex");
}

// A chain of || is one node, however long.
TEST(Budget, LongChainsAreFlat) {
    EXPECT_EQ(first_issue("false" + repeated(" || false", 2000)), "compiled");
}

TEST(Budget, LimitsTheSteps) {
    const auto thousand = "lists.range(1000)";
    const auto nested =
        std::string(thousand) + ".exists(a, " + thousand + ".exists(b, " + thousand + ".exists(c, false)))";
    const auto ended = evaluate_within({}, nested);
    EXPECT_EQ(ended.code, "budget_exceeded");
    EXPECT_THAT(ended.message, HasSubstr("1000000 steps"));
    EXPECT_EQ(evaluate_within({}, nested + " || true").code, "budget_exceeded");
    EXPECT_EQ(evaluate_within({}, "true || " + nested).code, "value");
}

TEST(Budget, LimitsTheMemory) {
    // Doubles a text, and a list, sixty times.
    std::string text = "'aaaaaaaa'";
    std::string list = "[1, 2, 3, 4]";
    for (int i = 0; i < 60; ++i) {
        text = "cel.bind(x" + std::to_string(i) + ", " + text + ", x" + std::to_string(i) + " + x" + std::to_string(i) +
               ")";
        list = "cel.bind(x" + std::to_string(i) + ", " + list + ", x" + std::to_string(i) + " + x" + std::to_string(i) +
               ")";
    }
    EXPECT_THAT(evaluate_within({}, text).message, HasSubstr("a text of more than 1048576 bytes"));
    EXPECT_THAT(evaluate_within({}, list).message, HasSubstr("more than 100000 elements"));
    EXPECT_THAT(evaluate_within({.memory_bytes = 100'000}, "lists.range(5000).map(x, [x, x])").message,
                HasSubstr("more than 100000 bytes of memory"));
    EXPECT_EQ(evaluate_within({}, "'%.101f'.format([1.0])").code, "invalid_argument");
    EXPECT_EQ(evaluate_within({}, "lists.range(2147483647)").code, "budget_exceeded");
}

TEST(Budget, LimitsTheTime) {
    // A clock that a second passes on, each time it is looked at.
    class Racing final : public Clock {
    public:
        UnixNanos now() const override { return UnixNanos{1}; }
        std::uint64_t monotonic_nanos() const override { return ++looks_ * 1'000'000'000; }

    private:
        mutable std::uint64_t looks_ = 0;
    };
    const Racing clock;
    const auto ended = evaluate_within({}, "lists.range(100000).all(x, x >= 0)", &clock);
    EXPECT_EQ(ended.code, "budget_exceeded");
    EXPECT_THAT(ended.message, StartsWith("the evaluation needs longer than 1s"));
}

TEST(Budget, AnEvaluationIsUsableAfterOneThatEnded) {
    const auto program = compile("lists.range(5000).all(x, x >= 0)", Environment());
    const auto small = compile("1 + 1", Environment());
    ASSERT_TRUE(program && small);
    Evaluation evaluation({.steps = 1000});
    EXPECT_TRUE((*program)->evaluate(Bindings(), evaluation).is_error());
    EXPECT_EQ((*small)->evaluate(Bindings(), evaluation).as_integer(), 2);
}

// Goal: a text that is wrong everywhere is refused at the price of a few mistakes, in an answer of a bounded size.
TEST(Budget, MistakesAreCounted) {
    std::string names = "true", calls = "true", literals = "[1";
    for (int i = 0; i < 900; ++i) {
        names += " || nam" + std::to_string(i) + " == 1";
        calls += " || f" + std::to_string(i) + "(1)";
        literals += ", ''.matches('(')";
    }
    const auto long_name = "a." + repeated("b", 30'000) + "()";
    const auto long_number = repeated("9", 30'000);
    for (const auto& text : {names, calls, literals + "]", long_name, long_number}) {
        const auto program = compile(text, Environment());
        ASSERT_FALSE(program);
        EXPECT_LE(program.error().list.size(), issues_max);
        for (const auto& issue : program.error().list)
            EXPECT_LE(issue.message.size(), message_bytes_max + 3);
    }
    const auto program = compile("int('" + long_number + "')", Environment());
    ASSERT_TRUE(program);
    Evaluation evaluation;
    EXPECT_LE((*program)->issue((*program)->evaluate(Bindings(), evaluation)).message.size(), message_bytes_max + 3);
}

TEST(Budget, PatternsAreLinear) {
    const auto text = "'" + repeated("a", 20'000) + "'";
    EXPECT_EQ(evaluate_within({}, text + ".matches('^(a+)+$')").code, "value");
    EXPECT_EQ(evaluate_within({}, text + ".matches('(a*)*b')").code, "value");
}

}  // namespace
}  // namespace ark::expr
