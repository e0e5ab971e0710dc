#include "model/dictionary.hpp"
#include "model/facts_keys.hpp"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

// docs/events.md shows the tables of this module: a change of a table is a change of the page.
// ARK_UPDATE_DOCS=1 rewrites the page instead of comparing.
namespace ark::model {
namespace {

constexpr std::string_view begin_mark = "<!-- generated: ARK_UPDATE_DOCS=1 model_test -->\n";
constexpr std::string_view end_mark = "<!-- end of generated -->\n";

void append_keys(std::ostream& out, std::span<const MetadataKey> keys) {
    const char* separator = "";
    for (const auto& key : keys) {
        out << separator << "`" << key.name << "` " << name(key.type);
        separator = ", ";
    }
}

void append_dictionary(std::ostream& out) {
    out << "\n## The dictionary\n\nOn every event, all optional: ";
    append_keys(out, common_keys());
    out << ".\n\n| no. | reason | component | phase | level | metadata |\n|---|---|---|---|---|---|\n";
    for (const auto& reason : reasons()) {
        out << "| " << reason.number << " | " << reason.name << " | " << name(reason.kind) << " | "
            << name(reason.phase) << " | " << name(reason.level) << " | ";
        append_keys(out, reason.keys);
        out << " |\n";
    }
    out << "\nOther names, which mean the same in every filter and are kept as `reasonAsSent`:\n\n| sent as | is "
           "|\n|---|---|\n";
    for (const auto& alias : reason_aliases())
        out << "| " << alias.name << " | " << alias.canonical << " |\n";
    out << "\nReasons outside the dictionary are kept as they are; their ending tells the phase.\n";
}

constexpr const char* fact_names[] = {"conversation",
                                      "query id",
                                      "query name",
                                      "query namespace",
                                      "agent",
                                      "team",
                                      "tool",
                                      "tool call id",
                                      "model",
                                      "provider",
                                      "user",
                                      "service",
                                      "input",
                                      "output",
                                      "error type",
                                      "error message",
                                      "operation",
                                      "peer (callee)",
                                      "question id",
                                      "parent span",
                                      "event name",
                                      "kind",
                                      "component",
                                      "MCP method",
                                      "name of the agent or tool",
                                      "input tokens",
                                      "output tokens",
                                      "total tokens",
                                      "cached tokens read",
                                      "cached tokens written",
                                      "reasoning tokens",
                                      "cost",
                                      "cost of input",
                                      "cost of output",
                                      "duration, seconds or Go's text",
                                      "duration, milliseconds",
                                      "session, Ark's",
                                      "session",
                                      "failure or its message",
                                      "failure",
                                      "success",
                                      "level",
                                      "snapshot",
                                      "snapshot, Logfire",
                                      "parent of a snapshot's span, Logfire",
                                      "sends its own events",
                                      "A2A method",
                                      "tokens, as JSON",
                                      "cost, as JSON",
                                      "(speaks the reference's vocabulary)"};
static_assert(std::size(fact_names) == static_cast<std::size_t>(keys::Fact::sign) + 1);

void append_attributes(std::ostream& out) {
    out << "\n## Attributes\n\nWhat an item says counts before what its resource says; of several attributes the first "
           "in this list counts.\n"
           "Those in *italics* are common words and mean this in events only.\n\n| says | attributes |\n|---|---|\n";
    std::map<keys::Fact, std::multimap<int, std::string>> by_fact;
    for (const auto& key : keys::table) {
        const auto quote = key.where == keys::events ? "*" : "`";
        by_fact[key.fact].emplace(-key.rank, quote + std::string(key.name) + quote);
    }
    for (const auto& [fact, ranked] : by_fact) {
        out << "| " << fact_names[static_cast<std::size_t>(fact)] << " | ";
        const char* separator = "";
        for (const auto& [rank, text] : ranked) {
            out << separator << text;
            separator = ", ";
        }
        out << " |\n";
    }
    out << "\n";
}

std::string read(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Docs, EventsPageShowsTheTables) {
    const std::string path = ARK_SOURCE_DIR "/docs/events.md";
    const auto page = read(path);
    const auto begin = page.find(begin_mark);
    const auto end = page.find(end_mark);
    ASSERT_NE(begin, std::string::npos) << path;
    ASSERT_NE(end, std::string::npos) << path;
    std::ostringstream wanted;
    wanted << page.substr(0, begin + begin_mark.size());
    append_dictionary(wanted);
    append_attributes(wanted);
    wanted << page.substr(end);
    if (std::getenv("ARK_UPDATE_DOCS") != nullptr) std::ofstream(path) << wanted.str();
    EXPECT_EQ(read(path), wanted.str()) << "run ARK_UPDATE_DOCS=1 model_test";
}

}  // namespace
}  // namespace ark::model
