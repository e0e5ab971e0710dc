#include "otlp/build.hpp"

#include "otlp/oracle/random_otlp.hpp"
#include "otlp/response.hpp"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

namespace ark::otlp {
namespace {

namespace pb = oracle::pb;

// Goal: what we encode is what libprotobuf encodes, byte for byte: shortest lengths, ascending fields, defaults left
// out.
TEST(Build, EncodesSpansAsProtobufDoes) {
    Span span;
    span.trace_id = *TraceId::from_hex("0af7651916cd43dd8448eb211c80319c");
    span.span_id = *SpanId::from_hex("b7ad6b7169203331");
    span.parent_span_id = *SpanId::from_hex("00f067aa0ba902b7");
    span.trace_state = "vendor=1";
    span.name = "chat gpt";
    span.kind = 3;
    span.flags = 0x301;
    span.start = UnixNanos{1};
    span.end = UnixNanos{2};
    span.attributes = {{"text", std::string(5000, 'x')},
                       {"empty", Value()},
                       {"yes", true},
                       {"minus", -1},
                       {"half", 0.5},
                       {"list", ValueList{1, "two", ValueList{}}},
                       {"map", ValueMap{{"inner", 1}}},
                       {"nothing", ValueMap{}}};
    span.events = {{UnixNanos{3}, "exception", {{"exception.type", "E"}}}};
    span.links = {{span.trace_id, span.span_id, {{"reason", "retry"}}}};
    span.status_code = 2;
    span.status_message = "failed";
    span.dropped_attributes_count = 4;
    const auto encoded = encode_traces({{"service.name", "test"}}, {"scope", "1.0"}, {span, Span{}});

    pb::TracesRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(encoded));
    EXPECT_EQ(parsed.SerializeAsString(), encoded);
    const auto& group = parsed.resource_spans(0);
    EXPECT_EQ(group.resource().attributes(0).value().string_value(), "test");
    EXPECT_EQ(group.scope_spans(0).scope().version(), "1.0");
    const auto& back = group.scope_spans(0).spans(0);
    EXPECT_EQ(back.attributes(0).value().string_value().size(), 5000u);
    EXPECT_EQ(back.attributes(1).value().value_case(), pb::AnyValue::VALUE_NOT_SET);
    EXPECT_EQ(back.attributes(3).value().int_value(), -1);
    EXPECT_EQ(back.attributes(5).value().array_value().values_size(), 3);
    EXPECT_EQ(back.attributes(6).value().kvlist_value().values(0).value().int_value(), 1);
    EXPECT_EQ(back.attributes(7).value().value_case(), pb::AnyValue::kKvlistValue);
    EXPECT_EQ(back.events(0).name(), "exception");
    EXPECT_EQ(back.links(0).trace_id(), span.trace_id.view());
    EXPECT_EQ(back.status().message(), "failed");
    EXPECT_EQ(back.flags(), 0x301u);
    EXPECT_EQ(group.scope_spans(0).spans(1).kind(), 1) << "internal unless said otherwise";
}

TEST(Build, EncodesLogsAsProtobufDoes) {
    LogRecord record;
    record.time = UnixNanos{1};
    record.observed = UnixNanos{2};
    record.severity_number = 9;
    record.severity_text = "INFO";
    record.event_name = "ToolCallStart";
    record.body = ValueMap{{"tool", "search"}};
    record.attributes = {{"key", std::string(200, 'v')}};
    record.trace_id = *TraceId::from_hex("0af7651916cd43dd8448eb211c80319c");
    record.span_id = *SpanId::from_hex("b7ad6b7169203331");
    record.flags = 1;
    const auto encoded = encode_logs({}, {"scope", ""}, {record});
    pb::LogsRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(encoded));
    const auto& back = parsed.resource_logs(0).scope_logs(0).log_records(0);
    EXPECT_EQ(back.event_name(), "ToolCallStart");
    EXPECT_EQ(back.body().kvlist_value().values(0).key(), "tool");
    EXPECT_EQ(parsed.SerializeAsString(), encoded);
}

TEST(Response, FullSuccessIsEmpty) {
    EXPECT_EQ(export_response(Format::protobuf, Signal::traces, 0, ""), "");
    EXPECT_EQ(export_response(Format::json, Signal::logs, 0, ""), "{}");
}

TEST(Response, PartialSuccessNamesTheSignal) {
    pb::ExportResponse parsed;
    ASSERT_TRUE(parsed.ParseFromString(export_response(Format::protobuf, Signal::traces, 300, "why")));
    EXPECT_EQ(parsed.partial_success().rejected(), 300);
    EXPECT_EQ(parsed.partial_success().error_message(), "why");
    EXPECT_EQ(export_response(Format::json, Signal::traces, 2, "\"x\""),
              R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"\"x\""}})");
    EXPECT_EQ(export_response(Format::json, Signal::logs, 1, ""), R"({"partialSuccess":{"rejectedLogRecords":"1"}})");
    EXPECT_EQ(export_response(Format::json, Signal::metrics, 0, "a warning"),
              R"({"partialSuccess":{"errorMessage":"a warning"}})");
}

TEST(Response, ErrorsAreRpcStatusWithRetryInfo) {
    pb::RpcStatus parsed;
    ASSERT_TRUE(parsed.ParseFromString(rpc_status(Format::protobuf, 14, "busy", 7)));
    EXPECT_EQ(parsed.code(), 14);
    EXPECT_EQ(parsed.message(), "busy");
    ASSERT_EQ(parsed.details_size(), 1);
    EXPECT_EQ(parsed.details(0).type_url(), "type.googleapis.com/google.rpc.RetryInfo");
    pb::RetryInfo retry;
    ASSERT_TRUE(retry.ParseFromString(parsed.details(0).value()));
    EXPECT_EQ(retry.retry_delay().seconds(), 7);
    ASSERT_TRUE(parsed.ParseFromString(rpc_status(Format::protobuf, 3, "bad")));
    EXPECT_EQ(parsed.details_size(), 0);
    EXPECT_EQ(rpc_status(Format::json, 14, "busy", 7),
              R"({"code":14,"message":"busy","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo",)"
              R"("retryDelay":"7s"}]})");
}

}  // namespace
}  // namespace ark::otlp
