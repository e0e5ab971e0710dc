#include "otlp/json.hpp"

#include "codec/json_value.hpp"
#include "otlp/build.hpp"
#include "otlp/check.hpp"
#include "otlp/oracle/random_otlp.hpp"
#include "otlp/sample.hpp"
#include "otlp/span_attributes.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ark::otlp {
namespace {

using oracle::RandomOtlp;
namespace pb = oracle::pb;
using google::protobuf::util::MessageDifferencer;

Result<Buffer> in(std::string_view json) {
    return traces_from_json(Buffer::copy_of(json));
}

pb::TracesRequest parsed(std::string_view json) {
    const auto payload = in(json);
    EXPECT_TRUE(payload) << (payload ? "" : payload.error().message()) << "\n" << json;
    pb::TracesRequest request;
    EXPECT_TRUE(payload && request.ParseFromArray(payload->data(), static_cast<int>(payload->size())));
    return request;
}

/// One span with these members.
std::string span_json(std::string_view members) {
    return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)" + std::string(members) + "}]}]}]}";
}
pb::Span span_of(std::string_view members) {
    const auto request = parsed(span_json(members));
    EXPECT_EQ(request.resource_spans(0).scope_spans(0).spans_size(), 1) << members;
    return request.resource_spans(0).scope_spans(0).spans(0);
}
pb::AnyValue value_of(std::string_view json) {
    return span_of(R"("attributes":[{"key":"k","value":)" + std::string(json) + "}]").attributes(0).value();
}
bool refused(std::string_view members) {
    const auto payload = in(span_json(members));
    return !payload && payload.error().code == Errc::bad_payload;
}

TEST(JsonIn, ReadsIdsAsHexOfEitherCase) {
    const auto span =
        span_of(R"("traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","parentSpanId":"")");
    EXPECT_EQ(span.trace_id(), TraceId::from_hex("5b8efff798038103d269b633813fc60c")->view());
    EXPECT_EQ(span.span_id(), SpanId::from_hex("eee19b7ec3c1b174")->view());
    EXPECT_EQ(span.parent_span_id(), "");
}

TEST(JsonIn, WrongIdsSpoilOnlyTheirSpan) {
    for (const auto* id :
         {"0af7", "W47/95gDgQPSabYzgT/GDA==", "zzzzzzzzzzzzzzzz", "eee19b7ec3c1b174", "\\u0030", "x",
          "5b8efff798038103d269b633813fc60c5b8efff798038103d269b633813fc60c",
          "5b8efff798038103d269b633813fc60c5b8efff798038103d269b633813fc60c5b8efff798038103d269b633813fc60c"
          "5b8efff798038103d269b633813fc60c5b8efff798038103d269b633813fc60c"}) {
        const auto payload = in(span_json(R"("spanId":"eee19b7ec3c1b174","traceId":")" + std::string(id) + "\""));
        ASSERT_TRUE(payload);
        const auto checked = check_traces(payload->view(), {});
        ASSERT_TRUE(checked);
        EXPECT_EQ(checked->rejected, 1u) << id;
    }
    EXPECT_TRUE(refused(R"("traceId":7)"));
}

