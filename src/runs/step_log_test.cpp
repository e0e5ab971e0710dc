#include "runs/step_log.hpp"

#include "disk/faulty_disk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::runs {
namespace {

using agents::Ended;
using testing::ElementsAre;

/// Keeps what was told, as a broker would.
class ListeningCourier final : public emit::Courier {
public:
    awaitable<Known> knows(const emit::TargetConfig&, emit::Signal, std::shared_ptr<const std::string>,
                           std::stop_token) override {
        co_return Known::no;
    }
    awaitable<emit::Carried> carry(const emit::TargetConfig&, emit::Signal, std::string body,
                                   std::stop_token) override {
        emit::Carried carried;
        if (away) co_return carried;
        carried.outcome = emit::Carried::Outcome::accepted;
        heard += body;
        co_return carried;
    }
    std::size_t times(std::string_view word) const {
        std::size_t times = 0;
        for (auto at = heard.find(word); at != std::string::npos; at = heard.find(word, at + 1))
            ++times;
        return times;
    }
    std::string heard;
    bool away = false;
};

class StepLogTest : public testing::Test {
protected:
    StepLogTest() { start(); }
    ~StepLogTest() override { stop(); }

    template <class T>
    T run(awaitable<T> task) {
        auto result = asio::co_spawn(context_, std::move(task), asio::use_future);
        context_.restart();
        while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            context_.run_one();
        return result.get();
    }
    void start() {
        logs_ = std::make_unique<StepLogs>(disk_, pool_, clock_, "runs");
        emit::ExporterConfig config;
        config.outbox.directory = "outbox";
        config.outbox.file_bytes = 4096;
        config.settling = std::chrono::milliseconds(1);
        config.mend_pause = std::chrono::milliseconds(3);
        config.unkept_bytes_max = unkept_;
        config.targets.push_back(emit::broker_target("http://a"));
        auto opened = emit::Exporter::open(context_.get_executor(), pool_, disk_, courier_, config, logs_.get());
        ASSERT_TRUE(opened) << opened.error().message();
        exporter_ = std::move(*opened);
        logs_->write_to(*exporter_);
    }
    void stop() { run(exporter_->stop(std::chrono::seconds(1))); }
    /// kill -9: what was written stays, nobody says goodbye.
    void kill(disk::FaultyDisk::Unsynced unsynced = disk::FaultyDisk::Unsynced::kept) {
        disk_.crash(unsynced);
        run(exporter_->stop(std::chrono::seconds(0)));  // of the dead process: what it writes now is not seen
        exporter_.reset();
        start();
    }
    static awaitable<bool> pass(std::chrono::milliseconds time) {
        asio::steady_timer timer(co_await asio::this_coro::executor, time);
        co_await timer.async_wait(asio::use_awaitable);
        co_return true;
    }
    std::unique_ptr<StepLog> open(std::string uid = "one") {
        auto opened = run(logs_->open(std::move(uid)));
        EXPECT_TRUE(opened) << opened.error().message();
        return std::move(*opened);
    }
    static agents::Step step(std::string path, std::string result) {
        agents::Step step;
        step.path = std::move(path);
        step.kind = "llm";
        step.inputs = "h";
        step.result = std::move(result);
        return step;
    }
    Status record(StepLog& log, std::string path, std::string result) {
        return run(log.record(step(std::move(path), std::move(result))));
    }
    /// In one moment, as runs do: nothing else of the executor comes between.
    awaitable<Status> tell_and_record(StepLog& log, std::string uid, std::string path) {
        tell(uid + path);
        log.end(path, Ended::well);
        auto done = step(std::move(path), "1");
        const auto status = co_await log.record(std::move(done));
        co_return status;
    }
    void tell(std::string name) {
        otlp::Span span;
        span.trace_id = emit::trace_id_of("t");
        span.span_id = emit::span_id_of(span.trace_id, name);
        span.name = std::move(name);
        exporter_->span(std::move(span));
    }

