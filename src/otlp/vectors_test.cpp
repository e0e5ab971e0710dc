#include "otlp/check.hpp"
#include "otlp/json.hpp"
#include "otlp/oracle/random_otlp.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace ark::otlp {
namespace {

std::string vector_file(const std::string& name) {
    std::ifstream file(std::string(ARK_OTLP_VECTORS) + "/" + name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Goal: what a JSON file meant when it was added, it means for ever; and its protobuf is read by libprotobuf, too.
TEST(Vectors, Traces) {
    const auto expected = vector_file("traces.pb");
    const auto payload = traces_from_json(Buffer::copy_of(vector_file("traces.json")));
    ASSERT_TRUE(payload) << payload.error().message();
    EXPECT_TRUE(payload->view() == expected);
    const auto checked = check_traces(expected, {});
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->accepted, 1u);

    oracle::pb::TracesRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(expected));
    const auto& span = parsed.resource_spans(0).scope_spans(0).spans(0);
    EXPECT_EQ(span.end_time_unix_nano(), 1790000001500000000u);
    EXPECT_EQ(span.attributes(5).value().bytes_value(), std::string("\x00\x01\x02\xff", 4));
    EXPECT_EQ(span.status().message(), "upstream said \"no\"");
    EXPECT_EQ(parsed.resource_spans(0).resource().entity_refs(0).id_keys(0), "service.name");
}

TEST(Vectors, Logs) {
    const auto expected = vector_file("logs.pb");
    const auto payload = logs_from_json(Buffer::copy_of(vector_file("logs.json")));
    ASSERT_TRUE(payload) << payload.error().message();
    EXPECT_TRUE(payload->view() == expected);
    oracle::pb::LogsRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(expected));
    const auto& record = parsed.resource_logs(0).scope_logs(0).log_records(0);
    EXPECT_EQ(record.event_name(), "ToolCallStart");
    EXPECT_EQ(record.body().kvlist_value().values(0).value().string_value(), "Łódź");
}

}  // namespace
}  // namespace ark::otlp
