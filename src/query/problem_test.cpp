#include "query/problem.hpp"

#include "codec/json_value.hpp"

#include <set>

#include <gtest/gtest.h>

namespace ark::query {
namespace {

TEST(Problem, IsAnRfc9457Document) {
    Problem problem = unknown_parameter("sesion", "session");
    const auto response = problem_response(problem, "/v1/events", "r-1");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.fields.find("content-type"), "application/problem+json");
    const auto json = codec::JsonValue::parse(response.body);
    ASSERT_TRUE(json) << response.body;
    EXPECT_EQ((*json)["type"].text(), "/problems/unknown-parameter");
    EXPECT_EQ((*json)["status"].integer(), 400);
    EXPECT_EQ((*json)["instance"].text(), "/v1/events");
    EXPECT_EQ((*json)["requestId"].text(), "r-1");
    EXPECT_EQ((*json)["errors"][0]["parameter"].text(), "sesion");
    EXPECT_EQ((*json)["hint"].text(), "did you mean \"session\"?");
}

TEST(Problem, KeepsInternalWordsToItself) {
    const Problem problem(Error{Errc::io, "read /secret/path: EIO"});
    EXPECT_EQ(write_problem(problem, "/", "r").find("secret"), std::string::npos);
    EXPECT_NE(problem.cause.find("secret"), std::string::npos);
    EXPECT_EQ(problem_response(problem, "/", "r").fields.find("retry-after"), "1");
    EXPECT_EQ(problem_response(Problem(Error{Errc::unauthorized, "no key"}), "/", "r").fields.find("www-authenticate"),
              "Bearer");
}

TEST(Problem, EveryKindHasOneTypeWithAPage) {
    std::set<std::string_view> slugs;
    for (const auto& type : problem_types()) {
        EXPECT_TRUE(slugs.insert(type.slug).second) << type.slug;
        EXPECT_EQ(find_problem_type(type.slug), &type);
        EXPECT_EQ(&problem_type(type.kind), &type);
        EXPECT_FALSE(type.about.empty());
    }
    EXPECT_EQ(slugs.size(), static_cast<std::size_t>(ProblemKind::internal) + 1);
    EXPECT_EQ(find_problem_type("nonsense"), nullptr);
}

}  // namespace
}  // namespace ark::query
