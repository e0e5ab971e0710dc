#include "codec/template.hpp"

#include <gtest/gtest.h>

namespace ark::codec {
namespace {

std::string rendered(std::string_view text) {
    const auto data = JsonValue::parse(R"({"name":"Ada","n":3,"a":{"b":{"c":"deep"},"list":[1,"x"]},"empty":""})");
    const auto result = render_template(text, *data);
    return result ? *result : "error: " + result.error().context;
}

TEST(Template, FillsInFields) {
    EXPECT_EQ(rendered("Hello {{.name}}, {{ .a.b.c }}!"), "Hello Ada, deep!");
    EXPECT_EQ(rendered("{{.n}} {{.a.list}}{{.empty}}"), "3 [1,\"x\"]");
    EXPECT_EQ(rendered("no actions } { {"), "no actions } { {");
    EXPECT_EQ(rendered(""), "");
}

TEST(Template, TrimsAndComments) {
    EXPECT_EQ(rendered("a  {{- .name -}}  b"), "aAdab");
    EXPECT_EQ(rendered("a {{/* not }} this */}}b"), "a b");
    EXPECT_EQ(rendered("a {{- /* nor this */ -}} b"), "ab");
    EXPECT_EQ(rendered("{{\"{{\"}}.x}}"), "{{.x}}");
}

TEST(Template, SaysWhatItCannotDo) {
    EXPECT_EQ(rendered("x\n{{.missing}}"), "error: template, line 2: {{.missing}} has no value");
    EXPECT_EQ(rendered("{{.a.b.nope}}"), "error: template, line 1: {{.a.b.nope}} has no value");
    EXPECT_TRUE(
        rendered("{{if .name}}x{{end}}").starts_with("error: template, line 1: {{if .name}} is not understood"));
    EXPECT_TRUE(rendered("{{.name | upper}}").starts_with("error:"));
    EXPECT_TRUE(rendered("{{.name").ends_with("is not closed"));
    EXPECT_TRUE(rendered("{{}}").starts_with("error:"));
}

}  // namespace
}  // namespace ark::codec
