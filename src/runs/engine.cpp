#include "runs/engine.hpp"

#include "base/duration.hpp"
#include "resources/metadata.hpp"
#include "runs/status.hpp"
#include "runtime/bell.hpp"
#include "runtime/scope.hpp"
#include "telemetry/log.hpp"

#include <deque>
#include <map>
#include <set>
#include <utility>

#include <boost/asio/redirect_error.hpp>

namespace ark::runs {
namespace {

using telemetry::LogLevel;

constexpr std::chrono::nanoseconds ttl_default = std::chrono::hours(720);
constexpr std::chrono::seconds sweep_interval{1};
constexpr std::chrono::milliseconds watch_wait{60'000};

class QueryEngine final : public Engine {
public:
    QueryEngine(const Services& services, EngineConfig config, asio::any_io_executor executor)
        : services_(services),
          config_(config),
          kind_(resources::kind_named("Query")),
          executor_(executor),
          returned_bell_(executor),
          sweep_timer_(executor),
          desk_(services.store, executor),
          scope_(executor) {}

    void start() override {
        desk_.start();
        scope_.spawn(watch());
        scope_.spawn(sweep());
    }

    awaitable<void> stop() override {
        stopping_ = true;
        waiting_.clear();
        if (watch_) watch_->stop();
        sweep_timer_.cancel();
        for (auto& [uid, run] : running_)
            run->work->suspend();
        returned_bell_.ring();
        co_await scope_.close();
        co_await desk_.stop();
    }

    EngineCounters counters() const override {
        auto counters = counters_;
        counters.running = running_.size();
        counters.waiting = waiting_.size();
        counters.asking = running_.size() - seated_;
        return counters;
    }

private:
    /// A run and its place.
    struct Running final : Place {
        explicit Running(QueryEngine& engine) : engine_(engine) { ++engine_.seated_; }
        void leave() override {
            if (!std::exchange(seated_, false)) return;
            --engine_.seated_;
            engine_.admit();
        }
        awaitable<void> retake(std::stop_token stop) override {
            if (seated_) co_return;
            ++engine_.returning_;
            while (!stop.stop_requested() && engine_.seated_ >= engine_.config_.concurrent_max)
                co_await engine_.returned_bell_.wait();
            --engine_.returning_;
            ++engine_.seated_;
            seated_ = true;
        }
        std::unique_ptr<Run> work;

    private:
        QueryEngine& engine_;
        bool seated_ = true;
    };

    awaitable<void> watch() {
        while (!stopping_) {
            auto opened = services_.store.watch(kind_, {}, executor_);
            if (!opened) {
                telemetry::log(LogLevel::error, "runs", "queries cannot be watched",
                               {{"reason", opened.error().message}});
                co_return;
            }
            watch_ = std::move(*opened);
            while (!stopping_) {
                auto events = co_await watch_->next(watch_wait);
                if (!events) break;  // fell behind: begin anew, with what there is now
                for (const auto& event : *events)
                    take(event);
            }
        }
    }

    void take(const resources::WatchEvent& event) {
        if (stopping_) return;
        const std::string uid(event.resource->uid());
        if (event.type == resources::Change::Type::deleted) return forget(uid);
        const auto& query = event.resource->value;
        const auto phase = query["status"]["phase"].text();
        const bool unwanted = query["spec"]["cancel"].boolean() || resources::is_leaving(query);
        if (is_final_phase(phase)) return expect_expiry(*event.resource);
        if (const auto run = running_.find(uid); run != running_.end()) {
            if (unwanted) cancel(*run->second);
            return;
        }
        if (phase == "provisioning") return;              // written by others: an engine of theirs
        if (ended_.count(uid) > 0) return;                // an echo of a status that we wrote before the last one
        if (unwanted) return begin(uid, event.resource);  // whoever waits need not wait to be canceled
        waiting_.insert_or_assign(uid, event.resource);
        if (order_.insert(uid).second) queue_.push_back(uid);
        admit();
    }

    void forget(const std::string& uid) {
        waiting_.erase(uid);
        expiry_.erase(uid);
        ended_.erase(uid);
        if (const auto run = running_.find(uid); run != running_.end()) {
            cancel(*run->second);
            deleted_.insert(uid);
            return;
        }
        services_.steps.forget(uid);
    }

    void cancel(Running& run) {
        run.work->cancel();
        returned_bell_.ring();  // it may wait for its place
    }

    void admit() {
        // Those that come back from a person are in the middle of something.
        if (returning_ > 0) returned_bell_.ring();
        while (!stopping_ && seated_ + returning_ < config_.concurrent_max && !queue_.empty()) {
            const auto uid = queue_.front();
            queue_.pop_front();
            order_.erase(uid);
            const auto query = waiting_.extract(uid);
            if (query.empty()) continue;
            begin(uid, query.mapped());
        }
    }

    void begin(const std::string& uid, resources::ResourcePtr query) {
        const bool canceled = query->value["spec"]["cancel"].boolean() || resources::is_leaving(query->value);
        auto running = std::make_unique<Running>(*this);
        running->work = Run::create(services_, std::move(query), *running, desk_, executor_);
        if (canceled) running->work->cancel();
        ++counters_.started;
        waiting_.erase(uid);
        auto& run = *running_.emplace(uid, std::move(running)).first->second;
        scope_.spawn(go(run, uid));
    }

    awaitable<void> go(Running& run, std::string uid) {
        co_await run.work->go();
        run.leave();
        running_.erase(uid);
        ++counters_.ended;
        if (deleted_.erase(uid) > 0) {
            services_.steps.forget(uid);
        } else {
            ended_.insert(uid);
        }
        admit();
    }

    void expect_expiry(const resources::Resource& query) {
        const auto& conditions = query.value["status"]["conditions"];
        auto since = parse_rfc3339(query.value["metadata"]["creationTimestamp"].text());
        for (const auto& condition : conditions.array()) {
            if (condition["type"].text() == "Completed") since = parse_rfc3339(condition["lastTransitionTime"].text());
        }
        const auto ttl = parse_duration(query.value["spec"]["ttl"].text()).value_or(ttl_default);
        if (!since || ttl.count() < 0) return;
        Expiry expiry;
        expiry.at = *since + static_cast<std::uint64_t>(ttl.count());
        expiry.name = {std::string(query.ns()), std::string(query.name())};
        expiry_[std::string(query.uid())] = std::move(expiry);
    }

    awaitable<void> sweep() {
        while (!stopping_) {
            boost::system::error_code canceled;
            sweep_timer_.expires_after(sweep_interval);
            co_await sweep_timer_.async_wait(asio::redirect_error(asio::use_awaitable, canceled));
            const auto now = services_.clock.now();
            std::vector<std::pair<std::string, resources::ObjectName>> due;
            for (const auto& [uid, expiry] : expiry_) {
                if (expiry.at <= now) due.emplace_back(uid, expiry.name);
            }
            for (auto& [uid, name] : due) {
                if (stopping_) co_return;
                resources::DeleteOptions options;
                options.uid = uid;
                expiry_.erase(uid);
                const auto removed = co_await services_.store.remove(kind_, std::move(name), std::move(options));
                if (!removed) telemetry::log(LogLevel::warn, "runs", "a query past its TTL stays", {{"uid", uid}});
            }
        }
    }

    struct Expiry {
        UnixNanos at;
        resources::ObjectName name;
    };

    const Services services_;
    const EngineConfig config_;
    const resources::Kind& kind_;
    asio::any_io_executor executor_;
    std::unique_ptr<resources::Watch> watch_;
    std::map<std::string, std::unique_ptr<Running>> running_;  // by uid
    std::size_t seated_ = 0;                                   // of them hold a place
    std::size_t returning_ = 0;                                // of them want theirs back
    std::map<std::string, resources::ResourcePtr> waiting_;    // by uid; as many as there are queries
    std::deque<std::string> queue_;                            // uids of waiting_, in order of arrival
    std::set<std::string> order_;                              // those in queue_
    std::map<std::string, Expiry> expiry_;                     // of ended ones, by uid
    std::set<std::string> ended_;    // uids of those that ended in this process and are still there
    std::set<std::string> deleted_;  // uids of running ones that are gone: their files go when they have ended
    EngineCounters counters_;
    bool stopping_ = false;
    runtime::Bell returned_bell_;
    asio::steady_timer sweep_timer_;
    Desk desk_;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const Services& services, EngineConfig config, asio::any_io_executor executor) {
    return std::make_unique<QueryEngine>(services, config, std::move(executor));
}

}  // namespace ark::runs
