#include "broker/broker.hpp"

#include "base/random.hpp"
#include "codec/json_value.hpp"
#include "net/client.hpp"
#include "net/sse.hpp"
#include "otlp/build.hpp"

#include <cctype>
#include <filesystem>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ark::broker {
namespace {

/// A broker on free ports over a directory that is removed afterwards.
class RunningBroker : public testing::Test {
protected:
    void SetUp() override {
        directory_ = std::filesystem::temp_directory_path() / ("ark-broker-test-" + std::to_string(::getpid()));
        std::filesystem::remove_all(directory_);
        launch();
    }
    void TearDown() override {
        broker_.reset();
        std::filesystem::remove_all(directory_);
    }

    void launch() {
        BrokerConfig config;
        config.listen = config.otlp_listen = config.grpc_listen = ListenAddress{"127.0.0.1", 0};
        config.data = directory_;
        config.segment_bytes = 8 << 20;
        config.log_level = "warn";
        auto broker = Broker::create(config);
        ASSERT_TRUE(broker) << broker.error().message();
        broker_ = std::move(*broker);
        ASSERT_TRUE(broker_->start());
    }

    net::Client client() const { return net::Client(*net::Url::parse("http://" + broker_->http_address())); }

    codec::JsonValue get(std::string_view target) const {
        auto response = client().request("GET", target);
        EXPECT_TRUE(response) << (response ? "" : response.error().message());
        if (!response) return {};
        EXPECT_EQ(response->status, 200) << target << ": " << response->body;
        auto value = codec::JsonValue::parse(response->body);
        EXPECT_TRUE(value) << response->body;
        return value ? std::move(*value) : codec::JsonValue{};
    }

    /// Sends one agent run; returns the receipt.
    std::string send_run(const TraceId& trace, const std::string& session) {
        Random random(trace.bytes[0] + 1u);
        otlp::Span agent;
        agent.trace_id = trace;
        agent.span_id = random.span_id();
        agent.name = "invoke_agent planner";
        agent.start = UnixNanos{1'763'632'800'000'000'000};
        agent.end = UnixNanos{1'763'632'803'000'000'000};
        agent.attributes = {
            {"gen_ai.operation.name", "invoke_agent"}, {"gen_ai.agent.name", "planner"}, {"session.id", session}};
        otlp::Span llm = agent;
        llm.span_id = random.span_id();
        llm.parent_span_id = agent.span_id;
        llm.name = "chat gpt-x";
        llm.attributes = {{"gen_ai.operation.name", "chat"},
                          {"gen_ai.request.model", "gpt-x"},
                          {"gen_ai.usage.input_tokens", std::int64_t{100}},
                          {"gen_ai.usage.output_tokens", std::int64_t{20}}};
        const auto body = otlp::encode_traces({{"service.name", "test"}}, {"test", ""}, {agent, llm});
        net::Fields fields;
        fields.add("content-type", "application/x-protobuf");
        auto response = net::Client(*net::Url::parse("http://" + broker_->otlp_address()))
                            .request("POST", "/v1/traces", fields, body);
        EXPECT_TRUE(response);
        EXPECT_EQ(response->status, 200) << response->body;
        return std::string(response->fields.find("ark-receipt"));
    }

    std::filesystem::path directory_;
    std::unique_ptr<Broker> broker_;
};

}  // namespace

TEST_F(RunningBroker, ShowsWhatItAcknowledged) {
    const auto trace = Random(1).trace_id();
    const auto receipt = send_run(trace, "s-1");
    const auto session = get("/v1/sessions/s-1?at_least=" + receipt);
    EXPECT_EQ(session["spans"].integer(), 2);
    EXPECT_EQ(session["usage"]["total"]["inputTokens"].integer(), 100);
    const auto found = get("/v1/traces/" + trace.hex());
    EXPECT_EQ(found["trace"]["sessionId"].text(), "s-1");
    const auto events = get("/v1/events?session=s-1&order=asc");
    EXPECT_EQ(events["items"].size(), 4u) << "a start and an end of two spans: " << events.dump();
}

