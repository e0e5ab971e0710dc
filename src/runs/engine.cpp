#include "runs/engine.hpp"

#include "resources/feed.hpp"
#include "resources/metadata.hpp"
#include "runs/cleanup.hpp"
#include "runs/expiry.hpp"
#include "runs/line.hpp"
#include "runs/status_parts.hpp"
#include "runtime/bell.hpp"
#include "runtime/scope.hpp"

#include <map>
#include <set>
#include <utility>

namespace ark::runs {
namespace {

class QueryEngine final : public Engine {
public:
    QueryEngine(const Services& services, EngineConfig config, asio::any_io_executor executor)
        : services_(services),
          config_(config),
          executor_(executor),
          feed_(services.store, resources::kind_named("Query"), executor),
          expiry_(services.store, resources::kind_named("Query"), services.clock),
          returned_bell_(executor),
          desk_(services.store, executor),
          cleanup_(services, executor),
          scope_(executor) {}

    void start() override {
        desk_.start();
        cleanup_.start();
        scope_.spawn(feed_.run([this](const resources::WatchEvent& event) { take(event); }));
        scope_.spawn(expiry_.run());
    }

    awaitable<void> stop() override {
        stopping_ = true;
        waiting_.clear();
        feed_.stop();
        expiry_.stop();
        for (auto& [uid, run] : running_)
            run->work->suspend();
        returned_bell_.ring();
        co_await scope_.close();
        co_await desk_.stop();
        co_await cleanup_.stop();
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

    void take(const resources::WatchEvent& event) {
        const std::string uid(event.resource->uid());
        if (event.type == resources::Change::Type::deleted) return forget(uid, event.resource);
        const auto& query = event.resource->value;
        if (resources::is_leaving(query)) return let_go(uid, event.resource);
        cleanup_.claim(event.resource);
        const auto phase = query["status"]["phase"].text();
        const bool unwanted = query["spec"]["cancel"].boolean();
        if (is_final_phase(phase)) return expiry_.expect(*event.resource);
        if (const auto run = running_.find(uid); run != running_.end()) {
            if (unwanted) cancel(*run->second);
            return;
        }
        if (phase == "provisioning") return;              // written by others: an engine of theirs
        if (ended_.count(uid) > 0) return;                // an echo of a status that we wrote before the last one
        if (unwanted) return begin(uid, event.resource);  // whoever waits need not wait to be canceled
        waiting_.put(uid, event.resource);
        admit();
    }

    /// It is being deleted: what runs of it ends first, then what it left with others goes.
    void let_go(const std::string& uid, const resources::ResourcePtr& query) {
        expiry_.forget(uid);
        const auto phase = query->value["status"]["phase"].text();
        if (const auto run = running_.find(uid); run != running_.end()) {
            leaving_.insert_or_assign(uid, query);
            cancel(*run->second);
        } else if (is_final_phase(phase) || phase == "provisioning" || ended_.count(uid) > 0) {
            cleanup_.release(query);
        } else {
            leaving_.insert_or_assign(uid, query);
            begin(uid, query);  // to be canceled, and to say so
        }
    }

    void forget(const std::string& uid, const resources::ResourcePtr& query) {
        waiting_.erase(uid);
        expiry_.forget(uid);
        ended_.erase(uid);
        if (const auto run = running_.find(uid); run != running_.end()) {
            cancel(*run->second);
            leaving_.erase(uid);
            deleted_.insert_or_assign(uid, query);
            return;
        }
        services_.steps.forget(uid);
        cleanup_.forget(query);
    }

    void cancel(Running& run) {
        run.work->cancel();
        returned_bell_.ring();  // it may wait for its place
    }

    void admit() {
        // Those that come back from a person are in the middle of something.
        if (returning_ > 0) returned_bell_.ring();
        while (!stopping_ && seated_ + returning_ < config_.concurrent_max) {
            auto next = waiting_.take();
            if (!next) return;
            begin(next->first, std::move(next->second));
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
        if (const auto gone = deleted_.extract(uid)) {
            services_.steps.forget(uid);
            if (!stopping_) cleanup_.forget(gone.mapped());
        } else {
            ended_.insert(uid);
        }
        // Suspended, it goes on when we start again: it is not over yet.
        if (const auto leaving = leaving_.extract(uid); leaving && !stopping_) cleanup_.release(leaving.mapped());
        admit();
    }

    const Services services_;
    const EngineConfig config_;
    asio::any_io_executor executor_;
    resources::Feed feed_;
    Expiry expiry_;
    std::map<std::string, std::unique_ptr<Running>> running_;  // by uid
    std::size_t seated_ = 0;                                   // of them hold a place
    std::size_t returning_ = 0;                                // of them want theirs back
    Line waiting_;
    std::set<std::string> ended_;  // uids of those that ended in this process and are still there
    std::map<std::string, resources::ResourcePtr> deleted_;  // running ones that are gone: their files go when they end
    std::map<std::string, resources::ResourcePtr> leaving_;  // running ones that are being deleted
    EngineCounters counters_;
    bool stopping_ = false;
    runtime::Bell returned_bell_;
    Desk desk_;
    Cleanup cleanup_;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const Services& services, EngineConfig config, asio::any_io_executor executor) {
    return std::make_unique<QueryEngine>(services, config, std::move(executor));
}

}  // namespace ark::runs
