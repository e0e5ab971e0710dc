// What expressions mean: one line a rule. The public conformance suite has many more (apps/cel-conformance).
#include "expr/testing/evaluate.hpp"

#include <gtest/gtest.h>

namespace ark::expr {
namespace {

using testing::evaluate;

struct Line {
    const char* expression;
    const char* value;
};

std::string unchecked(std::string_view text) {
    Options options;
    options.check = false;
    return evaluate(text, options);
}

TEST(Language, Literals) {
    const Line lines[] = {
        {"0x1F", "31"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775808", "issue parse_error at 0"},
        {"18446744073709551615u", "18446744073709551615u"},
        {".5 + 1.5e0", "2.0"},
        {R"('a\n\x41\u00e9\U0001F600\101')", "\"a\\nAé😀A\""},
        {R"(r'\n')", R"("\\n")"},
        {R"(b'\xff\u00e9')", "issue parse_error at 0"},
        {R"(b'\xff')", R"(b"\xff")"},
        {"'''a'b'''", "\"a'b\""},
        {"'open", "issue parse_error at 0"},
        {"[1, 'a', null][2]", "null"},
        {"{'a': 1, 2u: true}[2u]", "true"},
        {"1 // a comment\n + 1", "2"},
    };
    for (const auto& line : lines)
        EXPECT_EQ(evaluate(line.expression), line.value) << line.expression;
}

TEST(Language, Operators) {
    const Line lines[] = {
        {"1 + 2 * 3 - 4 / 2 % 2", "7"},
        {"-7 / 2", "-3"},
        {"-7 % 2", "-1"},
        {"1 / 0", "error divide_by_zero at 2"},
        {"9223372036854775807 + 1", "error overflow at 20"},
        {"-(-9223372036854775808)", "error overflow at 0"},
        {"0u - 1u", "error overflow at 3"},
        {"1.0 / 0.0", "Infinity"},
        {"'a' + 'b' == 'ab'", "true"},
        {"1 == 1.0 && 1u == 1 && 1 < 1.5 && 2u > 1", "true"},
        {"dyn(1) == 'a'", "false"},
        {"double('NaN') == double('NaN')", "false"},
        {"'b' in ['a', 'b'] && !('c' in {'a': 1})", "true"},
        {"1 < 'a'", "issue no_such_overload at 2"},
        {"[1, 2][2]", "error index_out_of_range at 6"},
        {"{'a': 1}.b", "error no_such_key at 9"},
        {"{'a': 1, 'a': 2}", "error repeated_key at 0"},
        {"true ? 1 : 2", "1"},
    };
    for (const auto& line : lines)
        EXPECT_EQ(evaluate(line.expression), line.value) << line.expression;
}

// An error counts only where the other sides leave the result open.
TEST(Language, LogicAbsorbsErrors) {
    const Line lines[] = {
        {"1 / 0 > 0 || true", "true"},
        {"true || 1 / 0 > 0", "true"},
        {"1 / 0 > 0 && false", "false"},
        {"1 / 0 > 0 || false", "error divide_by_zero at 2"},
        {"false || [][0] || 1 / 0 > 0", "error index_out_of_range at 11"},
        {"[0, 1].exists(x, 1 / x > 0)", "true"},
        {"[0, 1].all(x, 1 / x > 5)", "false"},
        {"[0, 1].exists_one(x, 1 / x > 0)", "error divide_by_zero at 23"},
        {"[0, 1].filter(x, 1 / x > 0)", "error divide_by_zero at 19"},
        {"true ? 1 : 1 / 0", "1"},
        {"has({'a': 1}.a) && !has({'a': 1}.b)", "true"},
    };
    for (const auto& line : lines)
        EXPECT_EQ(evaluate(line.expression), line.value) << line.expression;
    EXPECT_EQ(unchecked("nothing || true"), "true");
    EXPECT_EQ(unchecked("nothing"), "error undeclared_reference at 0");
    EXPECT_EQ(unchecked("nothing(1)"), "error unknown_function at 0");
}

TEST(Language, Macros) {
    const Line lines[] = {
        {"[1, 2, 3].map(x, x * 2)", "[2, 4, 6]"},
        {"[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"},
        {"{'b': 1, 'a': 2}.filter(k, k == 'a')", "[\"a\"]"},
        {"[[1, 2], [3]].map(x, x.map(y, y + x.size()))", "[[3, 4], [4]]"},
        {"['a', 'b'].all(i, v, i < 2 && v != 'c')", "true"},
        {"['a', 'b'].transformList(i, v, v + string(i))", "[\"a0\", \"b1\"]"},
        {"{'a': 1}.transformMap(k, v, v + 1)", "{\"a\": 2}"},
        {"{'a': 1}.transformMapEntry(k, v, {v: k})", "{1: \"a\"}"},
        {"cel.bind(x, 2, x * x)", "4"},
        {"cel.bind(x, 1 / 0, true || x > 0)", "true"},
        {"[1].map(x, x, 1, 2)", "issue unknown_function at 4"},
        {"[1].map(1, x)", "issue parse_error at 8"},
        {"has(1)", "issue parse_error at 0"},
    };
    for (const auto& line : lines)
        EXPECT_EQ(evaluate(line.expression), line.value) << line.expression;
}

TEST(Language, Optionals) {
    const Line lines[] = {
        {"{'a': {'b': 1}}.?a.b.orValue(0)", "1"},
        {"{'a': 1}[?'b'].hasValue()", "false"},
        {"[1, ?optional.none(), 2]", "[1, 2]"},
        {"{?'a': optional.of(1), ?'b': optional.none()}", "{\"a\": 1}"},
        {"optional.of(2).optMap(x, x + 1).value()", "3"},
        {"optional.none().value()", "error invalid_argument at 16"},
        {"optional.ofNonZeroValue('').or(optional.of('x')).value()", "\"x\""},
    };
    for (const auto& line : lines)
        EXPECT_EQ(evaluate(line.expression), line.value) << line.expression;
}

TEST(Language, WordsAreAnOption) {
    Options options;
    options.words = true;
    options.length = true;
    const Line lines[] = {
        {"not false and True or False", "true"},
        {"not 1 == 2", "true"},
        {"!true == false", "true"},
        {"3 not in [1, 2]", "true"},
        {"1 if True else 2", "1"},
        {"None == null", "true"},
        {"[1, 2].length + 'é'.length", "3"},
        {"{'length': 7}.length", "7"},
        {"{'a': 1, 'not': 2}.not", "2"},
        {"1 == not true", "issue parse_error at 5"},
    };
    for (const auto& line : lines)
        EXPECT_EQ(evaluate(line.expression, options), line.value) << line.expression;
    EXPECT_EQ(evaluate("true and false"), "issue parse_error at 5");
}

TEST(Language, TimesAndZones) {
    const Line lines[] = {
        {"timestamp('2026-11-20T10:00:00.5+01:00')", "timestamp(\"2026-11-20T09:00:00.5Z\")"},
        {"timestamp('2026-07-01T00:30:00Z').getHours('Europe/Berlin')", "2"},
        {"timestamp('2026-01-01T00:30:00Z').getFullYear('-01:00')", "2025"},
        {"timestamp('2026-01-01T00:00:00Z').getDayOfWeek('Nowhere/City')", "error invalid_argument at 34"},
        {"duration('1h30m') + duration('-90m') == duration('0s')", "true"},
        {"timestamp('2026-01-01T00:00:00Z') - timestamp('2025-12-31T23:59:59Z')", "duration(\"1s\")"},
        {"timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error overflow at 34"},
        {"string(duration('1.5s'))", "\"1.5s\""},
        {"timestamp('2026-02-29T00:00:00Z')", "error invalid_argument at 0"},
    };
    for (const auto& line : lines)
        EXPECT_EQ(evaluate(line.expression), line.value) << line.expression;
}

}  // namespace
}  // namespace ark::expr
