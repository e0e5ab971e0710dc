// Goal: the reference's protocols for memory and chunks, as a service of theirs sees them.
#include "runs/memory.hpp"

#include "emit/chunk_streams.hpp"
#include "tools/testing.hpp"

#include <atomic>

#include <gmock/gmock.h>

namespace ark::runs {
namespace {

using ::testing::HasSubstr;

class MemoryTest : public tools::ServerTest {
protected:
    std::unique_ptr<Memory> memory() {
        net::Fields fields;
        fields.set("authorization", "Bearer m");
        return make_memory(*http, url() + "/", fields);
    }
};

TEST_F(MemoryTest, ReadsAllPages) {
    serve([](const tools::Seen& request) {
        const bool first = request.query.find("cursor=0") != std::string::npos;
        const char* one =
            R"({"items":[{"sequence":4,"message":{"role":"user","content":"hi"}},)"
            R"({"sequence":7,"message":{"role":"critic","content":"hm"}}],"hasMore":true,"nextCursor":7})";
        const char* two =
            R"({"items":[{"sequence":9,"message":{"role":"assistant","content":"hello"}}],"hasMore":false})";
        return Say{200, "application/json", first ? one : two, {}};
    });
    const auto history = run(memory()->read("c 1", {}));
    ASSERT_TRUE(history) << history.error().message();
    ASSERT_EQ(history->messages.size(), 3u);
    EXPECT_EQ(history->messages[1].role, llm::Role::user) << "a role that we do not know";
    EXPECT_EQ(history->messages[2].content, "hello");
    EXPECT_EQ(history->last, 9u);
    EXPECT_THAT(seen()[1].query, HasSubstr("conversation_id=c%201&limit=1000&cursor=7"));
    EXPECT_EQ(seen()[0].fields.find("authorization"), "Bearer m");
}

TEST_F(MemoryTest, BeginsAndAdds) {
    serve([](const tools::Seen& request) {
        if (request.path == "/conversations") return Say{201, "application/json", R"({"conversation_id":"c-9"})", {}};
        return Say{200, "application/json", "", {}};  // the reference's answer has no body
    });
    const auto memory = this->memory();
    EXPECT_EQ(*run(memory->begin({})), "c-9");
    const auto added =
        run(memory->add("c-9", "q", R"([{"role":"user","content":"hi"}])", std::chrono::seconds(60), {}));
    EXPECT_TRUE(added) << added.error().message();
    const auto body = *codec::JsonValue::parse(seen()[1].body);
    EXPECT_EQ(body["query_id"].text(), "q");
    EXPECT_EQ(body["messages"][0]["content"].text(), "hi");
    EXPECT_EQ(body["ttl_seconds"].integer(), 60);
}

TEST_F(MemoryTest, AsksAgainWhereNothingWasTaken) {
    std::atomic<int> times = 0;
    serve([&](const tools::Seen&) { return Say{++times < 3 ? 503 : 200, "application/json", "{}", {}}; });
    EXPECT_TRUE(run(memory()->add("c", "q", "[]", std::chrono::seconds(0), {})));
    EXPECT_EQ(times, 3);
    times = -100;
    EXPECT_EQ(run(memory()->add("c", "q", "[]", std::chrono::seconds(0), {})).error().code, Errc::unavailable);
}

TEST_F(MemoryTest, ChunksGoInOrderAndEnd) {
    serve([](const tools::Seen&) { return Say{200, "application/json", "{}", {}}; });
    emit::ChunkStreams::Config config;
    config.stream_bytes_max = 40;
    const auto streams = emit::ChunkStreams::create(context.get_executor(), *http, config);
    auto say = [&]() -> awaitable<bool> {
        auto stream = streams->open(url(), "q/1");
        for (int i = 0; i < 5; ++i)
            stream->line("{\"n\":" + std::to_string(i) + "}    ");  // 12 bytes: three have room
        stream->complete();
        stream.reset();
        co_await streams->stop(std::chrono::seconds(5));
        co_return true;
    };
    EXPECT_TRUE(run(say()));
    std::string body;
    for (const auto& request : seen())
        body += request.body;
    EXPECT_EQ(body, "{\"n\":0}    \n{\"n\":1}    \n{\"n\":2}    \n{}");
    EXPECT_THAT(seen().back().path, HasSubstr("/complete"));
    EXPECT_EQ(seen()[0].fields.find("content-type"), "application/x-ndjson");
    EXPECT_EQ(streams->counters().dropped, 2u);
    EXPECT_EQ(streams->counters().open, 0u);
}

TEST_F(MemoryTest, NobodyWaitsForABrokerThatIsAway) {
    emit::ChunkStreams::Config config;
    config.away_max = std::chrono::milliseconds(150);
    const auto streams = emit::ChunkStreams::create(context.get_executor(), *http, config);
    auto say = [&]() -> awaitable<bool> {
        auto stream = streams->open("http://127.0.0.1:1", "q");
        stream->line("{}");
        stream->complete();
        stream.reset();
        co_await streams->stop(std::chrono::seconds(5));
        co_return true;
    };
    EXPECT_TRUE(run(say()));
    EXPECT_EQ(streams->counters().dropped, 1u);
    EXPECT_EQ(streams->counters().open, 0u);
}

}  // namespace
}  // namespace ark::runs
