#include "judges/batch.hpp"

#include "codec/json_text.hpp"
#include "judges/together.hpp"
#include "resources/metadata.hpp"
#include "runs/status_parts.hpp"
#include "runtime/sleep.hpp"

#include <cstdlib>
#include <set>

#include <fmt/format.h>

namespace ark::judges {
namespace {

using codec::json_text;
using codec::JsonValue;

constexpr std::int64_t batch_concurrency_default = 10;
constexpr std::chrono::milliseconds batch_poll_first{20};
constexpr std::chrono::milliseconds batch_poll_longest{500};
constexpr std::size_t name_max = 253;  // of Kubernetes

const resources::Kind& evaluations() {
    return resources::kind_named("Evaluation");
}

/// `over` with the members of `under` that it lacks.
JsonValue filled(JsonValue over, const JsonValue& under) {
    if (over.is_null()) over.data = JsonValue::Object{};
    for (const auto& [name, value] : under.object()) {
        if (over[name].is_null()) over.set(name, value);
    }
    return over;
}

/// Whose it is: it goes with the batch.
JsonValue owner_of(const resources::Resource& batch) {
    JsonValue owner{JsonValue::Object{{"apiVersion", json_text("ark.mckinsey.com/v1alpha1")},
                                      {"kind", json_text("Evaluation")},
                                      {"name", json_text(batch.name())},
                                      {"uid", json_text(batch.uid())},
                                      {"controller", JsonValue{true}}}};
    return JsonValue{JsonValue::Array{std::move(owner)}};
}

/// An item may say its type and config in `spec` or as they are.
Result<JsonValue> child_spec(const JsonValue& item, const JsonValue& pattern, const JsonValue& batch_spec) {
    const auto& said = item["spec"].is_object() ? item["spec"] : item;
    const auto& base = pattern["spec"].is_object() ? pattern["spec"] : pattern;
    JsonValue spec{JsonValue::Object{}};
    for (const auto* name : {"type", "evaluator", "ttl", "timeout"}) {
        for (const auto* place : {&said, &base}) {
            if (spec[name].is_null() && !(*place)[name].is_null()) spec.set(name, (*place)[name]);
        }
    }
    if (spec["evaluator"].is_null() && !batch_spec["evaluator"].is_null())
        spec.set("evaluator", batch_spec["evaluator"]);
    spec.set("config", filled(said["config"], base["config"]));
    if (spec["type"].text() == "batch") return fail(Errc::bad_argument, "a batch cannot be in a batch");
    return spec;
}

class Gatherer {
public:
    Gatherer(resources::ResourceStore& store, resources::ResourcePtr batch)
        : store_(store), batch_(std::move(batch)), config_(batch_->value["spec"]["config"]) {}

    awaitable<Result<std::vector<Child>>> gather() {
        ARK_CO_TRY_STATUS(take_items());
        ARK_CO_TRY_STATUS(take_references());
        if (config_["querySelector"].is_object()) {
            ARK_CO_TRY_STATUS(co_await take_queries());
        }
        if (children_.empty())
            co_return fail(Errc::bad_argument, "a batch needs items, evaluations, or a querySelector that finds some");
        co_return std::move(children_);
    }

private:
    Status take_items() {
        const auto& items = config_["items"];
        for (std::size_t i = 0; i < items.size(); ++i) {
            std::string name(items[i]["name"].text(items[i]["metadata"]["name"].text()));
            if (name.empty()) name = fmt::format("{:03}", i + 1);
            ARK_TRY(auto spec, child_spec(items[i], config_["template"], batch_->value["spec"]));
            ARK_TRY_STATUS(add(name, std::move(spec)));
        }
        return ok();
    }

    Status take_references() {
        for (const auto& each : config_["evaluations"].array()) {
            Child child;
            const auto name = each.is_string() ? each.text() : each["name"].text();
            if (name.empty()) return fail(Errc::bad_argument, "config.evaluations: one has no name");
            child.name = {std::string(each["namespace"].text(batch_->ns())), std::string(name)};
            if (child.name.name == batch_->name() && child.name.ns == batch_->ns())
                return fail(Errc::bad_argument, "a batch cannot wait for itself");
            ARK_TRY_STATUS(push(std::move(child)));
        }
        return ok();
    }

