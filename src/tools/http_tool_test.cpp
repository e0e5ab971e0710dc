#include "tools/http_tool.hpp"

#include "tools/testing.hpp"

#include <gmock/gmock.h>

namespace ark::tools {
namespace {

using ::testing::HasSubstr;

class HttpToolTest : public ServerTest {
protected:
    HttpToolConfig config(std::string path) const {
        HttpToolConfig tool;
        tool.definition = {"t", "", R"({"type":"object","required":["city"]})"};
        tool.url = url() + path;
        return tool;
    }
    Result<ToolResult> call(HttpToolConfig tool, std::string arguments, CallContext call_context = {}) {
        const auto made = make_http_tool(std::move(tool), *http);
        return run(made->call(std::move(arguments), std::move(call_context)));
    }
};

TEST_F(HttpToolTest, FillsAndAsks) {
    serve([](const Seen& request) {
        return Say{200, "text/plain", request.method + " " + request.path + request.body, {}};
    });
    auto get = config("/{city}");
    CallContext traced;
    traced.fields.add("traceparent", "00-1-2-01");
    EXPECT_EQ(call(get, R"({"city":"São Paulo/x"})", traced)->text, "GET /São Paulo/x");
    EXPECT_EQ(seen()[0].fields.find("traceparent"), "00-1-2-01");

    auto post = config("/post");
    post.method = "POST";
    EXPECT_EQ(call(post, R"({"city":"Oslo"})")->text, R"(POST /post{"city":"Oslo"})");
    post.body = R"({"where":"{{.input.city}}","n":{{ .input.list }},"who":"{{.user}}"})";
    post.body_parameters = {{"user", "me"}};
    EXPECT_EQ(call(post, R"({"city":"Oslo","list":[1]})")->text, R"(POST /post{"where":"Oslo","n":[1],"who":"me"})");
    EXPECT_EQ(call(post, R"({"city":"Oslo"})").error().code, Errc::bad_argument);
    EXPECT_EQ(seen().size(), 3u);
}

TEST_F(HttpToolTest, TellsFailures) {
    serve([](const Seen& request) {
        if (request.path == "/hang") return Say{200, "-", "", {}};
        if (request.path == "/large") return Say{200, "text/plain", std::string(2 << 20, 'x'), {}};
        if (request.path == "/binary") return Say{200, "application/octet-stream", "a\xff\xfe", {}};
        return Say{404, "text/plain", "no such town", {}};
    });
    const auto missing = call(config("/x"), R"({"city":"Oslo"})");
    EXPECT_TRUE(missing->is_error);
    EXPECT_EQ(missing->text, "HTTP 404: no such town");
    EXPECT_THAT(call(config("/x"), "{}").error().context, HasSubstr("'city' is missing"));
    CallContext small;
    small.result_bytes_max = 1 << 20;
    EXPECT_EQ(call(config("/large"), R"({"city":"x"})", small).error().code, Errc::too_large);
    auto hang = config("/hang");
    hang.timeout = std::chrono::milliseconds(30);
    EXPECT_EQ(call(hang, R"({"city":"x"})").error().code, Errc::deadline);
    EXPECT_EQ(call(config("/binary"), R"({"city":"x"})")->text, "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Templates, RefuseWhatTheyCannotFill) {
    const auto data = *codec::JsonValue::parse(R"({"input":{"a":{"b":1}}})");
    EXPECT_EQ(*fill_body("{{.input.a.b}}{{ .input.a }}", data), R"(1{"b":1})");
    for (const char* bad : {"{{.input.c}}", "{{input}}", "{{range .input}}", "{{.input", "{{}}", "{{.}}"})
        EXPECT_FALSE(fill_body(bad, data)) << bad;
    EXPECT_EQ(fill_url("/{a}/{b}?x={", *codec::JsonValue::parse(R"({"a":1})")), "/1/{b}?x={");
}

}  // namespace
}  // namespace ark::tools
