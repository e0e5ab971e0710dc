#include "evaluations/catalogue.hpp"
#include "evaluations/evaluate.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

// Goal: docs/helpers.md says what is: every example gives what stands behind its arrow, every helper has one.
namespace ark::evaluations {
namespace {

std::string page() {
    std::ifstream file(ARK_EVALUATION_DOCS "/helpers.md");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string between(std::string_view text, std::string_view begin, std::string_view end) {
    const auto from = text.find(begin);
    if (from == std::string_view::npos) return {};
    const auto behind = from + begin.size();
    return std::string(text.substr(behind, text.find(end, behind) - behind));
}

std::vector<JsonValue> events_of(const std::string& page) {
    std::vector<JsonValue> events;
    std::istringstream lines(between(page, "```ndjson\n", "```"));
    for (std::string line; std::getline(lines, line);) {
        auto event = JsonValue::parse(line);
        EXPECT_TRUE(event) << line;
        events.push_back(std::move(*event));
    }
    return events;
}

struct Example {
    std::string expression;
    std::string value;
};

/// `expression` → `value`
std::vector<Example> examples_of(const std::string& page) {
    std::vector<Example> examples;
    static constexpr std::string_view arrow = "` → `";
    for (auto at = page.find(arrow); at != std::string::npos; at = page.find(arrow, at + 1)) {
        const auto begin = page.rfind('`', at - 1) + 1;
        const auto value = at + arrow.size();
        examples.push_back({page.substr(begin, at - begin), page.substr(value, page.find('`', value) - value)});
    }
    return examples;
}

TEST(HelpersPage, EveryExampleGivesWhatItSays) {
    const auto text = page();
    OneLog source(events_of(text));
    ASSERT_EQ(source.log().events().size(), 17u);
    const auto examples = examples_of(text);
    ASSERT_GT(examples.size(), 40u);
    for (const auto& example : examples) {
        Evaluator evaluator(source, {"q1", "", ""}, system_clock());
        const auto outcome = evaluator.evaluate(compile(example.expression));
        ASSERT_TRUE(outcome);
        ASSERT_FALSE(outcome->problem) << example.expression << ": " << outcome->problem->message;
        const auto expected = JsonValue::parse(example.value);
        ASSERT_TRUE(expected) << example.value;
        EXPECT_EQ(outcome->value, *expected) << example.expression << " gives " << outcome->value.dump();
    }
}

TEST(HelpersPage, NamesEveryHelper) {
    const auto text = page();
    for (const auto& name : rule_environment().names()) {
        const auto dot = name.find('.');
        if (dot == std::string::npos || !rule_environment().find_function(name).front()->helper) continue;
        EXPECT_NE(text.find("`" + name.substr(dot + 1) + "("), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace ark::evaluations