    awaitable<Status> take_queries() {
        resources::ListOptions options;
        options.ns = batch_->ns();
        options.limit = children_max + 1;
        options.selection.labels = resources::LabelSelector::of(config_["querySelector"]);
        auto page = co_await store_.list(resources::kind_named("Query"), std::move(options));
        if (!page) co_return page.error().error();
        for (const auto& query : page->items) {
            JsonValue reference{JsonValue::Object{{"name", json_text(query->name())}}};
            JsonValue config{JsonValue::Object{{"queryRef", std::move(reference)}}};
            JsonValue item{JsonValue::Object{{"config", std::move(config)}}};
            ARK_CO_TRY(auto spec, child_spec(item, config_["template"], batch_->value["spec"]));
            if (spec["type"].is_null()) spec.set("type", json_text("query"));
            ARK_CO_TRY_STATUS(add(query->name(), std::move(spec)));
        }
        co_return ok();
    }

    Status add(std::string_view name, JsonValue spec) {
        Child child;
        const auto prefix = config_["template"]["namePrefix"].text(batch_->name());
        child.name = {std::string(batch_->ns()), fmt::format("{}-{}", prefix, name).substr(0, name_max)};
        JsonValue metadata{
            JsonValue::Object{{"name", json_text(child.name.name)}, {"ownerReferences", owner_of(*batch_)}}};
        child.object = JsonValue{JsonValue::Object{{"metadata", std::move(metadata)}, {"spec", std::move(spec)}}};
        return push(std::move(child));
    }

    Status push(Child child) {
        if (children_.size() >= children_max)
            return fail(Errc::bad_argument, fmt::format("a batch of more than {}", children_max));
        if (!names_.insert(child.name.ns + "/" + child.name.name).second)
            return fail(Errc::bad_argument, fmt::format("two of a batch are called {}", child.name.name));
        children_.push_back(std::move(child));
        return ok();
    }

    resources::ResourceStore& store_;
    const resources::ResourcePtr batch_;
    const JsonValue& config_;
    std::vector<Child> children_;
    std::set<std::string> names_;
};

class Runner {
public:
    Runner(resources::ResourceStore& store, resources::ResourcePtr batch, std::vector<Child>& children,
           std::function<awaitable<void>()> told, std::stop_token stop)
        : store_(store),
          batch_(std::move(batch)),
          children_(children),
          told_(std::move(told)),
          stop_(std::move(stop)),
          go_on_(batch_->value["spec"]["config"]["continueOnFailure"].boolean()) {}

    awaitable<Status> run() {
        const auto width = batch_->value["spec"]["config"]["concurrency"].integer(batch_concurrency_default);
        std::function<awaitable<void>(std::size_t)> job = [this](std::size_t i) { return run_one(children_[i]); };
        co_await together(children_.size(), static_cast<std::size_t>(std::max<std::int64_t>(width, 1)), job);
        co_return status_;
    }

private:
    awaitable<void> run_one(Child& child) {
        if (!status_ || (failed_ && !go_on_)) co_return;
        auto outcome = co_await follow(child);
        if (!outcome) {
            status_ = outcome.error();
            co_return;
        }
        failed_ = failed_ || child.phase != "done";
        co_await told_();
    }

    awaitable<Status> follow(Child& child) {
        child.phase = "pending";
        if (!child.object.is_null()) {
            auto object = child.object;
            resources::WriteOptions options;
            std::string ns = child.name.ns;
            auto made = co_await store_.create(evaluations(), std::move(ns), std::move(object), std::move(options));
            // Of an earlier process: it is adopted below, when it is ours.
            if (!made && made.error().reason != resources::Reason::already_exists) {
                child.phase = "error";
                child.status = error_status(made.error().message);
                co_return ok();
            }
        }
        auto wait = batch_poll_first;
        for (;;) {
            resources::ObjectName name = child.name;
            auto found = co_await store_.get(evaluations(), std::move(name));
            if (!found || !is_ours(child, **found)) {
                child.phase = "error";
                child.status = error_status(found ? "an evaluation of that name is somebody else's"
                                                  : std::string_view(found.error().message));
                co_return ok();
            }
            child.phase = (*found)->value["status"]["phase"].text("pending");
            if (runs::is_final_phase(child.phase)) {
                child.status = (*found)->value["status"];
                co_return ok();
            }
            ARK_CO_TRY_STATUS(co_await runtime::sleep_for(wait, stop_));
            wait = std::min(wait * 2, batch_poll_longest);
        }
    }

    bool is_ours(const Child& child, const resources::Resource& found) const {
        return child.object.is_null() ||
               found.value["metadata"]["ownerReferences"][std::size_t{0}]["uid"].text() == batch_->uid();
    }

