#include "otlp/walk.hpp"

#include "otlp/build.hpp"
#include "otlp/check.hpp"
#include "otlp/oracle/random_otlp.hpp"

#include <bit>

#include <gtest/gtest.h>

namespace ark::otlp {
namespace {

using oracle::RandomOtlp;
namespace pb = oracle::pb;
using Type = model::ValueView::Type;

void expect_same(const model::ValueView& ours, const pb::AnyValue& theirs);

template <class PairList>
void expect_same_attributes(Attributes ours, const PairList& theirs) {
    model::AttributeView attribute;
    for (const auto& pair : theirs) {
        ASSERT_TRUE(ours.next(attribute));
        EXPECT_EQ(attribute.key, pair.key());
        expect_same(attribute.value, pair.value());
    }
    EXPECT_FALSE(ours.next(attribute));
    EXPECT_FALSE(ours.next(attribute)) << "the end stays the end";
}

void expect_same(const model::ValueView& ours, const pb::AnyValue& theirs) {
    switch (theirs.value_case()) {
        case pb::AnyValue::kStringValue:
            EXPECT_EQ(ours.type, Type::string);
            EXPECT_EQ(ours.text, theirs.string_value());
            break;
        case pb::AnyValue::kBoolValue:
            EXPECT_EQ(ours.type, Type::boolean);
            EXPECT_EQ(ours.boolean, theirs.bool_value());
            break;
        case pb::AnyValue::kIntValue:
            EXPECT_EQ(ours.type, Type::integer);
            EXPECT_EQ(ours.integer, theirs.int_value());
            break;
        case pb::AnyValue::kDoubleValue:
            EXPECT_EQ(ours.type, Type::real);
            EXPECT_EQ(std::bit_cast<std::uint64_t>(ours.real), std::bit_cast<std::uint64_t>(theirs.double_value()));
            break;
        case pb::AnyValue::kArrayValue: {
            ASSERT_EQ(ours.type, Type::array);
            ArrayWalk walk(ours);
            model::ValueView element;
            for (const auto& expected : theirs.array_value().values()) {
                ASSERT_TRUE(walk.next(element));
                expect_same(element, expected);
            }
            EXPECT_FALSE(walk.next(element));
            break;
        }
        case pb::AnyValue::kKvlistValue:
            ASSERT_EQ(ours.type, Type::map);
            expect_same_attributes(map_members(ours), theirs.kvlist_value().values());
            break;
        case pb::AnyValue::kBytesValue:
            EXPECT_EQ(ours.type, Type::bytes);
            EXPECT_EQ(ours.text, theirs.bytes_value());
            break;
        case pb::AnyValue::VALUE_NOT_SET:
            EXPECT_EQ(ours.type, Type::empty);
            break;
    }
}

void expect_same(const ResourceView& ours, const pb::Resource& theirs, const std::string& schema_url) {
    EXPECT_EQ(ours.schema_url, schema_url);
    EXPECT_EQ(ours.dropped_attributes_count(), theirs.dropped_attributes_count());
    expect_same_attributes(ours.attributes(), theirs.attributes());
}

void expect_same(const ScopeView& ours, const pb::Scope& theirs, const std::string& schema_url) {
    EXPECT_EQ(ours.name, theirs.name());
    EXPECT_EQ(ours.version, theirs.version());
    EXPECT_EQ(ours.schema_url, schema_url);
    EXPECT_EQ(ours.dropped_attributes_count(), theirs.dropped_attributes_count());
    expect_same_attributes(ours.attributes(), theirs.attributes());
}

void expect_same_parts(const SpanView& ours, const pb::Span& theirs) {
    int events = 0;
    for_each_span_event(ours, [&](const SpanEventView& event) {
        ASSERT_LT(events, theirs.events_size());
        const auto& expected = theirs.events(events++);
        EXPECT_EQ(event.name, expected.name());
        EXPECT_EQ(event.time.value(), expected.time_unix_nano());
        EXPECT_EQ(event.dropped_attributes_count, expected.dropped_attributes_count());
        expect_same_attributes(event.attributes(), expected.attributes());
    });
    EXPECT_EQ(events, theirs.events_size());
    int links = 0;
    for_each_span_link(ours, [&](const SpanLinkView& link) {
        ASSERT_LT(links, theirs.links_size());
        const auto& expected = theirs.links(links++);
        EXPECT_EQ(link.trace_id.view(), expected.trace_id());
        EXPECT_EQ(link.span_id.view(), expected.span_id());
        EXPECT_EQ(link.trace_state, expected.trace_state());
        EXPECT_EQ(link.flags, expected.flags());
        EXPECT_EQ(link.dropped_attributes_count, expected.dropped_attributes_count());
        expect_same_attributes(link.attributes(), expected.attributes());
    });
    EXPECT_EQ(links, theirs.links_size());
}

void expect_same(const SpanView& ours, const pb::Span& theirs) {
    EXPECT_EQ(ours.trace_id.view(), theirs.trace_id());
    EXPECT_EQ(ours.span_id.view(), theirs.span_id());
    EXPECT_EQ(ours.parent_span_id.view(),
              theirs.parent_span_id().empty() ? std::string(8, '\0') : theirs.parent_span_id());
    EXPECT_EQ(ours.trace_state, theirs.trace_state());
    EXPECT_EQ(ours.name, theirs.name());
    EXPECT_EQ(ours.kind, static_cast<std::uint32_t>(theirs.kind()));
    EXPECT_EQ(ours.start.value(), theirs.start_time_unix_nano());
    EXPECT_EQ(ours.end.value(), theirs.end_time_unix_nano());
    EXPECT_EQ(ours.status_code, static_cast<std::uint32_t>(theirs.status().code()));
    EXPECT_EQ(ours.status_message, theirs.status().message());
    EXPECT_EQ(ours.flags, theirs.flags());
    EXPECT_EQ(ours.dropped_attributes_count, theirs.dropped_attributes_count());
    EXPECT_EQ(ours.dropped_events_count, theirs.dropped_events_count());
    EXPECT_EQ(ours.dropped_links_count, theirs.dropped_links_count());
    EXPECT_EQ(ours.event_count, static_cast<std::uint32_t>(theirs.events_size()));
    EXPECT_EQ(ours.link_count, static_cast<std::uint32_t>(theirs.links_size()));
    expect_same_attributes(ours.attributes(), theirs.attributes());
    expect_same_parts(ours, theirs);
}

void expect_same(const LogView& ours, const pb::LogRecord& theirs) {
    EXPECT_EQ(ours.time.value(), theirs.time_unix_nano());
    EXPECT_EQ(ours.observed.value(), theirs.observed_time_unix_nano());
    EXPECT_EQ(ours.severity_number, static_cast<std::uint32_t>(theirs.severity_number()));
    EXPECT_EQ(ours.severity_text, theirs.severity_text());
    EXPECT_EQ(ours.event_name, theirs.event_name());
    EXPECT_EQ(ours.trace_id.view(), theirs.trace_id().empty() ? std::string(16, '\0') : theirs.trace_id());
    EXPECT_EQ(ours.span_id.view(), theirs.span_id().empty() ? std::string(8, '\0') : theirs.span_id());
    EXPECT_EQ(ours.flags, theirs.flags());
    EXPECT_EQ(ours.dropped_attributes_count, theirs.dropped_attributes_count());
    expect_same(ours.body, theirs.body());
    expect_same_attributes(ours.attributes(), theirs.attributes());
}

// Goal: the walk sees exactly what libprotobuf sees, and what libprotobuf writes is accepted.
TEST(Walk, SeesSpansAsProtobufDoes) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        const auto request = RandomOtlp(seed).traces();
        const auto payload = request.SerializeAsString();
        const auto checked = check_traces(payload, {});
        ASSERT_TRUE(checked) << checked.error().message();
        EXPECT_EQ(checked->rejected, 0u);

