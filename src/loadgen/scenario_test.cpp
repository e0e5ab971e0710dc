#include "loadgen/scenario.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace ark::loadgen {
namespace {

constexpr Shape all_shapes[] = {Shape::chat, Shape::team, Shape::deep, Shape::wide, Shape::errors, Shape::questions};

ScenarioConfig config_of(Shape shape, unsigned sessions = 3) {
    ScenarioConfig config;
    config.shapes = {shape};
    config.seed = 7;
    config.sessions = sessions;
    config.start = UnixNanos{1'700'000'000'000'000'000};
    return config;
}

std::string wire(const Step& step) {
    if (step.span() != nullptr) return otlp::encode_traces({}, {}, {*step.span()});
    return otlp::encode_logs({}, {}, {*step.event()});
}

std::string text_of(const otlp::ValueMap& map, std::string_view key) {
    for (const auto& [name, value] : map) {
        const auto* text = std::get_if<std::string>(&value.data);
        if (name == key && text != nullptr) return *text;
    }
    return "";
}

TEST(Scenario, SameSeedSameBytes) {
    for (const auto shape : all_shapes) {
        Scenario a(config_of(shape));
        Scenario b(config_of(shape));
        for (int i = 0; i < 500; ++i)
            ASSERT_EQ(wire(a.next()), wire(b.next())) << name(shape);
        auto other = config_of(shape);
        other.seed = 8;
        EXPECT_NE(wire(Scenario(config_of(shape)).next()), wire(Scenario(other).next()));
    }
}

TEST(Scenario, StepsAreInOrderOfTime) {
    for (const auto shape : all_shapes) {
        Scenario scenario(config_of(shape));
        UnixNanos last;
        for (int i = 0; i < 2000; ++i) {
            const auto announced = scenario.next_at();
            const auto step = scenario.next();
            ASSERT_EQ(step.at, announced);
            ASSERT_GE(step.at, last) << name(shape) << " step " << i;
            last = step.at;
        }
    }
}

// Goal: what is sent looks like a producer's telemetry: every span was announced before it ended, parents exist,
// children lie within their parents, every operation that starts also ends.
TEST(Scenario, SpansAreAnnouncedAndNested) {
    for (const auto shape : all_shapes) {
        Scenario scenario(config_of(shape, 1));
        std::set<SpanId> started;
        std::map<SpanId, otlp::Span> spans;
        for (int i = 0; i < 1500 || scenario.next_at().value() < 1; ++i) {
            const auto step = scenario.next();
            if (const auto* event = step.event()) {
                if (event->event_name.ends_with("Start")) started.insert(event->span_id);
                EXPECT_FALSE(text_of(event->attributes, "sessionId").empty());
                continue;
            }
            const auto& span = *step.span();
            EXPECT_TRUE(started.contains(span.span_id)) << name(shape) << ": " << span.name;
            EXPECT_LE(span.start, span.end);
            EXPECT_TRUE(spans.emplace(span.span_id, span).second) << "an id twice";
        }
        for (const auto& [id, span] : spans) {
            const auto parent = spans.find(span.parent_span_id);
            if (parent == spans.end()) continue;  // a root, or its parent has not ended yet
            EXPECT_LE(parent->second.start, span.start) << name(shape) << ": " << span.name;
            EXPECT_GE(parent->second.end, span.end) << name(shape) << ": " << span.name;
        }
    }
}

TEST(Scenario, ShapesShowWhatTheyPromise) {
    const auto has = [](Shape shape, auto&& wanted) {
        Scenario scenario(config_of(shape));
        for (int i = 0; i < 3000; ++i) {
            if (wanted(scenario.next())) return true;
        }
        return false;
    };
    const auto event_named = [](std::string_view reason) {
        return [reason](const Step& step) { return step.event() != nullptr && step.event()->event_name == reason; };
    };
    EXPECT_TRUE(has(Shape::team, event_named("TeamMemberStart")));
    EXPECT_TRUE(has(Shape::team, event_named("A2ACallStart")));
    EXPECT_TRUE(has(Shape::team, event_named("MemoryRetrieveComplete")));
    EXPECT_TRUE(has(Shape::questions, event_named("QuestionAsked")));
    EXPECT_TRUE(has(Shape::questions, event_named("QuestionExpired")));
    EXPECT_TRUE(has(Shape::errors, event_named("ToolCallError")));
    EXPECT_TRUE(has(Shape::errors, event_named("QueryExecutionError")));
    EXPECT_FALSE(has(Shape::chat, event_named("ToolCallError")));
    EXPECT_TRUE(
        has(Shape::errors, [](const Step& step) { return step.span() != nullptr && step.span()->status_code == 2; }));
}

TEST(Scenario, SpeedMakesTheRate) {
    auto config = config_of(Shape::team, 10);
    const auto natural = natural_rate(config);
    ASSERT_GT(natural, 1);
    config.speed = 1000 / natural;
    Scenario scenario(config);
    constexpr int steps = 20'000;
    for (int i = 0; i < steps; ++i)
        scenario.next();
    const auto seconds = static_cast<double>(scenario.next_at() - config.start) / 1e9;
    EXPECT_NEAR(steps / seconds, 1000, 150);
}

TEST(Scenario, OneNameForAllSessions) {
    auto config = config_of(Shape::team);
    config.session_id = "s-live";
    Scenario scenario(config);
    for (int i = 0; i < 200; ++i) {
        const auto step = scenario.next();
        const auto session = step.span() != nullptr ? text_of(step.span()->attributes, "ark.session.id")
                                                    : text_of(step.event()->attributes, "sessionId");
        ASSERT_EQ(session, "s-live");
    }
}

TEST(Shape, NamesReadBack) {
    for (const auto shape : all_shapes)
        EXPECT_EQ(parse_shape(name(shape)), shape);
    EXPECT_FALSE(parse_shape("nonsense"));
}

}  // namespace
}  // namespace ark::loadgen
