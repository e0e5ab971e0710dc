#include "otlp/check.hpp"

#include "otlp/build.hpp"
#include "otlp/oracle/random_otlp.hpp"
#include "otlp/walk.hpp"

#include <random>

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

namespace ark::otlp {
namespace {

using oracle::RandomOtlp;
namespace pb = oracle::pb;
using testing::Test;

/// libprotobuf prints a line for every invalid string it refuses.
class Check : public Test {
protected:
    google::protobuf::LogSilencer quiet_;
};

Span good_span(unsigned number) {
    Span span;
    span.trace_id.bytes[0] = 1;
    span.span_id.bytes[7] = static_cast<std::uint8_t>(number);
    span.name = "span " + std::to_string(number);
    span.start = UnixNanos{1000u + number};
    span.end = UnixNanos{2000u + number};
    return span;
}

std::string with_ids(const std::string& trace_id, const std::string& span_id, const std::string& parent_id) {
    pb::TracesRequest request;
    auto& span = *request.add_resource_spans()->add_scope_spans()->add_spans();
    span.set_trace_id(trace_id);
    span.set_span_id(span_id);
    span.set_parent_span_id(parent_id);
    return request.SerializeAsString();
}

TEST_F(Check, CountsItemsAndTheirTimes) {
    const auto checked = check_traces(encode_traces({}, {}, {good_span(1), good_span(5), good_span(3)}), {});
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->accepted, 3u);
    EXPECT_EQ(checked->time_min, UnixNanos{1001});
    EXPECT_EQ(checked->time_max, UnixNanos{2005});
    EXPECT_TRUE(checked->cleaned.empty());

    LogRecord observed_only;
    observed_only.observed = UnixNanos{7};
    LogRecord timed;
    timed.time = UnixNanos{5};
    timed.observed = UnixNanos{9};
    const auto logs = check_logs(encode_logs({}, {}, {observed_only, timed, LogRecord{}}), {});
    ASSERT_TRUE(logs);
    EXPECT_EQ(logs->accepted, 3u);
    EXPECT_EQ(logs->time_min, UnixNanos{5});
    EXPECT_EQ(logs->time_max, UnixNanos{7});
    const auto nothing = check_traces("", {});
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->accepted, 0u);
}

TEST_F(Check, RejectsSpansByTheirIds) {
    const std::string trace(16, 't'), span(8, 's');
    EXPECT_EQ(check_traces(with_ids(trace, span, ""), {})->accepted, 1u);
    EXPECT_EQ(check_traces(with_ids(trace, span, span), {})->accepted, 1u);
    EXPECT_EQ(check_traces(with_ids(trace, span, std::string(8, '\0')), {})->accepted, 1u);
    const std::string bad[][3] = {{"", span, ""},
                                  {std::string(15, 't'), span, ""},
                                  {std::string(32, 't'), span, ""},
                                  {std::string(16, '\0'), span, ""},
                                  {trace, "", ""},
                                  {trace, std::string(7, 's'), ""},
                                  {trace, std::string(8, '\0'), ""},
                                  {trace, span, "parent"},
                                  {trace, span, std::string(16, 'p')}};
    for (const auto& [trace_id, span_id, parent_id] : bad) {
        const auto checked = check_traces(with_ids(trace_id, span_id, parent_id), {});
        ASSERT_TRUE(checked);
        EXPECT_EQ(checked->accepted, 0u);
        EXPECT_EQ(checked->rejected, 1u);
        EXPECT_NE(checked->error_message.find("_id"), std::string::npos) << checked->error_message;
    }
}

TEST_F(Check, LogsWithWrongIdsAreKeptWithoutThem) {
    pb::LogsRequest request;
    auto& record = *request.add_resource_logs()->add_scope_logs()->add_log_records();
    record.set_trace_id("short");
    const auto payload = request.SerializeAsString();
    const auto checked = check_logs(payload, {});
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->accepted, 1u);
    ASSERT_TRUE(for_each_log(payload, [](const LogView& log) {
        EXPECT_FALSE(log.trace_id.valid());
        return true;
    }));
}

// Goal: rejected spans are cut out and nothing else changes, unknown fields included.
// Method: spoil random spans of random requests, with unknown fields at every level; compare with protobuf doing the
// same.
TEST_F(Check, CutsRejectedSpansAndKeepsTheRestByteForByte) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        RandomOtlp random(seed);
        auto request = random.traces();
        auto expected = request;
        unsigned rejected = 0;
        for (int g = 0; g < request.resource_spans_size(); ++g) {
            for (int s = 0; s < request.resource_spans(g).scope_spans_size(); ++s) {
                auto& spans = *request.mutable_resource_spans(g)->mutable_scope_spans(s)->mutable_spans();
                auto& kept = *expected.mutable_resource_spans(g)->mutable_scope_spans(s);
                kept.GetReflection()->MutableUnknownFields(&kept)->AddLengthDelimited(77, "unknown of scope");
                auto* scope = request.mutable_resource_spans(g)->mutable_scope_spans(s);
                scope->GetReflection()->MutableUnknownFields(scope)->AddLengthDelimited(77, "unknown of scope");
                kept.clear_spans();
                for (auto& span : spans) {
                    if (random.below(3) == 0) {
                        span.set_span_id("bad");
                        ++rejected;
                    } else {
                        span.GetReflection()->MutableUnknownFields(&span)->AddVarint(99, 7);
                        *kept.add_spans() = span;
                    }
                }
            }
        }
        const auto checked = check_traces(request.SerializeAsString(), {});
        ASSERT_TRUE(checked);
        ASSERT_EQ(checked->rejected, rejected);
        if (rejected == 0) {
            EXPECT_TRUE(checked->cleaned.empty());
        } else {
            ASSERT_EQ(checked->cleaned.view(), expected.SerializeAsString()) << seed;
        }
    }
}

