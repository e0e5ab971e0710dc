#include "judges/engine.hpp"

#include "resources/feed.hpp"
#include "resources/metadata.hpp"
#include "runs/expiry.hpp"
#include "runs/line.hpp"
#include "runs/status_parts.hpp"
#include "runtime/scope.hpp"

#include <map>
#include <set>

namespace ark::judges {
namespace {

class EvaluationEngine final : public Engine {
public:
    EvaluationEngine(const Services& services, EngineConfig config, asio::any_io_executor executor)
        : services_(services),
          config_(config),
          executor_(executor),
          feed_(services.runs.store, resources::kind_named("Evaluation"), executor),
          expiry_(services.runs.store, resources::kind_named("Evaluation"), services.runs.clock),
          scope_(executor) {}

    void start() override {
        scope_.spawn(feed_.run([this](const resources::WatchEvent& event) { take(event); }));
        scope_.spawn(expiry_.run());
    }

    awaitable<void> stop() override {
        stopping_ = true;
        waiting_.clear();
        feed_.stop();
        expiry_.stop();
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

    void take(const resources::WatchEvent& event) {
        const std::string uid(event.resource->uid());
        if (event.type == resources::Change::Type::deleted) return forget(uid);
        const auto running = running_.find(uid);
        const bool unwanted = resources::is_leaving(event.resource->value);
        if (runs::is_final_phase(event.resource->value["status"]["phase"].text())) {
            // Somebody else ended it.
            if (running != running_.end() && event.resource->value["status"]["phase"].text() == "canceled")
                running->second.assessment->cancel();
            waiting_.erase(uid);
            return expiry_.expect(*event.resource);
        }
        if (running != running_.end()) {
            if (unwanted) running->second.assessment->cancel();
            return;
        }
        if (ended_.count(uid) > 0 || unwanted) return;
        if (event.resource->value["spec"]["type"].text() == "batch") return begin(uid, event.resource, false);
        waiting_.put(uid, event.resource);
        admit();
    }

    void forget(const std::string& uid) {
        waiting_.erase(uid);
        expiry_.forget(uid);
        ended_.erase(uid);
        if (const auto running = running_.find(uid); running != running_.end()) {
            running->second.assessment->cancel();
            deleted_.insert(uid);
            return;
        }
        services_.runs.steps.forget(uid);
    }

    void admit() {
        while (!stopping_ && places_taken_ < config_.concurrent_max) {
            auto next = waiting_.take();
            if (!next) return;
            begin(next->first, std::move(next->second), true);
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

    const Services services_;
    const EngineConfig config_;
    asio::any_io_executor executor_;
    resources::Feed feed_;
    runs::Expiry expiry_;
    std::map<std::string, Running> running_;  // by uid, as are all
    runs::Line waiting_;
    std::set<std::string> ended_;    // in this process, and still there
    std::set<std::string> deleted_;  // while they ran: their files go when they have ended
    std::size_t places_taken_ = 0;
    EngineCounters counters_;
    bool stopping_ = false;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const Services& services, EngineConfig config, asio::any_io_executor executor) {
    return std::make_unique<EvaluationEngine>(services, config, std::move(executor));
}

}  // namespace ark::judges