    static JsonValue error_status(std::string_view message) {
        return JsonValue{JsonValue::Object{{"phase", json_text("error")}, {"message", json_text(message)}}};
    }

    resources::ResourceStore& store_;
    const resources::ResourcePtr batch_;
    std::vector<Child>& children_;
    const std::function<awaitable<void>()> told_;
    const std::stop_token stop_;
    const bool go_on_;
    bool failed_ = false;
    Status status_;
};

}  // namespace

awaitable<Result<std::vector<Child>>> children_of(resources::ResourceStore& store, resources::ResourcePtr batch) {
    Gatherer gatherer(store, std::move(batch));
    co_return co_await gatherer.gather();
}

awaitable<Status> run_children(resources::ResourceStore& store, resources::ResourcePtr batch,
                               std::vector<Child>& children, std::function<awaitable<void>()> told,
                               std::stop_token stop) {
    Runner runner(store, std::move(batch), children, std::move(told), std::move(stop));
    co_return co_await runner.run();
}

awaitable<void> cancel_children(resources::ResourceStore& store, const std::vector<Child>& children) {
    for (const auto& child : children) {
        if (child.object.is_null() || child.phase.empty() || runs::is_final_phase(child.phase)) continue;
        resources::ObjectName which = child.name;
        const auto found = co_await store.get(evaluations(), std::move(which));
        if (!found || runs::is_final_phase((*found)->value["status"]["phase"].text())) continue;
        JsonValue status{JsonValue::Object{{"phase", json_text("canceled")}}};
        resources::PatchBody patch;
        patch.body = JsonValue{JsonValue::Object{{"status", std::move(status)}}};
        resources::ObjectName name = child.name;
        resources::WriteOptions options;
        // One that is gone, or ended meanwhile, needs nothing.
        static_cast<void>(co_await store.patch(evaluations(), std::move(name), resources::Part::status,
                                               std::move(patch), std::move(options)));
    }
}

JsonValue progress_of(const std::vector<Child>& children) {
    std::int64_t completed = 0, failed = 0, running = 0;
    JsonValue::Array each;
    for (const auto& child : children) {
        if (child.phase == "done") ++completed;
        if (child.phase == "error" || child.phase == "canceled") ++failed;
        if (child.phase == "pending" || child.phase == "running") ++running;
        JsonValue one{JsonValue::Object{{"name", json_text(child.name.name)}}};
        one.set("phase", json_text(child.phase.empty() ? "waiting" : child.phase));
        for (const auto* name : {"score", "passed", "message"}) {
            if (!child.status[name].is_null()) one.set(name, child.status[name]);
        }
        each.push_back(std::move(one));
    }
    JsonValue progress{JsonValue::Object{}};
    progress.set("total", JsonValue{static_cast<std::int64_t>(children.size())});
    progress.set("completed", JsonValue{completed});
    progress.set("failed", JsonValue{failed});
    progress.set("running", JsonValue{running});
    progress.set("childEvaluations", JsonValue{std::move(each)});
    return progress;
}

Finding finding_of(const std::vector<Child>& children, bool continue_on_failure) {
    Finding finding;
    double sum = 0;
    std::size_t scored = 0, passed = 0, failed = 0, begun = 0;
    for (const auto& child : children) {
        if (!child.phase.empty()) ++begun;
        if (runs::is_final_phase(child.phase) && child.phase != "done") {
            ++failed;
            if (finding.message.empty())
                finding.message = fmt::format("{}: {}", child.name.name, child.status["message"].text(child.phase));
        }
        const auto& usage = child.status["tokenUsage"];
        finding.usage.prompt += usage["promptTokens"].integer();
        finding.usage.completion += usage["completionTokens"].integer();
        finding.usage.total += usage["totalTokens"].integer();
        finding.usage.cached += usage["cachedTokens"].integer();
        if (child.phase == "done" && child.status["passed"].boolean()) ++passed;
        const std::string score(child.status["score"].text());
        char* end = nullptr;
        const auto value = std::strtod(score.c_str(), &end);
        if (score.empty() || *end != '\0') continue;
        sum += value;
        ++scored;
    }
    finding.score = scored > 0 ? sum / static_cast<double>(scored) : 0;
    finding.passed = passed == children.size();
    if (failed > 0 && !continue_on_failure) finding.phase = "error";
    finding.say("total_evaluations", std::to_string(children.size()));
    finding.say("passed_evaluations", std::to_string(passed));
    finding.say("failed_evaluations", std::to_string(failed));
    finding.say("not_begun", std::to_string(children.size() - begun));
    return finding;
}

}  // namespace ark::judges
