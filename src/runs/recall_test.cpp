// Goal: a conversation is read once and stored once, whatever dies in between.
// Method: a memory that keeps what it gets, and steps that outlive a Recall as they outlive a process.
#include "runs/recall.hpp"

#include "agents/testing/world.hpp"
#include "resources/testing/test_store.hpp"
#include "runs/testing/fake_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::runs {
namespace {

using resources::TestStore;
using testing::Contains;
using testing::ElementsAre;

class MemoryNetwork final : public Network {
public:
    awaitable<Result<agents::Brain>> model(Lookup&, resources::ResourcePtr, Overrides) override {
        co_return fail(Errc::unsupported, "no models here");
    }
    awaitable<Result<agents::CallablePtr>> tool(Lookup&, resources::ResourcePtr, llm::ToolDefinition,
                                                Overrides) override {
        co_return fail(Errc::unsupported, "no tools here");
    }
    awaitable<Result<Peer>> peer(Lookup&, resources::ResourcePtr) override {
        co_return fail(Errc::unsupported, "no peers here");
    }
    awaitable<Result<std::shared_ptr<Memory>>> memory(Lookup&, resources::ResourcePtr) override {
        std::shared_ptr<Memory> made = kept;
        co_return made;
    }
    runtime::WorkPool& filter_pool() override { return filters; }
    std::shared_ptr<Memory> broker_memory() override { return has_broker ? kept : nullptr; }
    const std::string& broker() const override { return url; }
    awaitable<Status> forget_events(std::string, std::stop_token) override { co_return ok(); }
    std::unique_ptr<emit::ChunkStream> stream(std::string, std::string_view) override { return nullptr; }

