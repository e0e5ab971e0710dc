#include "emit/exporter.hpp"

#include "disk/faulty_disk.hpp"
#include "otlp/walk.hpp"

#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::emit {
namespace {

using testing::ElementsAre;

/// Says what each attempt becomes, and keeps what was accepted.
class ScriptedCourier final : public Courier {
public:
    awaitable<Carried> carry(const TargetConfig& target, Signal signal, std::string body, std::stop_token) override {
        Carried carried;
        ++attempts;
        if (target.name == away) {
            carried.reason = "away";
            co_return carried;
        }
        carried.outcome = target.name == refusing ? Carried::Outcome::refused : Carried::Outcome::accepted;
        if (carried.outcome == Carried::Outcome::accepted) {
            auto& names = taken[target.name];
            if (signal == Signal::traces) {
                EXPECT_TRUE(otlp::for_each_span(body, [&](const otlp::SpanView& span) {
                    names.emplace_back(span.name);
                    return true;
                }));
            } else {
                EXPECT_TRUE(otlp::for_each_log(body, [&](const otlp::LogView& log) {
                    names.emplace_back(log.event_name);
                    return true;
                }));
            }
        }
        co_return carried;
    }

    awaitable<Known> knows(const TargetConfig&, Signal, std::shared_ptr<const std::string>, std::stop_token) override {
        ++questions;
        co_return known > 0 ? (--known, Known::yes) : Known::no;
    }

    std::string away;
    int known = 0;  // so many of the next questions are answered with yes
    int questions = 0;
    std::string refusing;
    int attempts = 0;
    std::map<std::string, std::vector<std::string>> taken;
};

class ExporterTest : public testing::Test {
protected:
    void open(std::chrono::milliseconds linger = std::chrono::milliseconds(1)) {
        ExporterConfig config;
        config.linger = linger;
        config.outbox.directory = "spill";
        config.targets.push_back(broker_target("http://a"));
        config.targets.push_back(broker_target("http://b"));
        config.targets.back().name = "other";
        config.settling = std::chrono::milliseconds(1);
        config.backoff_min = std::chrono::milliseconds(2);
        config.backoff_max = std::chrono::milliseconds(4);
        config.pending_bytes_max = 4096;
        config.mend_pause = std::chrono::milliseconds(5);
        auto opened = Exporter::open(context_.get_executor(), pool_, disk_, courier_, config, nullptr);
        ASSERT_TRUE(opened) << opened.error().message();
        exporter_ = std::move(*opened);
    }
    void run(awaitable<void> task) {
        auto done = asio::co_spawn(context_, std::move(task), asio::use_future);
        context_.restart();
        while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            context_.run_one();
        done.get();
    }
    void record(std::string name) {
        otlp::Span span;
        span.trace_id = trace_id_of("t");
        span.span_id = span_id_of(span.trace_id, name);
        span.name = std::move(name);
        exporter_->span(std::move(span));
    }