TEST(JsonIn, ReadsIntegersAsNumbersOrText) {
    EXPECT_EQ(span_of(R"("startTimeUnixNano":"18446744073709551615")").start_time_unix_nano(), 18446744073709551615u);
    EXPECT_EQ(span_of(R"("startTimeUnixNano":1544712660000000000)").start_time_unix_nano(), 1544712660000000000u);
    EXPECT_EQ(span_of(R"("startTimeUnixNano":18446744073709551615)").start_time_unix_nano(), 18446744073709551615u);
    EXPECT_EQ(span_of(R"("startTimeUnixNano":1.5e18)").start_time_unix_nano(), 1500000000000000000u);
    EXPECT_EQ(span_of(R"("endTimeUnixNano":"1e3")").end_time_unix_nano(), 1000u);
    EXPECT_EQ(span_of(R"("flags":257)").flags(), 257u);
    EXPECT_EQ(span_of(R"("flags":"4294967295")").flags(), 4294967295u);
    EXPECT_EQ(span_of(R"("droppedLinksCount":3)").dropped_links_count(), 3u);
    EXPECT_EQ(value_of(R"({"intValue":"-9223372036854775808"})").int_value(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(value_of(R"({"intValue":-9223372036854775808})").int_value(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(value_of(R"({"intValue":7.0})").int_value(), 7);
    for (const auto* bad :
         {R"("startTimeUnixNano":-1)", R"("startTimeUnixNano":"-1")", R"("startTimeUnixNano":1.5)",
          R"("startTimeUnixNano":"")", R"("startTimeUnixNano":" 1")", R"("startTimeUnixNano":"1 ")",
          R"("startTimeUnixNano":"0x10")", R"("startTimeUnixNano":18446744073709551616)",
          R"("startTimeUnixNano":"18446744073709551616")", R"("flags":4294967296)", R"("flags":true)", R"("flags":[])",
          R"("kind":2147483648)", R"("startTimeUnixNano":"99999999999999999999999999999999999999)",
          R"("attributes":[{"key":"k","value":{"intValue":9223372036854775808}}])"}) {
        EXPECT_TRUE(refused(bad)) << bad;
    }
}

TEST(JsonIn, EnumsAreIntegersOrTheirNames) {
    EXPECT_EQ(span_of(R"("kind":3,"status":{"code":2,"message":"m"})").status().code(), 2);
    EXPECT_EQ(span_of(R"("kind":77)").kind(), 77) << "unknown numbers are kept";
    EXPECT_EQ(span_of(R"("kind":-1)").kind(), -1);
    EXPECT_EQ(span_of(R"("kind":"3")").kind(), 3);
    EXPECT_EQ(span_of(R"("kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"})").kind(), 2);
    EXPECT_EQ(span_of(R"("kind":"SPAN_KIND_CONSUMER","status":{"code":"STATUS_CODE_ERROR"})").status().code(), 2);
    EXPECT_EQ(span_of(R"("kind":"SPAN_KIND_OF_TOMORROW")").kind(), 0);
    EXPECT_TRUE(refused(R"("kind":"")"));
    EXPECT_TRUE(refused(R"("kind":"server")"));
}

TEST(JsonIn, ReadsEveryAnyValue) {
    EXPECT_EQ(value_of(R"({"stringValue":""})").value_case(), pb::AnyValue::kStringValue);
    EXPECT_EQ(value_of(R"({"boolValue":false})").value_case(), pb::AnyValue::kBoolValue);
    EXPECT_EQ(value_of(R"({"intValue":"0"})").value_case(), pb::AnyValue::kIntValue);
    EXPECT_EQ(value_of(R"({"doubleValue":0})").value_case(), pb::AnyValue::kDoubleValue);
    EXPECT_EQ(value_of(R"({"doubleValue":-1.5e3})").double_value(), -1500);
    EXPECT_EQ(value_of(R"({"doubleValue":"2.5"})").double_value(), 2.5);
    EXPECT_TRUE(std::isnan(value_of(R"({"doubleValue":"NaN"})").double_value()));
    EXPECT_EQ(value_of(R"({"doubleValue":"-Infinity"})").double_value(), -INFINITY);
    EXPECT_EQ(value_of(R"({"bytesValue":"AP8="})").bytes_value(), std::string("\0\xff", 2));
    EXPECT_EQ(value_of(R"({"bytesValue":"AP8"})").bytes_value(), std::string("\0\xff", 2));
    EXPECT_EQ(value_of("{}").value_case(), pb::AnyValue::VALUE_NOT_SET);
    EXPECT_EQ(value_of("null").value_case(), pb::AnyValue::VALUE_NOT_SET);
    EXPECT_EQ(value_of(R"({"arrayValue":{}})").value_case(), pb::AnyValue::kArrayValue);
    const auto list =
        value_of(R"({"arrayValue":{"values":[{"intValue":1},null,{"kvlistValue":{"values":[{"key":"a"}]}}]}})");
    ASSERT_EQ(list.array_value().values_size(), 3);
    EXPECT_EQ(list.array_value().values(1).value_case(), pb::AnyValue::VALUE_NOT_SET);
    EXPECT_EQ(list.array_value().values(2).kvlist_value().values(0).key(), "a");
    for (const auto* bad :
         {R"({"doubleValue":"inf"})", R"({"doubleValue":"nan"})", R"({"doubleValue":"1.5x"})", R"({"doubleValue":""})",
          R"({"boolValue":"true"})", R"({"boolValue":1})", R"({"bytesValue":"*"})", R"({"stringValue":1})",
          R"({"arrayValue":[]})", R"({"arrayValue":{"values":{}}})", R"([])", R"("x")", R"({"stringValue":nul})"}) {
        EXPECT_TRUE(refused(R"("attributes":[{"key":"k","value":)" + std::string(bad) + "}]")) << bad;
    }
}

// Goal: attributes written as most senders do, which are read in one go, come out like any others. Method: each also
// with a space, which is read token by token.
TEST(JsonIn, UsualAttributesAreLikeOthers) {
    std::vector<std::string> pairs = {
        R"({"key":"k","value":{"stringValue":""}})",
        R"({"key":"","value":{"stringValue":"v"}})",
        R"({"key":"k","value":{"stringValue":"a\nb"}})",
        R"({"key":"k\u0041","value":{"stringValue":"v"}})",
        R"({"key":"k","value":{"stringValue":"v"},"more":1})",
        R"({"key":"k","value":{"stringValue":"v","intValue":"1"}})",
        R"({"key":"k","value":{"stringValue":null}})",
        R"({"key":"k","value":{"stringValue":5}})",
        R"({"key":"k","value":{"intValue":"0"}})",
        R"({"key":"k","value":{"intValue":"-1"}})",
        R"({"key":"k","value":{"intValue":"9223372036854775807"}})",
        R"({"key":"k","value":{"intValue":"-9223372036854775808"}})",
        R"({"key":"k","value":{"intValue":"9223372036854775808"}})",
        R"({"key":"k","value":{"intValue":"0000000000000000000000007"}})",
        R"({"key":"k","value":{"intValue":"1.0"}})",
        R"({"key":"k","value":{"intValue":""}})",
        R"({"key":"k","value":{"intValue":"7x"}})",
        R"({"key":"k","value":{"intValue":7}})",
        R"({"key":"k","value":{"boolValue":true}})",
        R"({"key":"k","value":{"stringValue":"v"}}})",
        R"({"key":"k","value":{"stringValue":"v"}}1)",
        R"({"key":"k","value":{"stringValue":"v"})",
        R"({"key":"k","value":{}})",
        R"({"key":"k"})",
    };
    for (std::size_t length = 1; length < 300; length += length < 40 ? 1 : 37) {
        const std::string text(length, 'z');
        pairs.push_back(R"({"key":")" + text + R"(","value":{"stringValue":")" + text + text + R"("}})");
    }
    for (const auto& pair : pairs) {
        auto spaced = pair;
        spaced.insert(1, " ");
        const auto usual = in(span_json(R"("attributes":[)" + pair + "," + pair + "]"));
        const auto other = in(span_json(R"("attributes":[)" + spaced + "," + spaced + "]"));
        ASSERT_EQ(static_cast<bool>(usual), static_cast<bool>(other)) << pair;
        if (!usual) continue;
        EXPECT_EQ(usual->view(), other->view()) << pair;
    }
}

TEST(JsonIn, UndoesEscapes) {
    EXPECT_EQ(span_of(R"("name":"a\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\udc22\u0000!")").name(),
              std::string("a\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa2\0!", 21));
    EXPECT_EQ(span_of(R"("\u006eame":"escaped key")").name(), "escaped key");
    for (const auto* bad : {R"("name":"\x")", R"("name":"\u12g4")", R"("name":"\ud83d")", R"("name":"\ud83d\u0041")",
                            R"("name":"\udc22")", "\"name\":\"\n\"", "\"name\":\"\xff\""}) {
        EXPECT_TRUE(refused(bad)) << bad;
    }
    for (std::size_t length = 1; length < 200; ++length) {
        std::string text(length, 'x');
        text.insert(length / 2, "\\n");
        std::string expected(length, 'x');
        expected.insert(length / 2, "\n");
        ASSERT_EQ(span_of("\"name\":\"" + text + "\"").name(), expected);
    }
}

TEST(JsonIn, NullIsAbsentAndUnknownKeysAreIgnored) {
    const auto span = span_of(
        R"("name":null,"kind":null,"status":null,"attributes":null,"events":null,"new":{"a":[1,{"name":"no"}]},)"
        R"("start_time_unix_nano":1,"traceState":"x")");
    EXPECT_EQ(span.name(), "");
    EXPECT_EQ(span.start_time_unix_nano(), 0u) << "snake_case is not a key";
    EXPECT_EQ(span.trace_state(), "x");
    EXPECT_EQ(parsed("{}").resource_spans_size(), 0);
    EXPECT_EQ(parsed(R"({"resourceSpans":null})").resource_spans_size(), 0);
}

TEST(JsonIn, OfRepeatedKeysTheLastWins) {
    const auto span =
        span_of(R"("name":"a","attributes":[{"key":"1"},{"key":"2"}],"kind":3,"name":"","attributes":[{"key":"3"}],)"
                R"("kind":0,"flags":1)");
    EXPECT_EQ(span.name(), "");
    EXPECT_EQ(span.kind(), 0);
    EXPECT_EQ(span.flags(), 1u);
    ASSERT_EQ(span.attributes_size(), 1);
    EXPECT_EQ(span.attributes(0).key(), "3");
    const auto value = value_of(R"({"stringValue":"a","arrayValue":{"values":[{}]},"intValue":"5"})");
    EXPECT_EQ(value.int_value(), 5);
    std::string many = "\"name\":\"\"";
    for (int i = 0; i < 200; ++i)
        many += ",\"name\":\"x\"";
    EXPECT_TRUE(refused(many)) << "each costs a scan";
}

TEST(JsonIn, NestingIsCapped) {
    const auto nested = [](int depth, std::string_view open, std::string_view close) {
        std::string json = R"("attributes":[{"key":"k","value":)";
        for (int i = 0; i < depth; ++i)
            json += open;
        json += "{}";
        for (int i = 0; i < depth; ++i)
            json += close;
        return json + "}]";
    };
    const std::string_view array = R"({"arrayValue":{"values":[)", array_end = "]}}";
    const std::string_view map = R"({"kvlistValue":{"values":[{"key":"","value":)", map_end = "}]}}";
    EXPECT_FALSE(refused(nested(64, array, array_end)));
    EXPECT_TRUE(refused(nested(65, array, array_end)));
    EXPECT_FALSE(refused(nested(64, map, map_end)));
    EXPECT_TRUE(refused(nested(65, map, map_end)));
    EXPECT_TRUE(refused(nested(100'000, array, array_end)));
    EXPECT_FALSE(in(std::string(2'000'000, '[')));
    EXPECT_FALSE(in(R"({"resourceSpans":)" + std::string(2'000'000, '[')));
    const auto unknown = in(R"({"x":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}");
    EXPECT_TRUE(unknown) << "skipping does not recurse";
    const auto deep = traces_from_json(Buffer::copy_of(span_json(nested(128, map, map_end))), 1000);
    EXPECT_TRUE(deep) << deep.error().message();
    EXPECT_FALSE(traces_from_json(Buffer::copy_of(span_json(nested(129, map, map_end))), 1000));
}

TEST(JsonIn, RefusesWhatIsNoDocumentAndSaysWhere) {
    for (const auto* bad : {"", " ", "[]", "null", "1", "{", "}", "{}}", "{} {}", "{},", "{\"resourceSpans\":[}",
                            "{\"resourceSpans\":[{}", "{\"resourceSpans\":{}}", "{\"resourceSpans\":[1]}",
                            "{\"resourceSpans\" []}", "{resourceSpans:[]}"}) {
        const auto payload = in(bad);
        ASSERT_FALSE(payload) << bad;
        EXPECT_EQ(payload.error().code, Errc::bad_payload);
        EXPECT_NE(payload.error().context.find("near byte"), std::string::npos) << payload.error().context;
    }
    EXPECT_EQ(in("{\"a\":\"\xff\"}").error().context, "OTLP/JSON: invalid UTF-8 near byte 6");
    EXPECT_FALSE(in("").has_value());
    EXPECT_FALSE(traces_from_json(Buffer()));
}

/// Gives every pair a value: a JSON round trip does not tell an absent one from an empty one.
void normalise(google::protobuf::RepeatedPtrField<pb::KeyValue>* attributes);

void normalise(pb::AnyValue* value) {
    if (value->has_kvlist_value()) normalise(value->mutable_kvlist_value()->mutable_values());
    if (!value->has_array_value()) return;
    for (auto& element : *value->mutable_array_value()->mutable_values())
        normalise(&element);
}

void normalise(google::protobuf::RepeatedPtrField<pb::KeyValue>* attributes) {
    for (auto& pair : *attributes)
        normalise(pair.mutable_value());
}

void normalise(pb::TracesRequest* request) {
    for (auto& group : *request->mutable_resource_spans()) {
        normalise(group.mutable_resource()->mutable_attributes());
        for (auto& scope : *group.mutable_scope_spans()) {
            normalise(scope.mutable_scope()->mutable_attributes());
            for (auto& span : *scope.mutable_spans()) {
                normalise(span.mutable_attributes());
                for (auto& event : *span.mutable_events())
                    normalise(event.mutable_attributes());
                for (auto& link : *span.mutable_links())
                    normalise(link.mutable_attributes());
                span.mutable_status();
            }
        }
    }
}

std::string shuffled(const nlohmann::json& json, std::mt19937& random) {
    if (json.is_array()) {
        std::string out = "[";
        for (const auto& element : json)
            out += (out.size() > 1 ? " ,\n" : "") + shuffled(element, random);
        return out + "]";
    }
    if (!json.is_object()) return json.dump(-1, ' ', random() % 2 == 0);
    std::vector<std::string> members;
    for (const auto& [key, value] : json.items())
        members.push_back(nlohmann::json(key).dump() + " : " + shuffled(value, random));
    if (random() % 3 == 0) members.push_back(R"("unknownKey":{"nested":["]",{}]})");
    std::shuffle(members.begin(), members.end(), random);
    std::string out = "{ ";
    for (const auto& member : members)
        out += (out.size() > 2 ? "," : "") + member;
    return out + "\t}";
}

// Goal: JSON out and in are inverse, whatever the order, the spacing and the escapes of the text in between.
// Method: random protobuf → JSON → members shuffled, unknown ones added, written by another library → protobuf,
// compared.
TEST(Json, RoundTripsTraces) {
    std::mt19937 random(5);
    for (unsigned seed = 0; seed < 150; ++seed) {
        auto request = RandomOtlp(seed).traces();
        const auto json = traces_to_json(request.SerializeAsString());
        ASSERT_TRUE(json);
        ASSERT_TRUE(codec::JsonValue::parse(*json, 100)) << seed;
        const auto back = parsed(shuffled(nlohmann::json::parse(*json), random));
        const auto once_more = traces_to_json(back.SerializeAsString());
        ASSERT_TRUE(once_more);
        ASSERT_TRUE(*once_more == *json) << seed;
        const auto plain = in(*json);
        ASSERT_TRUE(plain);
        pb::TracesRequest direct;
        ASSERT_TRUE(direct.ParseFromArray(plain->data(), static_cast<int>(plain->size())));
        ASSERT_TRUE(MessageDifferencer::Equals(direct, back)) << seed;
        EXPECT_EQ(check_traces(plain->view(), {})->rejected, 0u);
    }
}

TEST(Json, RoundTripsLogs) {
    for (unsigned seed = 0; seed < 150; ++seed) {
        const auto request = RandomOtlp(seed).logs();
        const auto json = logs_to_json(request.SerializeAsString());
        ASSERT_TRUE(json);
        const auto back = logs_from_json(Buffer::copy_of(*json));
        ASSERT_TRUE(back) << back.error().message();
        ASSERT_TRUE(*logs_to_json(back->view()) == *json) << seed;
        EXPECT_TRUE(check_logs(back->view(), {}));
    }
}

// Goal: the fields that JSON can carry arrive exactly as protobuf has them.
TEST(Json, LosesNothingOfASpan) {
    for (unsigned seed = 0; seed < 150; ++seed) {
        auto request = RandomOtlp(seed).traces();
        const auto back = parsed(*traces_to_json(request.SerializeAsString()));
        auto expected = back;
        normalise(&request);
        normalise(&expected);
        std::string difference;
        MessageDifferencer differencer;
        differencer.ReportDifferencesToString(&difference);
        ASSERT_TRUE(differencer.Compare(request, expected)) << seed << "\n" << difference;
    }
}

TEST(JsonOut, GoldenSpan) {
    Span span;
    span.trace_id = *TraceId::from_hex("0af7651916cd43dd8448eb211c80319c");
    span.span_id = *SpanId::from_hex("b7ad6b7169203331");
    span.name = "chat";
    span.kind = 3;
    span.start = UnixNanos{1};
    span.end = UnixNanos{2};
    span.attributes = {{"tokens", 5},  {"text", "a\"b"},   {"on", true},
                       {"ratio", 0.5}, {"empty", Value()}, {"list", ValueList{1}}};
    span.status_code = 2;
    EXPECT_EQ(*traces_to_json(encode_traces({{"service.name", "s"}}, {"scope", ""}, {span})),
              R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},)"
              R"("scopeSpans":[{"scope":{"name":"scope"},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
              R"("spanId":"b7ad6b7169203331","name":"chat","kind":3,"startTimeUnixNano":"1","endTimeUnixNano":"2",)"
              R"("attributes":[)"
              R"({"key":"tokens","value":{"intValue":"5"}},{"key":"text","value":{"stringValue":"a\"b"}},)"
              R"({"key":"on","value":{"boolValue":true}},{"key":"ratio","value":{"doubleValue":0.5}},{"key":"empty",)"
              R"("value":{}},)"
              R"({"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}],"status":{"code":2}}]}]}]})");
}

