// Goal: the pages cannot drift from the program: their reference parts are what `ark help --markdown` prints.
#include "help.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace ark::cli {
namespace {

std::string page(const std::string& name) {
    std::ifstream file(std::string(ARK_SOURCE_DIRECTORY) + "/docs/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string generated_part(const std::string& text) {
    const std::string begin = "<!-- generated: begin -->\n";
    const std::string end = "<!-- generated: end -->";
    const auto from = text.find(begin);
    const auto to = text.find(end);
    return from == std::string::npos || to == std::string::npos
               ? ""
               : text.substr(from + begin.size(), to - from - begin.size());
}

TEST(Docs, CliPageHasEveryCommand) {
    EXPECT_EQ(generated_part(page("cli.md")), markdown_of_all(all_commands(), global_options()))
        << "write `ark help --markdown` between the marks of docs/cli.md";
}

TEST(Docs, ConfigurationPageHasEverySetting) {
    EXPECT_EQ(generated_part(page("configuration.md")), markdown_of_settings())
        << "write `ark help config --markdown` between the marks of docs/configuration.md";
}

}  // namespace
}  // namespace ark::cli