        struct Expected {
            const pb::ResourceSpans& group;
            const pb::ScopeSpans& scope;
            const pb::Span& span;
        };
        std::vector<Expected> expected;
        for (const auto& group : request.resource_spans()) {
            for (const auto& scope : group.scope_spans()) {
                for (const auto& span : scope.spans())
                    expected.push_back({group, scope, span});
            }
        }
        EXPECT_EQ(checked->accepted, expected.size());
        std::size_t at = 0;
        const auto walked = for_each_span(payload, [&](const SpanView& span) {
            EXPECT_LT(at, expected.size());
            const auto& each = expected[at++];
            expect_same(*span.resource, each.group.resource(), each.group.schema_url());
            expect_same(*span.scope, each.scope.scope(), each.scope.schema_url());
            expect_same(span, each.span);
            return !testing::Test::HasFailure();
        });
        ASSERT_TRUE(walked);
        ASSERT_EQ(at, expected.size()) << seed;
    }
}

TEST(Walk, SeesLogsAsProtobufDoes) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        const auto request = RandomOtlp(seed).logs();
        const auto payload = request.SerializeAsString();
        const auto checked = check_logs(payload, {});
        ASSERT_TRUE(checked) << checked.error().message();
        std::vector<const pb::LogRecord*> expected;
        for (const auto& group : request.resource_logs()) {
            for (const auto& scope : group.scope_logs()) {
                for (const auto& record : scope.log_records())
                    expected.push_back(&record);
            }
        }
        EXPECT_EQ(checked->accepted, expected.size());
        std::size_t at = 0;
        const auto walked = for_each_log(payload, [&](const LogView& record) {
            EXPECT_LT(at, expected.size());
            expect_same(record, *expected[at++]);
            return !testing::Test::HasFailure();
        });
        ASSERT_TRUE(walked);
        ASSERT_EQ(at, expected.size()) << seed;
    }
}