// Goal: attributes that are written in one piece are no different from those that are not.
TEST(JsonOut, AttributesOfAnyLengthComeBack) {
    for (std::size_t length = 0; length < 1200; length += length < 70 ? 1 : 97) {
        for (const bool escaped : {false, true}) {
            Span span;
            span.trace_id.bytes[0] = span.span_id.bytes[0] = 1;
            std::string text(length, 'y');
            if (escaped && length > 0) text[length / 2] = '\\';
            span.attributes = {{"k" + text, text}, {"n", -7}, {"b", true}};
            const auto payload = encode_traces({}, {}, {span});
            const auto json = traces_to_json(payload);
            ASSERT_TRUE(json);
            const auto back = traces_from_json(Buffer::copy_of(*json));
            ASSERT_TRUE(back) << *json;
            const auto again = traces_to_json(back->view());
            ASSERT_TRUE(again);
            EXPECT_EQ(*again, *json);
            std::size_t seen = 0;
            EXPECT_TRUE(for_each_span(back->view(), [&](const SpanView& its) {
                auto attributes = its.attributes();
                model::AttributeView attribute;
                while (attributes.next(attribute)) {
                    if (seen++ > 0) continue;
                    EXPECT_EQ(attribute.key, "k" + text);
                    EXPECT_EQ(attribute.value.text, text);
                }
                return true;
            }));
            EXPECT_EQ(seen, 3u);
        }
    }
}

