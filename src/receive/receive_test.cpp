#include "receive/receive.hpp"

#include "codec/compression.hpp"
#include "codec/json_value.hpp"
#include "disk/faulty_disk.hpp"
#include "journal/embedded.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "otlp/build.hpp"
#include "otlp/walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::receive {
namespace {

using testing::HasSubstr;

/// The doors over a real server and a real journal on a disk that can break.
class Doors : public testing::Test {
protected:
    void SetUp() override { open(ReceiveConfig{}); }

    void open(const ReceiveConfig& config) {
        close();
        journal::EmbeddedConfig journal_config;
        journal_config.directory = "journal";
        journal_config.segment_bytes = 4 << 20;
        journal_ = std::move(*journal::open_embedded(disk_, journal_config, clock_));
        pool_ = std::make_unique<runtime::IoPool>(1);
        work_ = std::make_unique<runtime::WorkPool>(1);
        router_ = std::make_unique<net::Router>();
        auto tenant_of = [](const net::RequestHead&) -> Result<std::string> { return std::string("default"); };
        receive_ = Receive::create(config, {*journal_, *work_, metrics_, clock_, "sync", tenant_of, folded_});
        receive_->register_otlp_http(*router_);
        server_ = std::move(*net::Server::create(*pool_, net::ServerConfig{}, *router_));
        pool_->start();
        server_->start();
    }

    void close() {
        if (!server_) return;
        server_->stop(std::chrono::milliseconds(1000));
        pool_->stop();
        work_->stop();
        journal_->stop();
        server_.reset();
        receive_.reset();
        journal_.reset();
    }
    void TearDown() override { close(); }

    net::ClientResponse post(std::string_view path, std::string_view type, std::string_view body,
                             std::string_view encoding = {}) {
        net::Client client(*net::Url::parse("http://" + server_->address()));
        net::Fields fields;
        fields.add("content-type", type);
        if (!encoding.empty()) fields.add("content-encoding", encoding);
        auto response = client.request("POST", path, fields, body);
        EXPECT_TRUE(response) << (response ? "" : response.error().message());
        return response ? std::move(*response) : net::ClientResponse{};
    }

    std::uint64_t stored() const { return journal_->end() - journal_->begin(); }
    model::BatchPtr first_batch() {
        auto batch = journal_->reader(journal_->begin())->next();
        return batch ? *batch : nullptr;
    }

    std::function<Offset()> folded_;
    disk::FaultyDisk disk_{1};
    FakeClock clock_;
    telemetry::Registry metrics_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<runtime::IoPool> pool_;
    std::unique_ptr<runtime::WorkPool> work_;
    std::unique_ptr<net::Router> router_;
    std::unique_ptr<Receive> receive_;
    std::unique_ptr<net::Server> server_;
};

constexpr std::string_view protobuf = "application/x-protobuf";
constexpr std::string_view json = "application/json";

otlp::Span span_named(std::string name) {
    static Random random(7);
    otlp::Span span;
    span.trace_id = random.trace_id();
    span.span_id = random.span_id();
    span.name = std::move(name);
    span.start = UnixNanos{1'700'000'000'000'000'000};
    span.end = UnixNanos{1'700'000'001'000'000'000};
    return span;
}

std::string traces_of(const std::vector<otlp::Span>& spans) {
    return otlp::encode_traces({{"service.name", "test"}}, {"scope", "1"}, spans);
}

}  // namespace

TEST_F(Doors, AcknowledgeWithAReceiptOnceDurable) {
    const auto response = post("/v1/traces", protobuf, traces_of({span_named("a"), span_named("b")}));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.fields.find("content-type"), protobuf);
    EXPECT_EQ(response.fields.find("ark-durability"), "sync");
    const auto receipt = Cursor::parse(response.fields.find("ark-receipt"));
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->epoch, journal_->epoch());
    EXPECT_EQ(receipt->offset, Offset{2});
    EXPECT_EQ(stored(), 2u);
}

TEST_F(Doors, KeepTheBytesAsTheyCame) {
    const auto body = traces_of({span_named("a")});
    const auto compressed = codec::gzip(body);
    EXPECT_EQ(post("/v1/traces", protobuf, compressed.view(), "gzip").status, 200);
    const auto batch = first_batch();
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->header().encoding, model::Encoding::gzip);
    EXPECT_EQ(batch->wire(), compressed.view());
    EXPECT_EQ(batch->payload(), body);
}

