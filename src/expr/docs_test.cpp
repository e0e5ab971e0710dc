// docs/expressions.md is true: each of its examples gives what it says, and no function is missing.
#include "expr/library.hpp"
#include "expr/testing/evaluate.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace ark::expr {
namespace {

std::string page() {
    std::ifstream stream(ARK_SOURCE_DIRECTORY "/docs/expressions.md");
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

TEST(Docs, EveryExampleGivesWhatItSays) {
    std::istringstream lines(page());
    bool example = false;
    int count = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("```")) {
            example = line == "```cel";
            continue;
        }
        const auto arrow = line.rfind(" => ");
        if (!example || arrow == std::string::npos) continue;
        ++count;
        EXPECT_EQ(testing::evaluate(line.substr(0, arrow)), line.substr(arrow + 4)) << line;
    }
    EXPECT_GT(count, 100);
}

TEST(Docs, EveryFunctionHasAnExample) {
    const auto text = page();
    for (const auto& [name, function] : Library::standard().functions()) {
        if (name.starts_with('_')) continue;  // operators
        const bool called = text.find(name + "(") != std::string::npos;
        EXPECT_TRUE(called) << name;
    }
}

}  // namespace
}  // namespace ark::expr