TEST(JsonOut, PlainAttributesKeepTheFirstOfDuplicates) {
    Span span;
    span.attributes = {
        {"a", 1}, {"b", ValueMap{{"x", 1.5}, {"x", 2}}}, {"a", 2}, {"n", Value(std::nan(""))}, {"e", Value()}};
    for (int i = 0; i < 100; ++i)
        span.attributes.emplace_back("k" + std::to_string(i % 60), i);
    std::string out;
    codec::JsonWriter json(out);
    ASSERT_TRUE(for_each_span(encode_traces({}, {}, {span}), [&](const SpanView& view) {
        write_attributes(json, view.attributes());
        return true;
    }));
    const auto back = codec::JsonValue::parse(out);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->size(), 64u);
    EXPECT_EQ((*back)["a"].integer(), 1);
    EXPECT_EQ((*back)["k59"].integer(), 59);
    EXPECT_EQ((*back)["b"].dump(), R"({"x":1.5})");
    EXPECT_TRUE((*back)["n"].is_null());
}

TEST(JsonMetrics, CountsPointsOfEveryKind) {
    const auto count = [](std::string_view json) { return count_metric_points_json(Buffer::copy_of(json)); };
    EXPECT_EQ(
        *count(R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","sum":{"dataPoints":[{"asInt":"1"},{}]}},
        {"gauge":{"dataPoints":[{}]}},
        {"histogram":{"dataPoints":[{"bucketCounts":["1","2"]}]}},{"summary":{}}]},{"metrics":[]}]}]})"),
        4u);
    EXPECT_EQ(*count("{}"), 0u);
    EXPECT_FALSE(count("{\"resourceMetrics\":[{]}"));
    EXPECT_FALSE(count(""));
}