TEST_F(RunningBroker, KeepsEverythingAcrossARestart) {
    const auto trace = Random(2).trace_id();
    send_run(trace, "s-2");
    broker_->stop();
    broker_.reset();
    launch();
    const auto session = get("/v1/sessions/s-2");
    EXPECT_EQ(session["spans"].integer(), 2);
    const auto receipt = Cursor::parse(send_run(Random(3).trace_id(), "s-3"));
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->offset, Offset{4});
}

TEST_F(RunningBroker, StreamsWhatArrivesAndResumes) {
    send_run(Random(4).trace_id(), "s-4");
    std::vector<std::string> ids;
    auto stream = client();
    net::SseParser parser;
    const auto on_event = [&ids](const net::SseEvent& event) {
        if (event.type == "span") ids.push_back(event.id);
    };
    const auto take = [&](std::string_view bytes) { return parser.feed(bytes, on_event) && ids.size() < 2; };
    const auto any = [](const net::ClientResponse& head) { return head.status == 200; };
    EXPECT_TRUE(stream.stream("/v1/stream?topics=span&since=start", {}, std::chrono::seconds(10), any, take));
    ASSERT_EQ(ids.size(), 2u);

    send_run(Random(5).trace_id(), "s-4");
    net::Fields resume;
    resume.add("last-event-id", ids[0]);
    ids.clear();
    net::SseParser again;
    const auto take_three = [&](std::string_view bytes) { return again.feed(bytes, on_event) && ids.size() < 3; };
    auto second = client();
    EXPECT_TRUE(second.stream("/v1/stream?topics=span", resume, std::chrono::seconds(10), any, take_three));
    EXPECT_EQ(ids.size(), 3u) << "one of the first run, two of the second";
}

TEST_F(RunningBroker, ServesThePageMetricsAndHealth) {
    EXPECT_EQ(client().request("GET", "/")->status, 200);
    EXPECT_EQ(client().request("GET", "/healthz")->status, 200);
    EXPECT_EQ(client().request("GET", "/openapi.json")->status, 200);
    const auto metrics = client().request("GET", "/metrics");
    EXPECT_THAT(metrics->body, testing::HasSubstr("ark_journal_end_offset 0\n"));
    EXPECT_EQ(client().request("GET", "/nothing")->status, 404);
}

// What is served is described, and nothing else; every reference within the document leads somewhere.
TEST_F(RunningBroker, DescribesAllItsRoutes) {
    const auto document = codec::JsonValue::parse(client().request("GET", "/openapi.json")->body);
    ASSERT_TRUE(document);
    std::vector<const codec::JsonValue*> open{&*document};
    while (!open.empty()) {
        const auto& value = *open.back();
        open.pop_back();
        for (const auto& element : value.array())
            open.push_back(&element);
        for (const auto& [name, member] : value.object()) {
            open.push_back(&member);
            if (name != "$ref") continue;
            const auto* target = &*document;
            for (auto rest = member.text().substr(2); !rest.empty();) {
                const auto slash = rest.find('/');
                target = &(*target)[rest.substr(0, slash)];
                rest = slash == rest.npos ? std::string_view() : rest.substr(slash + 1);
            }
            EXPECT_TRUE(target->is_object()) << member.text();
        }
    }
    std::set<std::pair<std::string, std::string>> described;
    for (const auto& [path, operations] : (*document)["paths"].object()) {
        for (const auto& [method, operation] : operations.object()) {
            std::string upper;
            for (const char c : method)
                upper.push_back(static_cast<char>(std::toupper(c)));
            described.emplace(upper, path);
        }
    }
    const auto served = broker_->routes();
    EXPECT_EQ(described, std::set(served.begin(), served.end()));
}

TEST_F(RunningBroker, KeepsTenantsApart) {
    send_run(Random(6).trace_id(), "s-6");
    net::Fields other;
    other.add("x-scope-orgid", "other");
    EXPECT_EQ(client().request("GET", "/v1/sessions/s-6", other)->status, 404);
}

TEST(Broker, RefusesToExposeItselfWithoutTheFlag) {
    BrokerConfig config;
    config.listen = ListenAddress{"0.0.0.0", 0};
    config.data = std::filesystem::temp_directory_path() / "ark-broker-never";
    const auto broker = Broker::create(config);
    ASSERT_FALSE(broker);
    EXPECT_EQ(broker.error().code, Errc::config);
    EXPECT_THAT(broker.error().context, testing::HasSubstr("--allow-public"));
}

}  // namespace ark::broker