    disk::FaultyDisk disk_{1};
    asio::io_context context_;
    runtime::WorkPool pool_{1};
    ScriptedCourier courier_;
    std::unique_ptr<Exporter> exporter_;
};

TEST_F(ExporterTest, EveryTargetGetsWhatWasRecorded) {
    open();
    record("one");
    otlp::LogRecord event;
    event.event_name = "LLMCallStart";
    exporter_->event(event);
    run(exporter_->stop(std::chrono::seconds(5)));
    EXPECT_THAT(courier_.taken["broker"], ElementsAre("LLMCallStart", "one"));
    EXPECT_THAT(courier_.taken["other"], ElementsAre("LLMCallStart", "one"));
    EXPECT_EQ(exporter_->counters().recorded, 2u);
}

TEST_F(ExporterTest, ATargetThatIsAwayHoldsNobodyUpAndLosesNothing) {
    courier_.away = "broker";
    open();
    record("one");
    run(exporter_->flush());
    record("two");
    run(exporter_->stop(std::chrono::milliseconds(50)));
    EXPECT_THAT(courier_.taken["other"], ElementsAre("one", "two"));
    EXPECT_GT(exporter_->counters().failed_attempts, 0u);
    exporter_.reset();

    // The next process finds what waits, and sends it first.
    courier_.away.clear();
    open();
    record("three");
    run(exporter_->stop(std::chrono::seconds(5)));
    EXPECT_THAT(courier_.taken["broker"], ElementsAre("one", "two", "three"));
    EXPECT_THAT(courier_.taken["other"], ElementsAre("one", "two", "three"));
}

TEST_F(ExporterTest, WhatATargetRefusesIsNotSentAgain) {
    courier_.refusing = "broker";
    open();
    record("one");
    run(exporter_->stop(std::chrono::seconds(5)));
    EXPECT_EQ(exporter_->counters().refused_requests, 1u);
    EXPECT_EQ(courier_.attempts, 2);
}

TEST_F(ExporterTest, BeyondItsBoundRecordingDropsAndCounts) {
    open();
    for (int i = 0; i < 100; ++i)
        record("s" + std::to_string(i));
    EXPECT_GT(exporter_->counters().dropped, 0u);
    run(exporter_->stop(std::chrono::seconds(5)));
    EXPECT_EQ(courier_.taken["broker"].size() + exporter_->counters().dropped, 100u);
}

// Goal: what a target took without our hearing of it is not sent again. Method: it is away at first, so that the next
// process begins with two parcels; the target says that it has one of them.
TEST_F(ExporterTest, ANewProcessAsksWhatTheLastOneGotThrough) {
    courier_.away = "broker";
    open();
    record("one");
    run(exporter_->flush());
    record("two");
    run(exporter_->stop(std::chrono::milliseconds(10)));
    exporter_.reset();
    courier_.away.clear();
    courier_.known = 1;
    open();
    run(exporter_->flush());
    run(exporter_->stop(std::chrono::seconds(5)));
    EXPECT_THAT(courier_.taken["broker"], ElementsAre("two"));
    EXPECT_EQ(courier_.questions, 2);
}

TEST_F(ExporterTest, WhatNobodyWaitsForGoesWithTheNextCommit) {
    open(std::chrono::hours(1));
    record("one");
    context_.poll();
    EXPECT_EQ(pool_.queued(), 0u);
    EXPECT_EQ(exporter_->counters().outbox.end, 0u);
    record("two");
    auto committed = asio::co_spawn(context_, exporter_->commit(), asio::use_future);
    while (exporter_->counters().outbox.end == 0)
        context_.run_one();
    run(exporter_->stop(std::chrono::seconds(5)));
    EXPECT_THAT(courier_.taken["broker"], ElementsAre("one", "two"));
    EXPECT_TRUE(committed.get());
    EXPECT_EQ(courier_.attempts, 2);  // one request to each target
}

TEST_F(ExporterTest, WhatNobodyCommitsIsWrittenAllTheSame) {
    open();
    record("one");
    while (exporter_->counters().outbox.end == 0)
        context_.run_one();
    run(exporter_->stop(std::chrono::seconds(5)));
    EXPECT_THAT(courier_.taken["broker"], ElementsAre("one"));
}

// Goal: a stop that comes while the outbox cannot be read ends all the same.
// Method: the work pool is held up from before the read until after the stop was asked for.
TEST_F(ExporterTest, AStopWhileADiskFailsEnds) {
    courier_.away = "broker";
    open();
    record("one");
    run(exporter_->flush());
    run(exporter_->stop(std::chrono::seconds(0)));
    exporter_.reset();
    open();
    disk_.fail_reads(true);
    std::promise<void> held;
    std::promise<void> gate;
    pool_.post([&] {
        held.set_value();
        gate.get_future().wait();
    });
    held.get_future().wait();
    context_.restart();
    while (pool_.queued() == 0)
        context_.run_one();
    bool stopped = false;
    asio::co_spawn(context_, exporter_->stop(std::chrono::seconds(0)), [&](std::exception_ptr) { stopped = true; });
    context_.poll();
    gate.set_value();
    for (int idle = 0; idle < 1000 && !stopped;) {
        if (context_.run_one_for(std::chrono::milliseconds(5)) == 0) ++idle;
    }
    EXPECT_TRUE(stopped);
}

// Many wait for the same write; each is woken once it is done.
TEST_F(ExporterTest, ManyMayFlush) {
    open();
    record("one");
    std::vector<std::future<void>> flushed;
    for (int i = 0; i < 10; ++i)
        flushed.push_back(asio::co_spawn(context_, exporter_->flush(), asio::use_future));
    run(exporter_->flush());
    run(exporter_->stop(std::chrono::seconds(5)));
    for (auto& one : flushed)
        EXPECT_EQ(one.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

// Goal: a commit waits while the disk is full, is done when it is no longer, and is told in the end when it stays so.
TEST_F(ExporterTest, AFullDiskIsWaitedFor) {
    open();
    record("one");
    run(exporter_->flush());
    disk_.set_capacity(0);
    record("two");
    auto waiting = asio::co_spawn(context_, exporter_->commit(), asio::use_future);
    const auto turns = [&](auto done) {
        for (int idle = 0; idle < 2000 && !done();) {
            context_.restart();
            if (context_.run_one_for(std::chrono::milliseconds(2)) == 0) ++idle;
        }
        return done();
    };
    EXPECT_TRUE(turns([&] { return exporter_->counters().outbox.disk_failed; }));
    disk_.set_capacity(std::nullopt);
    EXPECT_TRUE(turns([&] { return waiting.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    EXPECT_TRUE(waiting.get());
    EXPECT_FALSE(exporter_->counters().outbox.disk_failed);

    courier_.away = "broker";  // what every target has needs no disk
    disk_.set_capacity(0);
    record("three");
    auto failing = asio::co_spawn(context_, exporter_->commit(), asio::use_future);
    EXPECT_TRUE(turns([&] { return failing.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    EXPECT_EQ(failing.get().error().code, Errc::disk_full);
    disk_.set_capacity(std::nullopt);
    record("four");
    EXPECT_TRUE(turns([&] { return !exporter_->counters().outbox.disk_failed; }));
    auto again = asio::co_spawn(context_, exporter_->commit(), asio::use_future);
    EXPECT_TRUE(turns([&] { return again.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    EXPECT_TRUE(again.get());
    courier_.away.clear();
    run(exporter_->stop(std::chrono::seconds(5)));
    EXPECT_THAT(courier_.taken["broker"], ElementsAre("one", "two", "three", "four"));
}

}  // namespace
}  // namespace ark::emit
