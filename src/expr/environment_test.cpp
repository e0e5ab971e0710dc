// What an embedding declares: variables, helpers with named arguments, host objects; and what a person is told about
// mistakes.
#include "expr/testing/evaluate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::expr {
namespace {

using ::testing::ElementsAre;

Value was_called(const Call& call) {
    const auto& name = call.arguments[0];
    if (!call.arguments[1].is(Kind::string)) return Value::boolean(false);
    if (call.arguments[1].as_text() == "bad") return call.evaluation.fail(Code::unknown_scope, "unknown scope bad");
    return Value::boolean(name.is(Kind::null) || name.as_text() == *static_cast<const std::string*>(call.context));
}

const std::string called = "search";

Environment environment() {
    Options options;
    options.words = options.length = true;
    Environment made(options);
    made.add_variable("reason", Type::string());
    made.add_variable("events", Type::dyn());
    made.add_variable("tokens", Type::nullable(Type::integer()));
    made.add_helper("tool.was_called", Helper{{{"name", Type::nullable(Type::string()), Value::null()},
                                               {"scope", Type::string(), Value::string("current")}},
                                              Type::boolean(),
                                              &was_called,
                                              &called});
    made.add_helper("tool.parameter", Helper{{{"name", Type::string()}}, Type::dyn(), &was_called, &called});
    made.add_namespace_alias("tools", "tool");
    return made;
}

struct Event final : HostMap {
    std::size_t size() const override { return 1; }
    std::optional<Value> find(const Value& key, Evaluation&) const override {
        ++lookups;
        if (key.is(Kind::string) && key.as_text() == "tool") return Value::string("search");
        return std::nullopt;
    }
    Value keys(Evaluation& evaluation) const override {
        ListBuilder list(evaluation);
        list.push(Value::string("tool"));
        return list.finish();
    }
    mutable int lookups = 0;
};

struct Events final : HostList {
    std::size_t size() const override { return 2; }
    Value at(std::size_t, Evaluation&) const override { return Value::map(event); }
    Event event;
};

std::string run(std::string_view text) {
    const auto made = environment();
    const auto program = compile(text, made);
    if (!program) {
        const auto issues = program.error();
        return "issue " + std::string(name(issues.list[0].code)) + " " + issues.list[0].suggestion;
    }
    const Events events;
    Bindings bindings;
    bindings.set(0, Value::string("ToolCallError"));
    bindings.set(1, Value::list(events));
    bindings.set(2, Value::null());
    Evaluation evaluation;
    const auto value = (*program)->evaluate(bindings, evaluation);
    if (value.is_error()) return "error " + to_text((*program)->issue(value));
    return to_text(value, evaluation);
}

TEST(Environment, HelpersTakeArgumentsByPlaceAndByName) {
    EXPECT_EQ(run("tool.was_called()"), "true");
    EXPECT_EQ(run("tools.was_called('search') and not tools.was_called('missing')"), "true");
    EXPECT_EQ(run("tool.was_called(name='search', scope='all')"), "true");
    EXPECT_EQ(run("tool.was_called('search', scope=\"all\")"), "true");
    EXPECT_EQ(run("tool.was_called('search', scope='bad')"), "error line 1, column 6: unknown scope bad");
    EXPECT_EQ(run("tool.was_called(events[0].tool)"), "true");
    EXPECT_EQ(run("tool.was_called(events.length)"), "error line 1, column 6: was_called does not take (int, string)");
}

TEST(Environment, MistakesAreFoundBeforeEvaluation) {
    EXPECT_EQ(run("tool.was_caled()"), "issue unknown_function tool.was_called");
    EXPECT_EQ(run("tools.was_caled()"), "issue unknown_function tools.was_called");
    EXPECT_EQ(run("tool.was_called(nmae='x')"), "issue unknown_argument name");
    EXPECT_EQ(run("tool.was_called('a', 'b', 'c')"), "issue unknown_argument ");
    EXPECT_EQ(run("tool.parameter()"), "issue missing_argument ");
    EXPECT_EQ(run("tool.was_called(3)"), "issue no_such_overload ");
    EXPECT_EQ(run("false && nonsense"), "issue undeclared_reference ");
    EXPECT_EQ(run("raeson == 'x'"), "issue undeclared_reference reason");
    EXPECT_EQ(run("TOOL.was_called()"), "issue undeclared_reference tool");
    EXPECT_EQ(run("__import__('os')"), "issue unknown_function ");
    EXPECT_EQ(run("reason.startWith('x')"), "issue unknown_function startsWith");
    EXPECT_EQ(run("reason + 1"), "issue no_such_overload ");
    EXPECT_EQ(run("tool"), "issue undeclared_reference ");
}

TEST(Environment, EveryMistakeIsReportedInOrder) {
    const auto program = compile("nope == 1 ||\n  reason.foo() || tool.was_called(x=1)", environment());
    ASSERT_FALSE(program);
    const auto issues = program.error();
    std::vector<std::string> texts;
    for (const auto& issue : issues.list)
        texts.push_back(to_text(issue));
    EXPECT_THAT(texts, ElementsAre("line 1, column 1: unknown name nope", "line 2, column 10: unknown function foo",
                                   "line 2, column 35: tool.was_called has no argument x"));
}

TEST(Environment, WhatIsNeverTrueIsWarnedOf) {
    const auto program = compile("reason == 3 and true && true", environment());
    ASSERT_TRUE(program);
    EXPECT_EQ((*program)->warnings().size(), 2u);
    EXPECT_EQ(run("events.size() == '10'"), "false");
}

TEST(Environment, TypesAreDeduced) {
    const auto type_of = [](std::string_view text) {
        const auto program = compile(text, environment());
        return program ? to_text((*program)->type()) : "none";
    };
    EXPECT_EQ(type_of("reason.startsWith('x') ? 1 : 2"), "int");
    EXPECT_EQ(type_of("[optional.of(1), null][0]"), "optional(int)");
    EXPECT_EQ(type_of("[timestamp('2026-01-01T00:00:00Z'), null]"), "list(timestamp)");
    EXPECT_EQ(type_of("[1, null]"), "list(dyn)");
}

TEST(Environment, HostObjectsAreAskedOnlyForWhatIsNamed) {
    EXPECT_EQ(run("events.exists(e, e.tool == 'search') && events.filter(e, has(e.nope)).size() == 0"), "true");
    EXPECT_EQ(run("events[0].nope"), "error line 1, column 11: no such key: nope");
    EXPECT_EQ(run("events[0].map(k, k)"), "[\"tool\"]");
    EXPECT_EQ(run("events[0] == {'tool': 'search'}"), "true");
    EXPECT_EQ(run("events.length"), "2");
    EXPECT_EQ(run("tokens == null"), "true");
    EXPECT_EQ(run("tokens > 3"), "error line 1, column 8: > does not take (null_type, int)");
}

TEST(Environment, ConditionsNameWhatAnIndexCanServe) {
    const auto program =
        compile("reason in ['a', 'b'] && tokens >= 5 && (reason == 'a' || reason == 'c') && 7 > tokens", environment());
    ASSERT_TRUE(program);
    const auto& conditions = (*program)->conditions();
    ASSERT_EQ(conditions.size(), 4u);
    EXPECT_EQ(conditions[0].slot, 0u);
    ASSERT_EQ(conditions[0].constants.size(), 2u);
    EXPECT_EQ(conditions[0].constants[1].as_text(), "b");
    EXPECT_EQ(conditions[1].comparison, Condition::Comparison::greater_equal);
    EXPECT_EQ(conditions[2].constants[1].as_text(), "c");
    EXPECT_EQ(conditions[3].comparison, Condition::Comparison::less);
    const auto open = compile("reason == 'a' || tokens == 1", environment());
    ASSERT_TRUE(open);
    EXPECT_TRUE((*open)->conditions().empty());
}

}  // namespace
}  // namespace ark::expr
