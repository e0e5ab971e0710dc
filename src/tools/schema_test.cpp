#include "tools/schema.hpp"

#include "tools/tool.hpp"

#include <gmock/gmock.h>

namespace ark::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> check(const char* schema, const char* value) {
    return violations(*codec::JsonValue::parse(schema), *codec::JsonValue::parse(value));
}

TEST(Schema, SaysWhatIsWrongAndWhere) {
    const char* const schema = R"({"type":"object","properties":{"city":{"type":"string","minLength":2},
        "days":{"type":"integer","minimum":1,"maximum":7},"unit":{"enum":["c","f"]},
        "tags":{"type":"array","maxItems":2,"items":{"type":"string"}}},
        "required":["city"],"additionalProperties":false})";
    EXPECT_THAT(check(schema, R"({"city":"Oslo","days":3,"unit":"c","tags":["a"]})"), IsEmpty());
    EXPECT_THAT(check(schema, R"({})"), ElementsAre("$: 'city' is missing"));
    EXPECT_THAT(check(schema, R"({"city":3})"), ElementsAre("$.city: a value of type string was expected"));
    EXPECT_THAT(check(schema, R"({"city":"ä"})"), ElementsAre("$.city: at least 2 characters"));
    EXPECT_THAT(check(schema, R"({"city":"Oslo","days":8})"), ElementsAre("$.days: at most 7 was expected"));
    EXPECT_THAT(check(schema, R"({"city":"Oslo","days":1.5})"),
                ElementsAre("$.days: a value of type integer was expected"));
    EXPECT_THAT(check(schema, R"({"city":"Oslo","days":2.0})"), IsEmpty());
    EXPECT_THAT(check(schema, R"({"city":"Oslo","unit":"k"})"),
                ElementsAre(R"($.unit: one of ["c","f"] was expected)"));
    EXPECT_THAT(check(schema, R"({"city":"Oslo","tags":["a",1,"c"]})"),
                ElementsAre("$.tags: at most 2 items", "$.tags[1]: a value of type string was expected"));
    EXPECT_THAT(check(schema, R"({"city":"Oslo","town":1})"), ElementsAre("$: 'town' is not known"));
    EXPECT_THAT(check(schema, R"([])"), ElementsAre("$: a value of type object was expected"));
}

TEST(Schema, KnowsCombinationsAndReferences) {
    const char* const schema = R"({"$defs":{"id":{"type":["string","null"]}},"properties":{"a":{"$ref":"#/$defs/id"},
        "b":{"anyOf":[{"type":"number"},{"const":"any"}]},"c":{"oneOf":[{"minimum":1},{"minimum":2}]},
        "d":{"not":{"type":"string"}}}})";
    EXPECT_THAT(check(schema, R"({"a":null,"b":"any","c":1,"d":1})"), IsEmpty());
    EXPECT_EQ(check(schema, R"({"a":1,"b":"x","c":5,"d":""})").size(), 4u);
    // A schema that refers to itself, and one that refers elsewhere, end.
    EXPECT_THAT(check(R"({"$ref":"#"})", "1"), IsEmpty());
    EXPECT_THAT(check(R"({"$ref":"http://elsewhere/schema"})", "1"), IsEmpty());
    EXPECT_THAT(check(R"({"anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]})", "1"), testing::SizeIs(testing::Le(1)));
}

TEST(CheckArguments, SpeaksToTheModel) {
    llm::ToolDefinition tool{"t", "", R"({"type":"object","required":["a"]})"};
    EXPECT_TRUE(check_arguments(tool, R"({"a":1})"));
    EXPECT_THAT(check_arguments(tool, "{").error().context, HasSubstr("not JSON"));
    EXPECT_THAT(check_arguments(tool, "[]").error().context, HasSubstr("not an object"));
    EXPECT_THAT(check_arguments(tool, " ").error().context, HasSubstr("'a' is missing"));
    EXPECT_EQ(check_arguments(tool, "{}").error().code, Errc::bad_argument);
}

}  // namespace
}  // namespace ark::tools
