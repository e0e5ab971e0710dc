#include "load.hpp"

#include "otlp/walk.hpp"
#include "testing/fake_broker.hpp"

#include <atomic>

#include <gtest/gtest.h>

namespace ark::cli {
namespace {

LoadConfig config_for(const FakeBroker& broker) {
    LoadConfig config;
    config.endpoint = *net::Url::parse(broker.url());
    config.scenario.shapes = {loadgen::Shape::team};
    config.scenario.sessions = 4;
    config.pace = LoadConfig::Pace::unlimited;
    config.batch_max = 50;
    config.items_max = 1000;
    return config;
}

void run_to_the_end(Load& load) {
    load.start();
    for (int i = 0; i < 2000 && load.running(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    load.stop();
}

TEST(Load, SendsEverythingThatItCounts) {
    FakeBroker broker([](const FakeBroker::Request&) { return net::Response{}; });
    auto config = config_for(broker);
    config.connections = 2;
    Load load(config);
    run_to_the_end(load);
    const auto report = load.report();
    std::uint64_t spans = 0;
    std::uint64_t events = 0;
    for (const auto& request : broker.requests()) {
        if (request.target == "/v1/traces") {
            ASSERT_TRUE(otlp::for_each_span(
                request.body, [&](const otlp::SpanView& span) { return span.ids_valid() && ++spans != 0; }));
        } else {
            ASSERT_EQ(request.target, "/v1/logs");
            ASSERT_TRUE(otlp::for_each_log(
                request.body, [&](const otlp::LogView& log) { return !log.event_name.empty() && ++events != 0; }));
        }
    }
    EXPECT_GE(spans + events, 1000u);
    EXPECT_EQ(report.spans, spans);
    EXPECT_EQ(report.events, events);
    EXPECT_EQ(report.requests, broker.requests().size());
    EXPECT_EQ(report.lost, 0u);
    EXPECT_GT(report.p50_ms, 0);
    EXPECT_LE(report.p50_ms, report.p99_ms);
}

TEST(Load, TriesAgainWhatMaySucceedLater) {
    std::atomic<int> requests = 0;
    FakeBroker broker([&](const FakeBroker::Request&) {
        net::Response response;
        if (requests++ == 1) response.status = 503;
        return response;
    });
    auto config = config_for(broker);
    config.items_max = 200;
    Load load(config);
    run_to_the_end(load);
    EXPECT_EQ(load.report().retries, 1u);
    EXPECT_EQ(load.report().lost, 0u);
}

TEST(Load, CountsWhatIsRefused) {
    FakeBroker broker([](const FakeBroker::Request& request) {
        net::Response response;
        if (request.target == "/v1/traces") response.status = 400;
        return response;
    });
    auto config = config_for(broker);
    config.items_max = 200;
    Load load(config);
    run_to_the_end(load);
    const auto report = load.report();
    EXPECT_GT(report.lost, 0u);
    EXPECT_EQ(report.spans, 0u);
    EXPECT_EQ(report.retries, 0u);
    EXPECT_EQ(report.last_error, "status 400");
}

TEST(Load, SpeaksJson) {
    FakeBroker broker([](const FakeBroker::Request&) { return json_answer("{}"); });
    auto config = config_for(broker);
    config.json = true;
    config.items_max = 100;
    Load load(config);
    run_to_the_end(load);
    EXPECT_EQ(load.report().lost, 0u);
    EXPECT_EQ(load.report().rejected, 0u);
    for (const auto& request : broker.requests())
        EXPECT_TRUE(request.body.starts_with("{\"resource")) << request.body.substr(0, 60);
}

TEST(Load, KeepsTheRate) {
    FakeBroker broker([](const FakeBroker::Request&) { return net::Response{}; });
    auto config = config_for(broker);
    config.items_max = 0;
    config.pace = LoadConfig::Pace::rate;
    config.rate = 500;
    config.scenario.sessions = 20;
    Load load(config);
    load.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    load.stop();
    const auto report = load.report();
    EXPECT_GT(static_cast<double>(report.spans + report.events) / report.seconds, 150);
    EXPECT_LT(static_cast<double>(report.spans + report.events) / report.seconds, 1000);
}

}  // namespace
}  // namespace ark::cli
