#include "judges/engine.hpp"

#include "base/duration.hpp"
#include "judges/finding.hpp"
#include "resources/metadata.hpp"
#include "runtime/scope.hpp"
#include "telemetry/log.hpp"

#include <deque>
#include <map>
#include <set>

#include <boost/asio/redirect_error.hpp>

namespace ark::judges {
namespace {

using telemetry::LogLevel;

constexpr std::chrono::nanoseconds ttl_default = std::chrono::hours(720);
constexpr std::chrono::seconds sweep_interval{1};
constexpr std::chrono::milliseconds watch_wait{60'000};

class EvaluationEngine final : public Engine {
public:
    EvaluationEngine(const Services& services, EngineConfig config, asio::any_io_executor executor)
        : services_(services),
          config_(config),
          kind_(resources::kind_named("Evaluation")),
          executor_(executor),
          sweep_timer_(executor),
          scope_(executor) {}

    void start() override {
        scope_.spawn(watch());
        scope_.spawn(sweep());
    }

    awaitable<void> stop() override {
        stopping_ = true;
        waiting_.clear();
        if (watch_) watch_->stop();
        sweep_timer_.cancel();
        for (auto& [uid, running] : running_)
            running.assessment->suspend();
        co_await scope_.close();
    }

    EngineCounters counters() const override {
        auto counters = counters_;
        counters.running = running_.size();
        counters.waiting = waiting_.size();
        return counters;
    }

private:
    struct Running {
        std::unique_ptr<Assessment> assessment;
        bool counted = true;  // takes one of the places
    };

    awaitable<void> watch() {
        while (!stopping_) {
            auto opened = services_.runs.store.watch(kind_, {}, executor_);
            if (!opened) {
                telemetry::log(LogLevel::error, "judges", "evaluations cannot be watched",
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
        const auto running = running_.find(uid);
        const bool unwanted = resources::is_leaving(event.resource->value);
        if (is_final_phase(event.resource->value["status"]["phase"].text())) {
            // Somebody else ended it.
            if (running != running_.end() && event.resource->value["status"]["phase"].text() == "canceled")
                running->second.assessment->cancel();
            waiting_.erase(uid);
            return expect_expiry(*event.resource);
        }
        if (running != running_.end()) {
            if (unwanted) running->second.assessment->cancel();
            return;
        }
        if (ended_.count(uid) > 0 || unwanted) return;
        if (event.resource->value["spec"]["type"].text() == "batch") return begin(uid, event.resource, false);
        waiting_.insert_or_assign(uid, event.resource);
        if (order_.insert(uid).second) queue_.push_back(uid);
        admit();
    }

    void forget(const std::string& uid) {
        waiting_.erase(uid);
        expiry_.erase(uid);
        ended_.erase(uid);
        if (const auto running = running_.find(uid); running != running_.end()) {
            running->second.assessment->cancel();
            deleted_.insert(uid);
            return;
        }
        services_.runs.steps.forget(uid);
    }

    void admit() {
        while (!stopping_ && places_taken_ < config_.concurrent_max && !queue_.empty()) {
            const auto uid = queue_.front();
            queue_.pop_front();
            order_.erase(uid);
            const auto evaluation = waiting_.extract(uid);
            if (!evaluation.empty()) begin(uid, evaluation.mapped(), true);
        }
    }

    void begin(const std::string& uid, resources::ResourcePtr evaluation, bool counted) {
        Running running;
        running.assessment = Assessment::create(services_, std::move(evaluation), executor_);
        running.counted = counted;
        if (counted) ++places_taken_;
        auto& assessment = *running_.emplace(uid, std::move(running)).first->second.assessment;
        scope_.spawn(go(assessment, uid));
    }

    awaitable<void> go(Assessment& assessment, std::string uid) {
        co_await assessment.go();
        const auto ended = running_.extract(uid);
        if (ended.mapped().counted) --places_taken_;
        ++counters_.ended;
        if (deleted_.erase(uid) > 0) {
            services_.runs.steps.forget(uid);
        } else {
            ended_.insert(uid);
        }
        admit();
    }

    void expect_expiry(const resources::Resource& evaluation) {
        auto since = parse_rfc3339(evaluation.value["metadata"]["creationTimestamp"].text());
        for (const auto& condition : evaluation.value["status"]["conditions"].array()) {
            if (condition["type"].text() == "Completed") since = parse_rfc3339(condition["lastTransitionTime"].text());
        }
        const auto ttl = parse_duration(evaluation.value["spec"]["ttl"].text()).value_or(ttl_default);
        if (!since || ttl.count() < 0) return;
        Expiry expiry;
        expiry.at = *since + static_cast<std::uint64_t>(ttl.count());
        expiry.name = {std::string(evaluation.ns()), std::string(evaluation.name())};
        expiry_[std::string(evaluation.uid())] = std::move(expiry);
    }

    awaitable<void> sweep() {
        while (!stopping_) {
            boost::system::error_code canceled;
            sweep_timer_.expires_after(sweep_interval);
            co_await sweep_timer_.async_wait(asio::redirect_error(asio::use_awaitable, canceled));
            const auto now = services_.runs.clock.now();
            std::vector<std::pair<std::string, resources::ObjectName>> due;
            for (const auto& [uid, expiry] : expiry_) {
                if (expiry.at <= now) due.emplace_back(uid, expiry.name);
            }
            for (auto& [uid, name] : due) {
                if (stopping_) co_return;
                resources::DeleteOptions options;
                options.uid = uid;
                expiry_.erase(uid);
                const auto removed = co_await services_.runs.store.remove(kind_, std::move(name), std::move(options));
                if (!removed)
                    telemetry::log(LogLevel::warn, "judges", "an evaluation past its TTL stays", {{"uid", uid}});
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
    std::map<std::string, Running> running_;                 // by uid, as are all
    std::map<std::string, resources::ResourcePtr> waiting_;  // as many as there are evaluations
    std::deque<std::string> queue_;                          // uids of waiting_, in order of arrival
    std::set<std::string> order_;                            // those in queue_
    std::map<std::string, Expiry> expiry_;
    std::set<std::string> ended_;    // in this process, and still there
    std::set<std::string> deleted_;  // while they ran: their files go when they have ended
    std::size_t places_taken_ = 0;
    EngineCounters counters_;
    bool stopping_ = false;
    asio::steady_timer sweep_timer_;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const Services& services, EngineConfig config, asio::any_io_executor executor) {
    return std::make_unique<EvaluationEngine>(services, config, std::move(executor));
}

}  // namespace ark::judges
