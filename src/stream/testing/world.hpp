#pragma once
#include "journal/testing/memory_journal.hpp"
#include "runtime/scope.hpp"
#include "stream/stream.hpp"
#include "stream/testing/fake_exchange.hpp"
#include "stream/testing/fake_views.hpp"
#include "stream/testing/producer.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>

namespace ark::stream::testing {

using journal::testing::MemoryJournal;

/// A stream without sockets: the net thread is the test's own, run by until().
class World {
public:
    explicit World(StreamConfig config = {}, MemoryJournal* other_journal = nullptr)
        : journal(other_journal != nullptr ? *other_journal : own_journal_),
          views(journal),
          stream(Stream::create(config, pool_, work_, journal, views, system_clock())),
          scope_(pool_.context(0).get_executor()) {
        views.fold();
        views.follow();
    }
    ~World() {
        for (auto& exchange : exchanges_)
            exchange->leave();
        stream->stop();
        bool closed = false;
        auto close = [](runtime::Scope& scope, bool& done) -> awaitable<void> {
            co_await scope.close();
            done = true;
        };
        asio::co_spawn(pool_.context(0), close(scope_, closed), [](std::exception_ptr) {});
        until([&] { return closed; });
        work_.stop();
    }

    FakeExchange& subscribe(std::string raw_query, std::string last_event_id = {}, std::string tenant = "default") {
        auto& exchange = prepare(std::move(raw_query), std::move(last_event_id));
        serve(exchange, std::move(tenant));
        return exchange;
    }
    FakeExchange& prepare(std::string raw_query, std::string last_event_id = {}) {
        exchanges_.push_back(
            std::make_unique<FakeExchange>(pool_.context(0), std::move(raw_query), std::move(last_event_id)));
        return *exchanges_.back();
    }
    void serve(FakeExchange& exchange, std::string tenant = "default") {
        scope_.spawn(stream->serve(exchange, std::move(tenant)));
    }

    /// Runs the net thread until the condition holds; false after ten seconds.
    bool until(const std::function<bool()>& condition) {
        const auto deadline = system_clock().monotonic_nanos() + 10'000'000'000;
        while (!condition()) {
            if (system_clock().monotonic_nanos() > deadline) return false;
            pool_.context(0).run_one_for(std::chrono::milliseconds(5));
        }
        return true;
    }
    /// Runs the net thread for a while.
    void run_for(std::chrono::milliseconds time) { pool_.context(0).run_for(time); }
    std::size_t open() const { return scope_.active(); }
    Cursor cursor(std::uint64_t offset) const { return {journal.epoch(), Offset{offset}}; }

private:
    MemoryJournal own_journal_;
    runtime::IoPool pool_{1};
    runtime::WorkPool work_{2};
    std::vector<std::unique_ptr<FakeExchange>> exchanges_;

public:
    MemoryJournal& journal;
    FakeViews views;
    std::unique_ptr<Stream> stream;

private:
    runtime::Scope scope_;  // last
};

}  // namespace ark::stream::testing