    disk::FaultyDisk disk_{1};
    FakeClock clock_;
    asio::io_context context_;
    runtime::WorkPool pool_{1};
    ListeningCourier courier_;
    std::size_t unkept_ = 8u << 20;
    std::unique_ptr<StepLogs> logs_;
    std::unique_ptr<emit::Exporter> exporter_;
};

TEST_F(StepLogTest, WhatWasRecordedSurvivesAPowerCut) {
    auto log = open();
    const auto begun = log->begin("agent");
    EXPECT_FALSE(begun.before);
    ASSERT_TRUE(record(*log, "a", "{\"x\":\"ä\"}"));
    const auto later = log->begin("later");
    kill(disk::FaultyDisk::Unsynced::lost);
    clock_.advance_ms(1000);

    auto again = open();
    ASSERT_NE(again->find("a", "h"), nullptr);
    EXPECT_EQ(*again->find("a", "h"), "{\"x\":\"ä\"}");
    EXPECT_EQ(again->find("a", "other"), nullptr);
    EXPECT_EQ(again->find("b", "h"), nullptr);
    EXPECT_TRUE(again->begin("agent").before);
    EXPECT_EQ(again->begin("agent").at, begun.at);
    // It is synced a moment later, with its event: until then neither is there.
    const auto once_more = again->begin("later");
    EXPECT_EQ(once_more.at == later.at, once_more.before);
}

// Goal: a step is recorded exactly when it was told. Method: the power goes at any write; what the log has is compared
// with what is delivered afterwards.
TEST_F(StepLogTest, AStepIsThereExactlyWhenItWasTold) {
    for (std::uint64_t nth = 1; nth < 12; ++nth) {
        SCOPED_TRACE(nth);
        courier_.away = true;
        disk_.fail_write(nth, nth * 7 % 90);
        const auto uid = "run" + std::to_string(nth);
        {
            auto log = open(uid);
            for (const auto* path : {"a", "b", "c", "d"}) {
                if (!run(tell_and_record(*log, uid, path))) break;
            }
        }
        disk_.fail_write(1'000'000'000);  // the next process is spared
        kill();
        courier_.away = false;
        auto log = open(uid);
        stop();
        for (const std::string path : {"a", "b", "c", "d"})
            EXPECT_EQ(courier_.times(uid + path), log->find(path, "h") != nullptr ? 1u : 0u) << path;
        exporter_.reset();
        start();
    }
}

TEST_F(StepLogTest, KnowsHowSomethingEnded) {
    auto log = open();
    log->begin("agent");
    log->begin("tool");
    log->end("tool", Ended::badly);
    ASSERT_TRUE(record(*log, "a", "1"));
    log->end("agent", Ended::well);
    run(exporter_->flush());
    kill();
    auto again = open();
    EXPECT_EQ(again->begin("agent").ended, Ended::well);
    EXPECT_EQ(again->begin("tool").ended, Ended::badly);
    EXPECT_EQ(again->begin("new").ended, Ended::no);
}

TEST_F(StepLogTest, StepsOfAllRunsAtTheSameTimeShareASync) {
    std::vector<std::unique_ptr<StepLog>> logs;
    for (int i = 0; i < 10; ++i)
        logs.push_back(open("run" + std::to_string(i)));
    const auto before = disk_.syncs();
    std::vector<std::future<Status>> done;
    for (auto& log : logs)
        done.push_back(asio::co_spawn(context_, log->record(step("a", "1")), asio::use_future));
    for (auto& one : done) {
        while (one.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            context_.run_one();
        EXPECT_TRUE(one.get());
    }
    EXPECT_LE(disk_.syncs() - before, 3u);
    kill();
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(open("run" + std::to_string(i))->order().size(), 1u);
}

// Goal: a sync that failed is made up for in another file, before the step counts as recorded.
TEST_F(StepLogTest, AFailedSyncIsMadeUpFor) {
    auto log = open();
    disk_.fail_sync(1);
    EXPECT_TRUE(record(*log, "a", "1"));
    EXPECT_TRUE(record(*log, "b", "1"));
    kill(disk::FaultyDisk::Unsynced::lost);
    EXPECT_EQ(open()->order().size(), 2u);
}

// Goal: a disk that stays full is said to each step, and no restart is needed when it is no longer.
TEST_F(StepLogTest, ADiskThatStaysFullIsSaidUntilItHasRoom) {
    courier_.away = true;
    auto log = open();
    disk_.set_capacity(0);
    EXPECT_EQ(record(*log, "a", "1").error().code, Errc::disk_full);
    EXPECT_EQ(record(*log, "b", "1").error().code, Errc::disk_full);
    disk_.set_capacity(std::nullopt);
    run(pass(std::chrono::milliseconds(50)));
    EXPECT_TRUE(record(*log, "c", "1"));
    EXPECT_TRUE(run(exporter_->settle()));
    auto other = open("other");
    EXPECT_TRUE(record(*other, "a", "1"));
    kill(disk::FaultyDisk::Unsynced::lost);
    EXPECT_EQ(open()->order().size(), 3u) << "what could not be recorded then is recorded after all";
}

// However far the steps have come on their way into files, and however often they come, each is there once.
TEST_F(StepLogTest, StepsMoveToFilesAndStayOnce) {
    unkept_ = 500;
    kill();
    for (int i = 0; i < 40; ++i) {
        auto log = open("run" + std::to_string(i % 2));
        ASSERT_TRUE(record(*log, "step" + std::to_string(i), std::string(100, 'x')));
        if (i % 7 == 0) kill();
    }
    stop();
    EXPECT_EQ(disk_.list("runs")->size(), 2u);
    exporter_.reset();
    start();
    EXPECT_EQ(open("run0")->order().size(), 20u);
    EXPECT_EQ(open("run1")->order().front(), "step1");
    EXPECT_LE(disk_.list("outbox")->size(), 4u) << "what is kept is not kept in the outbox too";
}

TEST_F(StepLogTest, ARunThatIsGoneLeavesNothing) {
    {
        auto log = open();
        ASSERT_TRUE(record(*log, "a", "1"));
        ASSERT_TRUE(run(exporter_->settle()));
        ASSERT_TRUE(record(*log, "b", "1"));
    }
    logs_->forget("one");
    ASSERT_TRUE(run(exporter_->settle()));
    EXPECT_TRUE(disk_.list("runs")->empty());
    EXPECT_EQ(run(logs_->open_existing("one")).error().code, Errc::not_found);
}

TEST_F(StepLogTest, ARestartReusesWhatCameBeforeAStep) {
    auto log = open();
    for (const auto* path : {"a", "b", "c"})
        ASSERT_TRUE(record(*log, path, path));
    auto next = open("two");
    const auto before = run(logs_->open_existing("one"));
    ASSERT_TRUE(before);
    ASSERT_TRUE(run(next->reuse(**before, "c")));
    EXPECT_THAT(open("two")->order(), ElementsAre("a", "b"));
    EXPECT_EQ(run(next->reuse(*log, "zzz")).error().code, Errc::not_found);
}

}  // namespace
}  // namespace ark::runs