TEST(Walk, FindsResourceAndScopeBehindTheirItems) {
    pb::TracesRequest request;
    auto& group = *request.add_resource_spans();
    group.mutable_resource()->add_attributes()->set_key("service.name");
    group.set_schema_url("https://schema");
    pb::ScopeSpans scope;
    scope.mutable_scope()->set_name("tracer");
    pb::ScopeSpans items;
    RandomOtlp random(1);
    auto& span = *items.add_spans();
    span.set_trace_id(random.bytes(16));
    span.set_span_id(random.bytes(8));

    const auto nest = [](char tag, const std::string& body) {
        return std::string(1, tag) + static_cast<char>(body.size()) + body;
    };
    const std::string scope_wire = items.SerializeAsString() + scope.SerializeAsString();
    const std::string group_wire = nest(0x12, scope_wire) + group.SerializeAsString();
    const std::string payload = nest(0x0a, group_wire);
    ASSERT_TRUE(check_traces(payload, {}));
    int seen = 0;
    ASSERT_TRUE(for_each_span(payload, [&](const SpanView& view) {
        model::AttributeView attribute;
        EXPECT_TRUE(view.resource->attributes().next(attribute));
        EXPECT_EQ(attribute.key, "service.name");
        EXPECT_EQ(view.resource->schema_url, "https://schema");
        EXPECT_EQ(view.scope->name, "tracer");
        ++seen;
        return true;
    }));
    EXPECT_EQ(seen, 1);
}

TEST(Walk, StopsWhenTheVisitorSaysSo) {
    std::vector<Span> spans(3);
    const auto payload = encode_traces({}, {}, spans);
    int seen = 0;
    EXPECT_TRUE(for_each_span(payload, [&](const SpanView&) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
}

TEST(Walk, RefusesDamagedPayloads) {
    const auto walked = for_each_span("\x0a\x05xx", [](const SpanView&) { return true; });
    ASSERT_FALSE(walked);
    EXPECT_EQ(walked.error().code, Errc::bad_payload);
}

}  // namespace
}  // namespace ark::otlp