/// A span with one attribute of arrays in arrays, written from the inside out: no tree of ours could be so deep.
std::string deep_payload(int depth) {
    const auto wrap = [](std::string& reversed, std::uint32_t field) {
        std::string head(1, static_cast<char>(field << 3 | 2));
        for (auto size = reversed.size();; size >>= 7) {
            head.push_back(static_cast<char>(size < 0x80 ? size : size | 0x80));
            if (size < 0x80) break;
        }
        reversed.append(head.rbegin(), head.rend());
    };
    std::string reversed;
    for (int i = 0; i < depth; ++i) {
        wrap(reversed, 1);  // ArrayValue.values
        wrap(reversed, 5);  // AnyValue.array_value
    }
    for (const std::uint32_t field : {2u, 9u, 2u, 2u, 1u})
        wrap(reversed, field);  // value, attributes, spans, scope_spans, resource_spans
    return {reversed.rbegin(), reversed.rend()};
}

TEST_F(Check, LimitsAttributesItemsAndNesting) {
    Span fat = good_span(1);
    for (int i = 0; i < 11; ++i)
        fat.attributes.emplace_back("key", i);
    CheckLimits limits;
    limits.attributes_max = 10;
    const auto checked = check_traces(encode_traces({}, {}, {fat, good_span(2)}), limits);
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->accepted, 1u);
    EXPECT_EQ(checked->rejected, 1u);
    EXPECT_NE(checked->error_message.find("more than 10 attributes"), std::string::npos) << checked->error_message;

    limits = {};
    limits.items_max = 2;
    EXPECT_TRUE(check_traces(encode_traces({}, {}, std::vector<Span>(2, good_span(1))), limits));
    const auto many = check_traces(encode_traces({}, {}, std::vector<Span>(3, good_span(1))), limits);
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().code, Errc::too_large);

    const auto nested = [](int depth) {
        Value value("leaf");
        for (int i = 0; i < depth; ++i) {
            if (i % 2 == 0) {
                ValueList list;
                list.push_back(std::move(value));
                value = Value(std::move(list));
            } else {
                ValueMap map;
                map.emplace_back("key", std::move(value));
                value = Value(std::move(map));
            }
        }
        Span span = good_span(1);
        span.attributes.emplace_back("nested", std::move(value));
        return encode_traces({}, {}, {span});
    };
    EXPECT_TRUE(check_traces(nested(64), {}));
    const auto deep = check_traces(nested(65), {});
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().code, Errc::bad_payload);
    EXPECT_EQ(check_traces(deep_payload(100'000), {}).error().code, Errc::bad_payload)
        << "no recursion before the limit";
}

TEST_F(Check, FindsInvalidUtf8InEveryText) {
    const auto payload = RandomOtlp(1).traces();
    const std::string bad = "caf\xe9";
    const auto refused = [](const pb::TracesRequest& request) {
        const auto checked = check_traces(request.SerializePartialAsString(), {});
        return !checked && checked.error().code == Errc::bad_payload &&
               checked.error().context.find("UTF-8 at byte") != std::string::npos;
    };
    const auto request_with = [](auto&& spoil) {
        pb::TracesRequest request;
        auto& group = *request.add_resource_spans();
        auto& span = *group.add_scope_spans()->add_spans();
        span.set_trace_id(std::string(16, 't'));
        span.set_span_id(std::string(8, 's'));
        spoil(group, span);
        return request;
    };
    using Group = pb::ResourceSpans;
    EXPECT_FALSE(refused(request_with([](Group&, pb::Span&) {})));
    EXPECT_TRUE(refused(request_with([&](Group& group, pb::Span&) { group.set_schema_url(bad); })));
    EXPECT_TRUE(refused(request_with([&](Group& g, pb::Span&) { g.mutable_scope_spans(0)->set_schema_url(bad); })));
    EXPECT_TRUE(
        refused(request_with([&](Group& g, pb::Span&) { g.mutable_resource()->add_attributes()->set_key(bad); })));
    EXPECT_TRUE(
        refused(request_with([&](Group& g, pb::Span&) { g.mutable_resource()->add_entity_refs()->add_id_keys(bad); })));
    EXPECT_TRUE(refused(
        request_with([&](Group& g, pb::Span&) { g.mutable_scope_spans(0)->mutable_scope()->set_version(bad); })));
    EXPECT_TRUE(refused(request_with([&](Group&, pb::Span& span) { span.set_name(bad); })));
    EXPECT_TRUE(refused(request_with([&](Group&, pb::Span& span) { span.set_trace_state(bad); })));
    EXPECT_TRUE(refused(request_with([&](Group&, pb::Span& span) { span.mutable_status()->set_message(bad); })));
    EXPECT_TRUE(refused(request_with([&](Group&, pb::Span& span) { span.add_events()->set_name(bad); })));
    EXPECT_TRUE(refused(request_with([&](Group&, pb::Span& span) { span.add_links()->set_trace_state(bad); })));
    EXPECT_TRUE(refused(request_with(
        [&](Group&, pb::Span& span) { span.add_links()->add_attributes()->mutable_value()->set_string_value(bad); })));
    EXPECT_TRUE(refused(request_with([&](Group&, pb::Span& span) {
        span.add_attributes()->mutable_value()->mutable_array_value()->add_values()->set_string_value(bad);
    })));
    EXPECT_FALSE(refused(
        request_with([&](Group&, pb::Span& span) { span.add_attributes()->mutable_value()->set_bytes_value(bad); })));
}

TEST_F(Check, RefusesGroupsAndImpossibleFields) {
    for (const std::string_view payload :
         {std::string_view("\x0b\x0c", 2), std::string_view("\x0e", 1), std::string_view("\x00\x00", 2),
          std::string_view("\x0a", 1), std::string_view("\x0a\x05", 2), std::string_view("\x08", 1),
          std::string_view("\x09\x01\x02", 3), std::string_view("\x0d\x01", 2), std::string_view("\x80", 1),
          std::string_view("\x0a\xff\xff\xff\xff\xff\x01", 7),
          std::string_view("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12)}) {
        const auto checked = check_traces(payload, {});
        ASSERT_FALSE(checked);
        EXPECT_EQ(checked.error().code, Errc::bad_payload);
    }
}

// Goal: never crash, and never accept what libprotobuf refuses.
// Method: random requests, cut at every byte and with random bytes changed. The other direction, refusing what
// libprotobuf accepts, is allowed for the documented differences only; unchanged requests are in walk_test.
TEST_F(Check, NeverAcceptsWhatProtobufRefuses) {
    std::mt19937 random(11);
    unsigned both_accept = 0, only_theirs = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        const auto whole = RandomOtlp(seed).traces().SerializeAsString();
        const auto compare = [&](const std::string& payload) {
            pb::TracesRequest parsed;
            const bool theirs = parsed.ParseFromString(payload);
            const auto ours = check_traces(payload, {});
            ASSERT_TRUE(theirs || !ours) << "seed " << seed << ", " << payload.size() << " bytes";
            both_accept += ours ? 1 : 0;
            only_theirs += theirs && !ours ? 1 : 0;
            if (!ours) return;
            const auto& walked = ours->rejected > 0 ? std::string(ours->cleaned.view()) : payload;
            std::uint32_t items = 0;
            ASSERT_TRUE(for_each_span(walked, [&](const SpanView& span) {
                EXPECT_TRUE(span.ids_valid());
                ++items;
                return true;
            }));
            ASSERT_EQ(items, ours->accepted);
        };
        for (std::size_t size = 0; size < std::min<std::size_t>(whole.size(), 2000); ++size) {
            compare(whole.substr(0, size));
            if (HasFatalFailure()) return;
        }
        for (int round = 0; round < 300 && !whole.empty(); ++round) {
            auto damaged = whole;
            for (auto edits = 1 + random() % 3; edits > 0; --edits) {
                damaged[random() % damaged.size()] = static_cast<char>(random());
            }
            compare(damaged);
            if (HasFatalFailure()) return;
        }
    }
    EXPECT_GT(both_accept, 1000u);
    EXPECT_LT(only_theirs, both_accept / 20) << "groups are the only usual difference";
}

TEST_F(Check, CountsMetricPointsOfEveryKind) {
    pb::MetricsRequest request;
    auto& scope = *request.add_resource_metrics()->add_scope_metrics();
    scope.add_metrics()->mutable_gauge()->add_data_points();
    auto& sum = *scope.add_metrics()->mutable_sum();
    sum.add_data_points()->set_time_unix_nano(1);
    sum.add_data_points();
    scope.add_metrics()->mutable_histogram()->add_data_points();
    scope.add_metrics()->mutable_exponential_histogram()->add_data_points();
    scope.add_metrics()->mutable_summary()->add_data_points();
    scope.add_metrics()->set_name("no points");
    const auto payload = request.SerializeAsString();
    EXPECT_EQ(*count_metric_points(payload), 6u);
    EXPECT_EQ(*count_metric_points(""), 0u);
    EXPECT_FALSE(count_metric_points(payload.substr(0, payload.size() - 1)));
}

}  // namespace
}  // namespace ark::otlp
