#include "reconcile/reconciler.hpp"

#include "reconcile/duties.hpp"
#include "reconcile/verdicts.hpp"

namespace ark::reconcile {
namespace {

class RealReconciler final : public Reconciler {
public:
    RealReconciler(const Services& services, const ReconcilerConfig& config, asio::any_io_executor executor)
        : servers_(services.store, services.clock,
                   {mcp_server_duty(services.store, services.client), a2a_server_duty(services.store, services.client)},
                   executor),
          models_(services.store, services.clock, model_duties(services, config), executor),
          verdicts_(
              services.store, services.clock, config.probe_models,
              [this](const resources::Resource& resource) {
                  servers_.look_again(resource);
                  models_.look_again(resource);
              },
              executor) {}

    void start() override {
        servers_.start();
        models_.start();
        verdicts_.start();
    }

    awaitable<void> stop() override {
        co_await verdicts_.stop();
        co_await models_.stop();
        co_await servers_.stop();
    }

    ReconcilerCounters counters() const override {
        ReconcilerCounters counters;
        const auto servers = servers_.counters();
        const auto models = models_.counters();
        counters.servers = servers.resources;
        counters.servers_failing = servers.failing;
        counters.models = models.resources;
        counters.models_failing = models.failing;
        counters.verdicts_waiting = verdicts_.waiting();
        return counters;
    }

private:
    static std::vector<Duty> model_duties(const Services& services, const ReconcilerConfig& config) {
        std::vector<Duty> duties;
        if (config.probe_models) duties.push_back(model_duty(services.store, services.network, config.probe_timeout));
        return duties;
    }

    Rounds servers_;
    Rounds models_;
    Verdicts verdicts_;
};

}  // namespace

std::unique_ptr<Reconciler> Reconciler::create(const Services& services, const ReconcilerConfig& config,
                                               asio::any_io_executor executor) {
    return std::make_unique<RealReconciler>(services, config, std::move(executor));
}

}  // namespace ark::reconcile
