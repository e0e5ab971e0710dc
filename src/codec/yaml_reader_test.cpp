#include "codec/yaml_reader.hpp"

#include <gtest/gtest.h>

namespace ark::codec {
namespace {

std::string one(std::string_view text) {
    auto documents = parse_yaml(text);
    if (!documents) return documents.error().context;
    return documents->empty() ? "nothing" : documents->front().value.dump();
}

TEST(YamlReader, ReadsTheCoreSchema) {
    EXPECT_EQ(
        one("{a: 1, b: -2.5, c: true, d: ~, e: text, f: '1', g: \"true\", h: 0x1f, i: yes, j: 1e3, k: .inf}"),
        R"({"a":1,"b":-2.5,"c":true,"d":null,"e":"text","f":"1","g":"true","h":31,"i":"yes","j":1000,"k":".inf"})");
    EXPECT_EQ(one("a: 18446744073709551615\nb: 12:30\nc: 1.2.3\nd: .\ne: 2026-11-20"),
              R"({"a":18446744073709551615,"b":"12:30","c":"1.2.3","d":".","e":"2026-11-20"})");
}

TEST(YamlReader, ReadsDocumentsAndTheirLines) {
    const auto documents = parse_yaml("# nothing here\n---\na: 1\n---\n---\n\nb: |\n  two\n  lines\n");
    ASSERT_TRUE(documents);
    ASSERT_EQ(documents->size(), 2u);
    EXPECT_EQ((*documents)[0].value.dump(), R"({"a":1})");
    EXPECT_EQ((*documents)[1].value.dump(), R"({"b":"two\nlines\n"})");
    EXPECT_EQ((*documents)[1].line, 7);
    EXPECT_EQ(one(""), "nothing");
}

TEST(YamlReader, ResolvesAliasesAndMergeKeys) {
    EXPECT_EQ(one("base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}"), R"({"base":{"x":1,"y":2},"use":{"y":3,"x":1}})");
}

TEST(YamlReader, SaysWhereItIsWrong) {
    EXPECT_EQ(one("a: 1\na: 2"), "YAML: line 2, column 1: 'a' stands here twice");
    EXPECT_EQ(one("a: [1, 2"), "YAML: line 1, column 1: end of sequence flow not found");
    EXPECT_EQ(one("[a]: 1"), "YAML: line 1, column 1: a key that is no text");
    EXPECT_EQ(one(std::string_view("\0\0\0a", 4)), "YAML: a zero byte at byte 0");
    EXPECT_EQ(one("a: \xff"), "YAML: invalid UTF-8 at byte 3");
}

// yaml-cpp 0.7 goes on for ever over these.
TEST(YamlReader, EndsWhereNothingMakesSense) {
    for (const char* text : {", a: b", ",", "a: b\n---\n, c", "[1]\n, 2", "]", "}", "? ,", "- a\n]"})
        EXPECT_FALSE(parse_yaml(text)) << text;
    EXPECT_EQ(parse_yaml("---\n---\na: b\n---\nc\n...\n---\n")->size(), 2u);
}

TEST(YamlReader, BoundsWhatAliasesStandFor) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j)
            bomb += before + (j < 9 ? ", " : "]\n");
    }
    EXPECT_EQ(parse_yaml(bomb).error().code, Errc::too_large);
    std::string long_texts = "a: &a " + std::string(10'000, 'x') + "\nb: [";
    for (int i = 0; i < 10'000; ++i)
        long_texts += "*a, ";
    EXPECT_EQ(parse_yaml(long_texts + "*a]").error().code, Errc::too_large);
    EXPECT_NE(parse_yaml(std::string(5000, '[')).error().code, Errc::internal);
}

}  // namespace
}  // namespace ark::codec