// Goal: damaged JSON never crashes the transcoder, and what comes out of it is always sound protobuf.
TEST(JsonIn, DamagedTextGivesAnErrorOrSoundProtobuf) {
    std::mt19937 random(9);
    unsigned accepted = 0;
    const std::string alphabet = "{}[]\",:0123456789.eE+-\\ntrufalsn \t\xff";
    for (unsigned seed = 0; seed < 40; ++seed) {
        const auto json = *traces_to_json(RandomOtlp(seed).traces().SerializeAsString());
        for (int round = 0; round < 200; ++round) {
            auto damaged = json;
            if (round % 10 == 0) damaged.resize(random() % damaged.size());
            for (auto edits = random() % 4; edits > 0 && !damaged.empty(); --edits) {
                damaged[random() % damaged.size()] = alphabet[random() % alphabet.size()];
            }
            const auto payload = in(damaged);
            if (!payload) continue;
            ++accepted;
            ASSERT_TRUE(check_traces(payload->view(), {})) << damaged;
        }
    }
    EXPECT_GT(accepted, 100u);
}

// Goal: attributes that were seen before, are almost those that were, or need escapes come out as any others do.
// Method: random requests whose spans have attributes of random spans before them, some changed in a byte; compared
// with what the writer of single lists writes.
TEST(SpanAttributes, AreWhatTheWriterWrites) {
    SpanAttributes many;
    std::size_t compared = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        RandomOtlp random(seed);
        auto request = random.traces();
        std::vector<pb::KeyValue> seen;
        for (auto& group : *request.mutable_resource_spans()) {
            for (auto& scope : *group.mutable_scope_spans()) {
                for (auto& span : *scope.mutable_spans()) {
                    for (unsigned i = random.below(12); i > 0 && !seen.empty(); --i) {
                        auto again = seen[random.below(static_cast<unsigned>(seen.size()))];
                        if (random.below(3) == 0) again.set_key(again.key() + "x");
                        if (random.below(3) == 0) again.mutable_value()->set_string_value("a\"b" + again.key());
                        if (random.below(9) == 0) again = {};
                        *span.add_attributes() = std::move(again);
                    }
                    seen.insert(seen.end(), span.attributes().begin(), span.attributes().end());
                }
            }
        }
        const auto payload = request.SerializeAsString();
        ASSERT_TRUE(for_each_span(payload, [&](const SpanView& span) {
            Buffer out;
            many.append_to(out, span);
            std::string expected;
            codec::JsonWriter json(expected);
            write_otlp_attributes(json, span.attributes());
            EXPECT_EQ(out.view(), expected);
            ++compared;
            return !::testing::Test::HasFailure();
        }));
    }
    EXPECT_GT(compared, 100u);
}

}  // namespace
}  // namespace ark::otlp
