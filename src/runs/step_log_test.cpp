#include "runs/step_log.hpp"

#include "disk/faulty_disk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::runs {
namespace {

using testing::ElementsAre;

class StepLogTest : public testing::Test {
protected:
    template <class T>
    T run(awaitable<T> task) {
        auto result = asio::co_spawn(context_, std::move(task), asio::use_future);
        context_.restart();
        context_.run();
        return result.get();
    }
    std::unique_ptr<StepLog> open(std::string path = "one.steps") {
        StepLog::Flush flush = [this]() -> awaitable<void> {
            ++flushes_;
            co_return;
        };
        auto opened = run(StepLog::open(disk_, pool_, clock_, std::move(path), std::move(flush)));
        EXPECT_TRUE(opened) << opened.error().message();
        return std::move(*opened);
    }
    Status record(StepLog& log, std::string path, std::string result) {
        agents::Step step;
        step.path = std::move(path);
        step.kind = "llm";
        step.inputs = "h";
        step.result = std::move(result);
        return run(log.record(std::move(step)));
    }

    disk::FaultyDisk disk_{1};
    runtime::WorkPool pool_{1};
    FakeClock clock_;
    asio::io_context context_;
    int flushes_ = 0;
};

TEST_F(StepLogTest, WhatWasRecordedSurvivesAPowerCut) {
    auto log = open();
    const auto begun = log->begin("agent");
    EXPECT_FALSE(begun.before);
    ASSERT_TRUE(record(*log, "a", "{\"x\":\"ä\"}"));
    log->begin("later");
    disk_.crash(disk::FaultyDisk::Unsynced::lost);
    clock_.advance_ms(1000);

    auto again = open();
    ASSERT_NE(again->find("a", "h"), nullptr);
    EXPECT_EQ(*again->find("a", "h"), "{\"x\":\"ä\"}");
    EXPECT_EQ(again->find("a", "other"), nullptr);
    EXPECT_EQ(again->find("b", "h"), nullptr);
    EXPECT_TRUE(again->begin("agent").before);
    EXPECT_EQ(again->begin("agent").at, begun.at);
    EXPECT_FALSE(again->begin("later").before) << "nothing was recorded behind it: its event may not have been told";
}

TEST_F(StepLogTest, TelemetryIsFlushedBeforeEachRecord) {
    auto log = open();
    ASSERT_TRUE(record(*log, "a", "1"));
    ASSERT_TRUE(record(*log, "b", "2"));
    EXPECT_EQ(flushes_, 2);
}

TEST_F(StepLogTest, StepsAtTheSameTimeShareASync) {
    auto log = open();
    const auto before = disk_.syncs();
    std::vector<std::future<Status>> done;
    for (int i = 0; i < 10; ++i) {
        agents::Step step;
        step.path = std::to_string(i);
        done.push_back(asio::co_spawn(context_, log->record(std::move(step)), asio::use_future));
    }
    context_.restart();
    context_.run();
    for (auto& one : done)
        EXPECT_TRUE(one.get());
    EXPECT_LE(disk_.syncs() - before, 2u);
    EXPECT_EQ(open()->order().size(), 10u);
}

TEST_F(StepLogTest, AFailedWriteIsSaidToEveryLaterStep) {
    auto log = open();
    disk_.fail_sync(1);
    EXPECT_FALSE(record(*log, "a", "1"));
    EXPECT_FALSE(record(*log, "b", "1"));
}

TEST_F(StepLogTest, ARestartReusesWhatCameBeforeAStep) {
    auto log = open();
    for (const auto* path : {"a", "b", "c"})
        ASSERT_TRUE(record(*log, path, path));
    auto next = open("two.steps");
    ASSERT_TRUE(run(next->reuse(*log, "c")));
    EXPECT_THAT(open("two.steps")->order(), ElementsAre("a", "b"));
    EXPECT_EQ(run(next->reuse(*log, "zzz")).error().code, Errc::not_found);
}

}  // namespace
}  // namespace ark::runs
