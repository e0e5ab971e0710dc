#pragma once
// A reconciler over a real store, real HTTP servers that the test scripts, models that say what the test wants.
#include "codec/json_value.hpp"
#include "disk/faulty_disk.hpp"
#include "reconcile/reconciler.hpp"
#include "resources/embedded_store.hpp"
#include "resources/metadata.hpp"
#include "runs/testing/quiet_network.hpp"
#include "runtime/sleep.hpp"
#include "tools/testing.hpp"

#include <functional>
#include <map>

namespace ark::reconcile {

inline codec::JsonValue json(std::string_view text) {
    auto value = codec::JsonValue::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? std::move(*value) : codec::JsonValue{};
}

/// Models by the names of their resources; the failure that a probe of them ends with.
class ProbedNetwork final : public runs::QuietNetwork {
public:
    awaitable<Result<agents::Brain>> model(runs::Lookup&, resources::ResourcePtr model, runs::Overrides) override {
        agents::Brain brain;
        brain.resource = model->name();
        brain.chat = std::make_shared<Probed>(*this, std::string(model->name()));
        co_return brain;
    }

    std::map<std::string, llm::Failure> failures;
    std::map<std::string, int> probes;

private:
    class Probed final : public llm::Model {
    public:
        Probed(ProbedNetwork& network, std::string name) : network_(network), name_(std::move(name)) {}
        awaitable<llm::ChatOutcome> chat(llm::ChatRequest, llm::CallOptions) override { co_return llm::ChatOutcome(); }
        awaitable<std::optional<llm::Failure>> probe(llm::CallOptions) override {
            ++network_.probes[name_];
            const auto found = network_.failures.find(name_);
            if (found == network_.failures.end()) co_return std::nullopt;
            co_return found->second;
        }

    private:
        ProbedNetwork& network_;
        const std::string name_;
    };
};

class ReconcileTest : public tools::ServerTest {
protected:
    ReconcileTest() { start(ReconcilerConfig()); }
    ~ReconcileTest() override { run_void(reconciler_->stop()); }

    /// As another process over what is stored.
    void restart(const ReconcilerConfig& config) {
        run_void(reconciler_->stop());
        start(config);
    }
    void create(std::string_view kind, const std::string& text) {
        auto object = json(text);
        const auto made = run(store_->create(resources::kind_named(kind), "lab", std::move(object), {}));
        ASSERT_TRUE(made) << made.error().message
                          << (made.error().causes.empty() ? "" : made.error().causes[0].message);
    }
    void change(std::string_view kind, std::string name, std::string_view merge_patch) {
        resources::PatchBody patch;
        patch.body = json(merge_patch);
        resources::ObjectName which{"lab", std::move(name)};
        ASSERT_TRUE(run(
            store_->patch(resources::kind_named(kind), std::move(which), resources::Part::main, std::move(patch), {})));
    }
    void remove(std::string_view kind, std::string name) {
        resources::ObjectName which{"lab", std::move(name)};
        ASSERT_TRUE(run(store_->remove(resources::kind_named(kind), std::move(which), {})));
    }
    std::vector<resources::ResourcePtr> all(std::string_view kind) {
        resources::ListOptions list;
        list.ns = "lab";
        return run(store_->list(resources::kind_named(kind), std::move(list)))->items;
    }
    std::vector<std::string> names_of(std::string_view kind) {
        std::vector<std::string> names;
        for (const auto& item : all(kind))
            names.emplace_back(item->name());
        return names;
    }
    /// "ModelProbeFailed of Model small ×2"
    std::vector<std::string> events() {
        std::vector<std::string> told;
        for (const auto& event : all("Event")) {
            const auto& value = event->value;
            told.push_back(std::string(value["reason"].text()) + " of " +
                           std::string(value["involvedObject"]["kind"].text()) + " " +
                           std::string(value["involvedObject"]["name"].text()) + " ×" +
                           std::to_string(value["count"].integer()));
        }
        return told;
    }
    /// A member of the status, or of a condition: "conditions[Available].reason".
    std::string status(std::string_view kind, std::string name, const std::string& what) {
        resources::ObjectName which{"lab", std::move(name)};
        const auto found = run(store_->get(resources::kind_named(kind), std::move(which)));
        if (!found) return "";
        return std::string(resources::at_path((*found)->value, "status." + what).text());
    }
    std::string condition(std::string_view kind, std::string name, const std::string& what) {
        return status(kind, std::move(name), "conditions[" + what);
    }
    /// Lets the reconciler work until it is so, at most five seconds.
    bool becomes(const std::function<bool()>& so) {
        for (int i = 0; i < 500; ++i) {
            if (so()) return true;
            auto nap = []() -> awaitable<bool> {
                co_return bool(co_await runtime::sleep_for(std::chrono::milliseconds(10)));
            };
            run(nap());
        }
        return false;
    }

    disk::FaultyDisk disk_;
    std::unique_ptr<resources::EmbeddedStore> store_;
    ProbedNetwork network_;
    std::unique_ptr<Reconciler> reconciler_;

private:
    void start(const ReconcilerConfig& config) {
        if (!store_) {
            resources::EmbeddedStoreConfig store;
            store.directory = "/data";
            store_ = std::move(*resources::EmbeddedStore::open(disk_, store, system_clock()));
        }
        const Services services{*store_, *http, network_, system_clock()};
        reconciler_ = Reconciler::create(services, config, context.get_executor());
        reconciler_->start();
    }
};

}  // namespace ark::reconcile
