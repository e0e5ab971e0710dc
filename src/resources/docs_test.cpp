// Goal: docs/resources.md cannot drift from the schemas.
#include "resources/kinds_page.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace ark::resources {
namespace {

TEST(Docs, ResourcesPageHasEveryField) {
    std::ifstream file(ARK_SOURCE_DIRECTORY "/docs/resources.md");
    const std::string page(std::istreambuf_iterator<char>(file), {});
    const std::string begin = "<!-- generated: begin -->\n";
    const auto from = page.find(begin);
    const auto to = page.find("<!-- generated: end -->");
    ASSERT_TRUE(from != std::string::npos && to != std::string::npos);
    EXPECT_EQ(page.substr(from + begin.size(), to - from - begin.size()), kinds_markdown())
        << "write `ark help resources --markdown` between the marks of docs/resources.md";
}

}  // namespace
}  // namespace ark::resources
