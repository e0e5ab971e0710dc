// Goal: what the reference's broker reads of an event is there, in its words.
#include "emit/reference_events.hpp"

#include "codec/json_value.hpp"
#include "otlp/build.hpp"

#include <gtest/gtest.h>

namespace ark::emit {
namespace {

otlp::LogRecord record(std::string_view reason) {
    otlp::LogRecord record;
    record.time = UnixNanos{1'700'000'000'123'456'789};
    record.severity_text = "Normal";
    record.event_name = reason;
    record.body = otlp::Value("said");
    record.trace_id.bytes[0] = 1;
    record.attributes.emplace_back("queryId", otlp::Value("uid-1"));
    return record;
}

std::vector<codec::JsonValue> events(const std::vector<otlp::LogRecord>& records) {
    std::vector<codec::JsonValue> all;
    const auto texts = reference_events(otlp::encode_logs({}, {}, records));
    EXPECT_TRUE(texts);
    for (const auto& text : *texts)
        all.push_back(*codec::JsonValue::parse(text));
    return all;
}

TEST(ReferenceEvents, AreInItsWords) {
    auto agent = record("AgentExecutionComplete");
    agent.attributes.emplace_back("agentId", otlp::Value("lab/clerk"));
    agent.attributes.emplace_back("llmCalls", otlp::Value(2));
    agent.attributes.emplace_back("success", otlp::Value(true));
    auto memory = record("MemoryStoreError");
    memory.severity_text = "Warning";
    auto stray = record("RateLimitExceeded");
    stray.attributes.clear();
    const auto all = events({agent, memory, stray});
    ASSERT_EQ(all.size(), 2u) << "what belongs to no query is refused there";
    EXPECT_EQ(all[0]["timestamp"].text(), "2023-11-14T22:13:20.123456789Z");
    EXPECT_EQ(all[0]["eventType"].text(), "Normal");
    EXPECT_EQ(all[0]["message"].text(), "said (timestamp: 2023-11-14T22:13:20.123456789Z)");
    EXPECT_EQ(all[0]["data"]["agent"].text(), "lab/clerk");
    EXPECT_EQ(all[0]["data"]["llmCalls"].text(), "2") << "all values are text";
    EXPECT_EQ(all[0]["data"]["success"].text(), "true");
    EXPECT_EQ(all[0]["data"]["message"].text(), "said");
    EXPECT_EQ(all[0]["data"]["traceId"].text().size(), 32u);
    EXPECT_EQ(all[1]["reason"].text(), "MemoryAddMessagesError");
    EXPECT_EQ(all[1]["eventType"].text(), "Warning");
}

}  // namespace
}  // namespace ark::emit