TEST_F(Doors, TakeZstdAndJson) {
    const auto body = traces_of({span_named("a")});
    EXPECT_EQ(post("/v1/traces", protobuf, codec::zstd(body).view(), "zstd").status, 200);
    const auto response =
        post("/v1/traces", "application/json; charset=utf-8",
             R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",)"
             R"("spanId":"EEE19B7EC3C1B174","name":"j","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{}");
    EXPECT_EQ(response.fields.find("content-type"), json);
    EXPECT_EQ(stored(), 2u);
}

TEST_F(Doors, RejectOneBadSpanAndKeepTheRest) {
    auto bad = span_named("bad");
    bad.span_id = {};
    const auto response = post("/v1/traces", protobuf, traces_of({span_named("a"), bad, span_named("c")}));
    EXPECT_EQ(response.status, 200);
    EXPECT_FALSE(response.body.empty()) << "partial_success";
    EXPECT_EQ(stored(), 2u);
    std::vector<std::string> names;
    const auto batch = first_batch();
    ASSERT_TRUE(batch);
    const auto walked = otlp::for_each_span(batch->payload(), [&names](const otlp::SpanView& span) {
        names.emplace_back(span.name);
        return true;
    });
    EXPECT_TRUE(walked);
    EXPECT_THAT(names, testing::ElementsAre("a", "c"));
}

TEST_F(Doors, AnswerErrorsInTheRequestsEncoding) {
    const auto malformed = post("/v1/traces", protobuf, "\x0a\xff\xff");
    EXPECT_EQ(malformed.status, 400);
    EXPECT_EQ(malformed.fields.find("content-type"), protobuf);
    const auto bad_json = post("/v1/traces", json, "{\"resourceSpans\": [");
    EXPECT_EQ(bad_json.status, 400);
    EXPECT_TRUE(codec::JsonValue::parse(bad_json.body)) << bad_json.body;
    EXPECT_EQ(post("/v1/traces", "text/plain", "x").status, 415);
    EXPECT_EQ(post("/v1/traces", protobuf, "x", "compress").status, 415);
    EXPECT_EQ(post("/v1/traces", protobuf, "x", "br").status, 400);
    EXPECT_EQ(post("/v1/traces", protobuf, "x", "deflate").status, 400);
    EXPECT_EQ(post("/v1/traces", protobuf, "not gzip", "gzip").status, 400);
    EXPECT_EQ(stored(), 0u);
}

TEST_F(Doors, StopBombsAndOversizeBodies) {
    ReceiveConfig config;
    config.request_bytes_max = 100'000;
    open(config);
    EXPECT_EQ(post("/v1/traces", protobuf, std::string(100'001, 'x')).status, 413);
    const auto bomb = codec::gzip(std::string(50'000'000, '\0'), 9);
    ASSERT_LT(bomb.size(), 100'000u);
    EXPECT_EQ(post("/v1/traces", protobuf, bomb.view(), "gzip").status, 413);
}

TEST_F(Doors, AnEmptyRequestIsASuccessWithoutAnItem) {
    const auto response = post("/v1/traces", protobuf, "");
    EXPECT_EQ(response.status, 200);
    EXPECT_FALSE(response.fields.has("ark-receipt"));
    EXPECT_EQ(stored(), 0u);
}

TEST_F(Doors, CountMetricsWithoutKeepingThem) {
    EXPECT_EQ(post("/v1/metrics", json,
                   R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":)"
                   R"([{"asDouble":1},{"asDouble":2}]}}]}]}]})")
                  .status,
              200);
    EXPECT_EQ(stored(), 0u);
    EXPECT_THAT(metrics_.text(), HasSubstr("ark_ingest_items_total{signal=\"metrics\"} 2\n"));
}

// Goal: a follower that stands still slows the doors down and never closes them.
TEST_F(Doors, GoOnWhenTheViewsStandStill) {
    folded_ = [] { return Offset{0}; };
    ReceiveConfig config;
    config.lag_bytes_max = 1;
    config.lag_wait_max = std::chrono::milliseconds(5);
    open(config);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(post("/v1/traces", protobuf, traces_of({span_named("a")})).status, 200);
    EXPECT_EQ(stored(), 3u);
}

// Goal: a sender whose items are not safe is told so, in a way that makes it send them again.
TEST_F(Doors, AFailingDiskIsRetryableAndNothingIsAcknowledged) {
    disk_.fail_sync(1);
    const auto response = post("/v1/traces", protobuf, traces_of({span_named("a")}));
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.fields.find("ark-receipt"), "");
    EXPECT_EQ(stored(), 0u);
    const auto later = post("/v1/traces", protobuf, traces_of({span_named("b")}));
    EXPECT_EQ(later.status, 503);
    EXPECT_TRUE(later.fields.has("retry-after"));
}

}  // namespace ark::receive
