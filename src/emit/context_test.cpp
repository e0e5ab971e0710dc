#include "emit/context.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::emit {
namespace {

using testing::ElementsAre;
using testing::Pair;

Extracted extract_from(const std::map<std::string, std::string>& headers) {
    return extract([&](std::string_view name) -> std::string_view {
        const auto found = headers.find(std::string(name));
        return found == headers.end() ? std::string_view() : std::string_view(found->second);
    });
}

bool accepts(const std::string& traceparent) {
    return extract_from({{"traceparent", traceparent}}).span.span_id.valid();
}

const std::string ids = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

// The vectors of W3C trace context, level 2.
TEST(Context, ReadsTraceparentAsTheRecommendationSays) {
    EXPECT_TRUE(accepts("00-" + ids + "-01"));
    EXPECT_TRUE(accepts("00-" + ids + "-00"));
    EXPECT_TRUE(accepts(" 00-" + ids + "-03\t"));
    EXPECT_TRUE(accepts("cc-" + ids + "-01-extra"));
    EXPECT_FALSE(accepts("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"));
    EXPECT_FALSE(accepts("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
    EXPECT_FALSE(accepts("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
    EXPECT_FALSE(accepts("00-" + ids + "-01-extra"));
    EXPECT_FALSE(accepts("cc-" + ids + "-01.extra"));
    EXPECT_FALSE(accepts("ff-" + ids + "-01"));
    EXPECT_FALSE(accepts("00-" + ids + "-1"));
    EXPECT_FALSE(accepts(""));
}

TEST(Context, KeepsTracestateOnlyWithItsParent) {
    EXPECT_EQ(extract_from({{"traceparent", "00-" + ids + "-01"}, {"tracestate", "a=1,b=2"}}).span.trace_state,
              "a=1,b=2");
    EXPECT_EQ(extract_from({{"tracestate", "a=1"}}).span.trace_state, "");
}

TEST(Context, WhatIsSentIsReadBack) {
    Subject subject;
    subject.query_id = "6b1c";
    subject.query_name = "q-tides";
    subject.session_id = "Küste, \"50 %\"; a=b";
    Context context;
    context.subject = std::make_shared<const Subject>(subject);
    context.span.trace_id = trace_id_of("run");
    context.span.span_id = span_id_of(context.span.trace_id, "agent");
    context.span.trace_state = "ot=th:0";
    std::map<std::string, std::string> headers;
    for (const auto& [name, value] : carrier_of(context))
        headers[name] = value;

    const auto read = extract_from(headers);
    EXPECT_EQ(read.span.trace_id, context.span.trace_id);
    EXPECT_EQ(read.span.span_id, context.span.span_id);
    EXPECT_EQ(read.span.trace_state, "ot=th:0");
    EXPECT_THAT(read.baggage, ElementsAre(Pair("ark.session.id", subject.session_id), Pair("ark.query.id", "6b1c"),
                                          Pair("ark.query.name", "q-tides")));
    for (const char c : headers["baggage"])
        EXPECT_TRUE(c > 0x20 && c < 0x7f && c != '"' && c != ';') << c;
}

TEST(Context, ReadsBaggageOfOthers) {
    const auto read = extract_from({{"baggage", " a = 1 ;p=q , b=%2C%zz,,broken, a=2"}});
    EXPECT_THAT(read.baggage, ElementsAre(Pair("b", ",%zz"), Pair("a", "2")));
}

TEST(Context, IdsAreOfTheStep) {
    const auto trace = trace_id_of("one");
    EXPECT_EQ(trace, trace_id_of("one"));
    EXPECT_NE(trace, trace_id_of("two"));
    EXPECT_EQ(span_id_of(trace, "a/0"), span_id_of(trace, "a/0"));
    EXPECT_NE(span_id_of(trace, "a/0"), span_id_of(trace, "a/1"));
    EXPECT_NE(span_id_of(trace, "a/0"), span_id_of(trace_id_of("two"), "a/0"));
}

}  // namespace
}  // namespace ark::emit
