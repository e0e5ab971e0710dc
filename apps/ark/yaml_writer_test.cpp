#include "yaml_writer.hpp"

#include <gtest/gtest.h>

namespace ark::cli {
namespace {

std::string yaml(const char* json) {
    return to_yaml(*codec::JsonValue::parse(json));
}

TEST(Yaml, BlocksForObjectsAndArrays) {
    EXPECT_EQ(
        yaml(
            R"({"id":"s-1","usage":{"input":12},"names":["a","b"],"rows":[{"x":1,"z":2},[1,2]],"none":[],"empty":{}})"),
        "id: s-1\n"
        "usage:\n"
        "  input: 12\n"
        "names:\n"
        "  - a\n"
        "  - b\n"
        "rows:\n"
        "  - x: 1\n"
        "    z: 2\n"
        "  -\n"
        "    - 1\n"
        "    - 2\n"
        "none: []\n"
        "empty: {}\n");
}

TEST(Yaml, QuotesWhatReadersWouldMistake) {
    EXPECT_EQ(
        yaml(
            R"(["true","No","12","-1","~","a: b","a #b","","- x",
        "ends:","line\nbreak"," lead","2026-11-20","plain text","@x"])"),
        "- \"true\"\n- \"No\"\n- \"12\"\n- \"-1\"\n- \"~\"\n- \"a: b\"\n- \"a #b\"\n- \"\"\n- \"- x\"\n- \"ends:\"\n"
        "- \"line\\nbreak\"\n- \" lead\"\n- \"2026-11-20\"\n- plain text\n- \"@x\"\n");
}

TEST(Yaml, Scalars) {
    EXPECT_EQ(yaml("null"), "null\n");
    EXPECT_EQ(yaml("1.5"), "1.5\n");
    EXPECT_EQ(yaml("\"text\""), "text\n");
    EXPECT_EQ(yaml(R"({"a b":true,"1":false})"), "a b: true\n\"1\": false\n");
}

}  // namespace
}  // namespace ark::cli