    std::shared_ptr<FakeMemory> kept = std::make_shared<FakeMemory>();
    runtime::WorkPool filters{1};
    std::string url;
    bool has_broker = true;
};

class RecallTest : public testing::Test {
protected:
    void query(const std::string& spec) {
        ASSERT_TRUE(store_.create(
            "Model", R"({"metadata":{"name":"default"},"spec":{"provider":"openai","model":{"value":"m"},)"
                     R"("config":{"openai":{"baseUrl":{"value":"http://127.0.0.1:1"},"apiKey":{"value":"k"}}}}})"));
        ASSERT_TRUE(store_.create("Agent", R"({"metadata":{"name":"a"},"spec":{"prompt":"hi"}})"));
        const auto made = store_.create("Query", R"({"metadata":{"name":"q"},"spec":{"input":"hi",)"
                                                 R"("target":{"type":"agent","name":"a"})" +
                                                     spec + "}}");
        ASSERT_TRUE(made) << made.error().message;
    }

    /// As one process does it: opens, reads, stores a question and its answer.
    Result<std::size_t> once() {
        Lookup lookup(store_.store());
        const auto query = store_.get("Query", "q");
        recall_ = std::make_unique<Recall>(network_, lookup, *query);
        agents::Execution execution{.tracer = world_.tracer, .steps = world_.steps, .stop = world_.stop.get_token()};
        const auto opened = run(recall_->open(execution));
        if (!opened) return opened.error();
        const auto history = run(recall_->read(execution, world_.root, "a"));
        if (!history) return history.error();
        std::vector<llm::Message> said(2);
        said[0].content = "hi";
        said[1].role = llm::Role::assistant;
        said[1].content = "hello";
        run(recall_->store(execution, world_.root, said, "a"));
        return history->size();
    }
    template <class T>
    T run(awaitable<T> task) {
        return store_.run(std::move(task));
    }
    void run(awaitable<void> task) {
        asio::co_spawn(world_.context, std::move(task), [](std::exception_ptr) {});
        world_.context.restart();
        world_.context.run();
    }

    TestStore store_;
    MemoryNetwork network_;
    agents::testing::World world_;
    std::unique_ptr<Recall> recall_;
};

TEST_F(RecallTest, WhatWasSaidIsReadAndWhatIsSaidIsStored) {
    const auto before = resources::json(R"({"role":"user","content":"before"})");
    network_.kept->kept.push_back({"c-1", "other", before});
    query(R"(,"conversationId":"c-1")");
    EXPECT_EQ(*once(), 1u);
    ASSERT_EQ(network_.kept->kept.size(), 3u);
    EXPECT_EQ(network_.kept->kept[2].query, "q");
    EXPECT_EQ(network_.kept->kept[2].message["content"].text(), "hello");
    EXPECT_THAT(world_.recorded.reasons(), ElementsAre("MemoryRetrieveStart", "MemoryRetrieveComplete",
                                                       "MemoryStoreStart", "MemoryStoreComplete"));
    EXPECT_EQ(recall_->state().reason, "MemoryReachable");
}

TEST_F(RecallTest, TheNextProcessReadsTheSameAndStoresNothingTwice) {
    query(R"(,"conversationId":"c-1")");
    EXPECT_EQ(*once(), 0u);
    EXPECT_EQ(*once(), 0u) << "what this run stored is no history of it";
    EXPECT_EQ(network_.kept->reads, 1);
    EXPECT_EQ(network_.kept->adds, 1);
}

TEST_F(RecallTest, WhatWasStoredBeforeADeathIsFoundAgain) {
    query(R"(,"conversationId":"c-1")");
    // The messages arrived; the process died before it knew.
    network_.kept->on_added = [&]() -> Status {
        world_.stop.request_stop();
        return fail(Errc::stopped, "killed");
    };
    EXPECT_TRUE(once());
    EXPECT_EQ(network_.kept->kept.size(), 2u);
    world_.stop = std::stop_source();
    network_.kept->on_added = {};
    EXPECT_EQ(*once(), 0u);
    EXPECT_EQ(network_.kept->kept.size(), 2u);
    EXPECT_THAT(world_.recorded.reasons(), Contains("MemoryStoreComplete").Times(1));
}

TEST_F(RecallTest, AnAnswerThatWasLostIsNoReasonToStoreTwice) {
    query(R"(,"conversationId":"c-1")");
    network_.kept->on_added = [] { return fail(Errc::deadline, "no answer"); };
    EXPECT_TRUE(once());
    EXPECT_EQ(network_.kept->kept.size(), 2u);
    EXPECT_FALSE(recall_->state().unavailable);
}

TEST_F(RecallTest, AMemoryThatIsAwayIsToldAndTheRunGoesOn) {
    query(R"(,"conversationId":"c-1")");
    network_.kept->away = true;
    EXPECT_EQ(*once(), 0u);
    EXPECT_TRUE(recall_->state().unavailable);
    EXPECT_THAT(world_.recorded.reasons(), ElementsAre("MemoryRetrieveStart", "MemoryRetrieveError"));
    // What the run saw is what it sees when it goes on, though the memory is back.
    network_.kept->away = false;
    EXPECT_EQ(*once(), 0u);
    EXPECT_EQ(network_.kept->reads, 1);
}

TEST_F(RecallTest, WithoutAMemoryNothingHappensButAConversationIsMissed) {
    network_.has_broker = false;
    query(R"(,"conversationId":"c-1")");
    EXPECT_EQ(*once(), 0u);
    EXPECT_EQ(recall_->state().reason, "NoMemoryBackend");
    EXPECT_EQ(recall_->conversation(), "c-1");
    EXPECT_TRUE(world_.recorded.events.empty());
}

TEST_F(RecallTest, TheDefaultMemoryBeginsConversations) {
    const auto made =
        store_.create("Memory", R"({"metadata":{"name":"default"},"spec":{"address":{"value":"http://m"}}})");
    ASSERT_TRUE(made) << made.error().message;
    query("");
    EXPECT_EQ(*once(), 0u);
    EXPECT_EQ(recall_->conversation(), "c-new");
    EXPECT_EQ(network_.kept->kept[0].conversation, "c-new");
    // A query that is part of no conversation of the broker's does not begin one there.
    EXPECT_EQ(*once(), 0u);
    EXPECT_EQ(network_.kept->adds, 1);
}

TEST_F(RecallTest, AMemoryThatIsNamedMustBeThere) {
    query(R"(,"memory":{"name":"nowhere"})");
    const auto result = once();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::not_found);
}

}  // namespace
}  // namespace ark::runs
