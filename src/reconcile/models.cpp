#include "llm/model.hpp"
#include "reconcile/duties.hpp"
#include "runs/network.hpp"
#include "runs/references.hpp"

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

constexpr const char* model_condition = "ModelAvailable";

Report model_failure(std::string message, std::string address = {}) {
    Report report;
    report.event = "ModelProbeFailed";
    report.warning = true;
    report.address = std::move(address);
    report.conditions = {{model_condition, "False", "ModelProbeFailed", std::move(message)}};
    return report;
}

/// The same for the same cause: what the provider says may have the time or a request's id in it.
std::string stable_text(const llm::Failure& failure, std::chrono::milliseconds timeout) {
    if (failure.type == llm::ErrorType::timeout && failure.http_status == 0)
        return fmt::format("timeout after {} seconds", static_cast<double>(timeout.count()) / 1000);
    if (failure.http_status == 0) return failure.error.message();
    auto text = std::string(llm::name(failure.type));
    if (!failure.code.empty()) text += ": " + failure.code;
    return fmt::format("{} ({})", text, failure.http_status);
}

awaitable<Report> look_at_model(resources::ResourceStore& store, runs::Network& network,
                                std::chrono::milliseconds timeout, resources::ResourcePtr model, std::stop_token stop) {
    runs::Lookup lookup(store);
    const auto& spec = model->value["spec"];
    const auto& config = spec["config"][spec["provider"].text()];
    std::string ns(model->ns());
    auto where = runs::text_of(runs::reference_to(*model)) + ": baseUrl";
    const auto address = co_await lookup.value(config["baseUrl"], std::move(ns), std::move(where));
    if (!address) co_return model_failure(address.error().message());
    runs::Overrides none;
    const auto brain = co_await network.model(lookup, std::move(model), std::move(none));
    if (!brain) co_return model_failure(brain.error().message(), *address);
    llm::CallOptions options;
    options.timeout = timeout;
    options.stop = std::move(stop);
    const auto wrong = co_await brain->chat->probe(std::move(options));
    if (wrong) co_return model_failure(stable_text(*wrong, timeout), *address);
    Report report;
    report.event = "ModelProbeSucceeded";
    report.address = *address;
    report.conditions = {{model_condition, "True", "Available", "Model is available"}};
    co_return report;
}

}  // namespace

Duty model_duty(resources::ResourceStore& store, runs::Network& network, std::chrono::milliseconds timeout) {
    Duty duty;
    duty.kind = &resources::kind_named("Model");
    duty.condition = model_condition;
    duty.at_first = {{model_condition, "Unknown", "Initializing", "The model was not probed yet"}};
    duty.look = [&store, &network, timeout](resources::ResourcePtr model, std::stop_token stop) {
        return look_at_model(store, network, timeout, std::move(model), std::move(stop));
    };
    return duty;
}

}  // namespace ark::reconcile
