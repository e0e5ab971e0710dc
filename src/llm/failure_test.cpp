#include "llm/provider.hpp"

#include <gmock/gmock.h>

namespace ark::llm {
namespace {

const FakeClock fake_clock{*parse_rfc3339("2026-11-20T14:00:00Z")};

Failure of(int status, std::string_view body, const net::Fields& fields = {}) {
    return failure_of(status, fields, body, fake_clock);
}

TEST(Failure, IsClassified) {
    struct Case {
        int status;
        const char* body;
        ErrorType type;
        bool retryable;
    };
    const Case cases[] = {
        {400, R"({"error":{"message":"m","code":"context_length_exceeded"}})", ErrorType::bad_request, false},
        {400, R"({"error":{"message":"m","code":"content_filter"}})", ErrorType::content_filter, false},
        {401, R"({"error":{"message":"m","type":"invalid_request_error","code":"invalid_api_key"}})", ErrorType::auth,
         false},
        {403, "", ErrorType::auth, false},
        {404, R"({"error":{"message":"m","code":"model_not_found"}})", ErrorType::bad_request, false},
        {408, "", ErrorType::timeout, true},
        {409, "", ErrorType::api_error, true},
        {429, R"({"error":{"message":"m","code":"rate_limit_exceeded"}})", ErrorType::rate_limit, true},
        {429, R"({"error":{"message":"m","code":"insufficient_quota"}})", ErrorType::rate_limit, false},
        {500, "<html>", ErrorType::api_error, true},
        {503, R"({"error":"busy"})", ErrorType::api_error, true},
        {504, "", ErrorType::timeout, true},
        {529, R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})", ErrorType::api_error, true},
    };
    for (const auto& c : cases) {
        const auto failure = of(c.status, c.body);
        EXPECT_EQ(failure.type, c.type) << c.status << c.body;
        EXPECT_EQ(failure.retryable, c.retryable) << c.status << c.body;
    }
}

TEST(Failure, KnowsHowLongToWait) {
    const auto wait = [](const char* field, const char* value) {
        net::Fields fields;
        fields.add(field, value);
        return of(429, "", fields).retry_after;
    };
    using std::chrono::milliseconds;
    EXPECT_EQ(wait("retry-after", "2"), milliseconds(2000));
    EXPECT_EQ(wait("retry-after", "0.5"), milliseconds(500));
    EXPECT_EQ(wait("retry-after-ms", "30"), milliseconds(30));
    EXPECT_EQ(wait("retry-after", "Fri, 20 Nov 2026 14:00:05 GMT"), milliseconds(5000));
    EXPECT_EQ(wait("retry-after", "Fri, 20 Nov 2026 13:00:05 GMT"), milliseconds(0));
    EXPECT_EQ(wait("retry-after", "soon"), std::nullopt);
    EXPECT_EQ(wait("retry-after", "-1"), std::nullopt);
}

TEST(Failure, ObeysTheServerAboutRetries) {
    net::Fields fields;
    fields.add("x-should-retry", "false");
    EXPECT_FALSE(of(500, "", fields).retryable);
    fields.set("x-should-retry", "true");
    EXPECT_TRUE(of(400, "", fields).retryable);
}

TEST(Failure, QuotesLittleAndCleanly) {
    const auto failure = of(400, R"({"error":{"message":")" + std::string(10'000, 'x') + R"("}})");
    EXPECT_LT(failure.error.context.size(), 600u);
    EXPECT_EQ(of(400, "{\"error\":{\"message\":\"a\\nb\\u0007\"}}").error.context, "HTTP 400: a b ");
}

}  // namespace
}  // namespace ark::llm
