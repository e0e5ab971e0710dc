#include "emit/tracer.hpp"

#include "emit/testing/recorded.hpp"
#include "otlp/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::emit {
namespace {

using emit::testing::Recorded;
using emit::testing::text_of;
using ::testing::ElementsAre;

class TracerTest : public ::testing::Test {
protected:
    TracerTest() {
        Subject subject;
        subject.query_id = "uid-1";
        subject.query_name = "q";
        subject.session_id = "s-42";
        root_.subject = std::make_shared<const Subject>(subject);
        root_.span.trace_id = trace_id_of("uid-1");
    }
    OperationSpec call(std::string path) {
        OperationSpec spec;
        spec.span_name = "llm.small";
        spec.operation = "LLMCall";
        spec.span_kind = "LLM";
        spec.path = std::move(path);
        spec.metadata.emplace_back("modelName", otlp::Value("small"));
        return spec;
    }

    FakeClock clock_;
    Recorded recorded_;
    Tracer tracer_{recorded_, clock_};
    Context root_;
};

TEST_F(TracerTest, AnOperationIsASpanBetweenTwoEvents) {
    OperationSpec agent;
    agent.span_name = "agent.lab/clerk";
    agent.operation = "AgentExecution";
    agent.agent = "clerk";
    agent.path = "a";
    auto outer = tracer_.start(root_, agent);
    auto inner = tracer_.start(outer.context(), call("a/0"));
    clock_.advance_ms(1500);
    inner.say("totalTokens", otlp::Value(12));
    inner.complete("done");
    outer.complete("done");

    EXPECT_THAT(recorded_.reasons(),
                ElementsAre("AgentExecutionStart", "LLMCallStart", "LLMCallComplete", "AgentExecutionComplete"));
    ASSERT_EQ(recorded_.spans.size(), 2u);
    const auto& llm = recorded_.spans[0];
    EXPECT_EQ(llm.parent_span_id, recorded_.spans[1].span_id);
    EXPECT_EQ(llm.trace_id, recorded_.spans[1].trace_id);
    EXPECT_EQ(llm.end - llm.start, 1'500'000'000u);
    EXPECT_EQ(text_of(llm.attributes, key::session), "s-42");
    EXPECT_EQ(text_of(llm.attributes, key::agent), "clerk");
    const auto& start = recorded_.events[1];
    EXPECT_EQ(start.span_id, llm.span_id);
    EXPECT_EQ(text_of(start.attributes, "parentSpanId"), recorded_.spans[1].span_id.hex());
    EXPECT_EQ(text_of(start.attributes, "agentName"), "clerk");
    EXPECT_EQ(text_of(start.attributes, "queryId"), "uid-1");
    EXPECT_EQ(text_of(recorded_.events[2].attributes, "modelName"), "small");
    EXPECT_EQ(text_of(recorded_.events[2].attributes, "durationMs"), "1500.00");
}

TEST_F(TracerTest, AFailureIsInTheSpanAndTheEvent) {
    auto operation = tracer_.start(root_, call("x"));
    operation.fail(fail(Errc::overloaded, "429"), "rate_limit");
    const auto& span = recorded_.spans.at(0);
    EXPECT_EQ(span.status_code, 2u);
    EXPECT_EQ(text_of(span.attributes, key::error_type), "rate_limit");
    EXPECT_EQ(span.events.at(0).name, "exception");
    const auto* event = recorded_.find_event("LLMCallError");
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(event->severity_text, "Warning");
    EXPECT_EQ(text_of(event->attributes, "errorType"), "rate_limit");
}

TEST_F(TracerTest, WhatNeverEndsSaysNothing) {
    { auto operation = tracer_.start(root_, call("x")); }
    EXPECT_THAT(recorded_.reasons(), ElementsAre("LLMCallStart"));
    EXPECT_TRUE(recorded_.spans.empty());
    // Taken up again, it is the same span.
    auto again = tracer_.start(root_, call("x"));
    again.complete("");
    EXPECT_EQ(recorded_.spans.at(0).span_id, recorded_.events.at(0).span_id);
}

// Goal: one byte of a tool's answer that is no UTF-8 must not have a whole request refused.
TEST_F(TracerTest, WhatIsNoTextBecomesText) {
    auto operation = tracer_.start(root_, call("x"));
    operation.set(key::output, otlp::Value(std::string("a\xff\xc3(")));
    operation.fail(fail(Errc::io, "\xfe"), "tool_error");
    EXPECT_EQ(text_of(recorded_.spans.at(0).attributes, key::output), "a\xef\xbf\xbd\xef\xbf\xbd(");
    EXPECT_TRUE(otlp::check_traces(otlp::encode_traces({}, {}, recorded_.spans), {}));
    EXPECT_TRUE(otlp::check_logs(otlp::encode_logs({}, {}, recorded_.events), {}));
}

TEST_F(TracerTest, LongContentIsCutAtACharacter) {
    const std::string two = "\xc3\xa9";
    std::string text = "x";
    while (text.size() < content_bytes_max + 10)
        text += two;
    const auto cut = content_text(text);
    EXPECT_LE(cut.size(), content_bytes_max);
    EXPECT_TRUE(cut.ends_with(two));
    EXPECT_EQ(content_text("short"), "short");
}

}  // namespace
}  // namespace ark::emit
