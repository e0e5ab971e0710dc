#pragma once
// What tests of engines share: a store and an outbox on a disk in memory, telemetry that is kept, a context to run.
#include "emit/exporter.hpp"
#include "emit/testing/recorded.hpp"
#include "resources/testing/test_store.hpp"
#include "runs/step_log.hpp"
#include "runtime/work_pool.hpp"

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace ark::runs {

/// The outbox is for the steps alone: there is no target.
class NoCourier final : public emit::Courier {
public:
    awaitable<Known> knows(const emit::TargetConfig&, emit::Signal, std::shared_ptr<const std::string>,
                           std::stop_token) override {
        co_return Known::no;
    }
    awaitable<emit::Carried> carry(const emit::TargetConfig&, emit::Signal, std::string, std::stop_token) override {
        co_return emit::Carried{};
    }
};

/// Derive from it; make engine_ in a start() that calls restart_process() first, and stop() in the destructor: the
/// engine uses what is yours.
template <class EngineType>
class EngineWorld : public ::testing::Test {
protected:
    void create(std::string_view kind, std::string_view text) {
        const auto written = store_.create(kind, text);
        ASSERT_TRUE(written) << kind << ": " << written.error().message << " "
                             << (written.error().causes.empty() ? "" : written.error().causes[0].field);
    }
    /// As a process that ends and begins again: what is on disk stays.
    void restart_process() {
        stop();
        steps_ = std::make_unique<StepLogs>(store_.disk, pool_, store_.clock, "runs");
        emit::ExporterConfig outbox;
        outbox.outbox.directory = "outbox";
        auto opened =
            emit::Exporter::open(context_.get_executor(), pool_, store_.disk, no_courier_, outbox, steps_.get());
        ASSERT_TRUE(opened) << opened.error().message();
        exporter_ = std::move(*opened);
        steps_->write_to(*exporter_);
    }
    void stop() {
        if (engine_) wait_until_done(engine_->stop());
        engine_.reset();
        if (exporter_) wait_until_done(exporter_->stop(std::chrono::milliseconds(0)));
        exporter_.reset();
    }
    void wait_until_done(awaitable<void> task) {
        bool done = false;
        asio::co_spawn(context_, std::move(task), [&](std::exception_ptr) { done = true; });
        until([&] { return done; });
    }
    /// Lets everything run until it is so.
    template <class F>
    void until(F condition) {
        for (int idle = 0; idle < 4'000 && !condition();) {
            context_.restart();
            if (context_.run_one_for(std::chrono::milliseconds(5)) == 0) ++idle;
        }
        ASSERT_TRUE(condition());
    }

    resources::TestStore store_;  // its own context is run to the end by each of its calls
    asio::io_context context_;    // the engine's
    emit::testing::Recorded recorded_;
    emit::Tracer tracer_{recorded_, store_.clock};
    runtime::WorkPool pool_{1};
    NoCourier no_courier_;
    std::unique_ptr<StepLogs> steps_;
    std::unique_ptr<emit::Exporter> exporter_;
    std::unique_ptr<EngineType> engine_;
};

}  // namespace ark::runs
