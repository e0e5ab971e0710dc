#include "eval_controller.hpp"

#include <algorithm>
#include <array>
#include <thread>

namespace ark::cli {
namespace {

using codec::JsonValue;

constexpr std::chrono::milliseconds progress_interval{150};

const resources::Kind& evaluations() {
    return resources::kind_named("Evaluation");
}

JsonValue text(std::string_view given) {
    return JsonValue{std::string(given)};
}

std::string type_of(const JsonValue& document) {
    const auto& spec = document["spec"].is_object() ? document["spec"] : document;
    const auto& config = spec["config"].is_object() ? spec["config"] : spec;
    const auto said = spec["type"].text();
    return !said.empty() ? std::string(said) : config["rules"].is_null() ? "direct" : "event";
}

/// A whole document as it is; the short form, without `spec`, put into one.
JsonValue resource_of(const JsonValue& document) {
    auto spec = document["spec"];
    if (!spec.is_object()) {
        spec = document;
        for (const auto* name : {"name", "kind", "apiVersion", "metadata"})
            spec.erase(name);
        if (!spec["config"].is_object()) {
            JsonValue config{JsonValue::Object{}};
            for (const auto* name : {"input", "output", "queryRef", "items", "evaluations", "template", "querySelector",
                                     "concurrency", "continueOnFailure"}) {
                if (spec[name].is_null()) continue;
                config.set(name, spec[name]);
                spec.erase(name);
            }
            spec.set("config", std::move(config));
        }
    }
    auto metadata = document["metadata"];
    if (!metadata.is_object()) metadata.data = JsonValue::Object{};
    const auto name = metadata["name"].text(document["name"].text("evaluation"));
    metadata.set("generateName", text(std::string(name) + "-"));
    metadata.erase("name");
    JsonValue resource{
        JsonValue::Object{{"apiVersion", text(evaluations().api_version())}, {"kind", text("Evaluation")}}};
    resource.set("metadata", std::move(metadata));
    resource.set("spec", std::move(spec));
    return resource;
}

Status apply_options(JsonValue& resource, const JudgeOptions& options) {
    const auto type = type_of(resource);
    const auto& subject = options.subject;
    if (!subject.session.empty() || !options.filter.empty())
        return fail(Errc::bad_argument, "--session and --filter are of evaluations of events, not of type " + type);
    if (options.dry_run) return fail(Errc::bad_argument, "--dry-run: what a controller judges is kept there");
    if (subject.query.empty()) return ok();
    if (type != "query") return fail(Errc::bad_argument, "--query is not of evaluations of type " + type);
    auto& config = *resource.find("spec")->find("config");
    JsonValue reference = config["queryRef"];
    reference.set("name", text(subject.query));
    config.set("queryRef", std::move(reference));
    return ok();
}

JsonValue result_of(const JsonValue& resource) {
    const auto& status = resource["status"];
    JsonValue result{JsonValue::Object{{"name", resource["metadata"]["name"]}}};
    result.set("namespace", resource["metadata"]["namespace"]);
    result.set("type", resource["spec"]["type"]);
    const auto phase = status["phase"].text();
    result.set("state", text(phase));
    if (phase == "done") {
        result.set("score", status["score"]);
        result.set("passed", status["passed"]);
    } else {
        const auto message = status["message"].text(phase == "canceled" ? "it was canceled" : "no reason given");
        result.set("error", JsonValue{JsonValue::Object{{"code", text(phase)}, {"message", text(message)}}});
        result.set("passed", JsonValue{false});
    }
    for (const auto* name : {"metadata", "rules", "batchProgress", "tokenUsage", "duration"}) {
        if (!status[name].is_null()) result.set(name, status[name]);
    }
    return result;
}

}  // namespace

bool is_for_controller(const JsonValue& document) {
    static constexpr std::array judged{"direct", "query", "baseline", "batch"};
    return std::find(judged.begin(), judged.end(), type_of(document)) != judged.end();
}

Result<JsonValue> evaluate_at_controller(const Context& context, const JudgeOptions& options, JsonValue document) {
    auto resource = resource_of(document);
    ARK_TRY_STATUS(apply_options(resource, options));
    ARK_TRY(auto client, ResourceClient::of_configuration(context));
    const std::string ns(resource["metadata"]["namespace"].text("default"));
    ARK_TRY(auto answer, client.send("POST", collection_path(evaluations(), ns), "application/json", resource.dump()));
    const auto path = resource_path(evaluations(), ns, answer.value["metadata"]["name"].text());
    const auto begun = std::chrono::steady_clock::now();
    for (;;) {
        const auto phase = answer.value["status"]["phase"].text();
        if (phase == "done" || phase == "error" || phase == "canceled") return result_of(answer.value);
        if (context.timeout_given && std::chrono::steady_clock::now() - begun >= context.timeout) {
            return fail(Errc::deadline, std::string(answer.value["metadata"]["name"].text()) +
                                            " is not judged yet; it goes on: ark get evaluation/" +
                                            std::string(answer.value["metadata"]["name"].text()));
        }
        std::this_thread::sleep_for(progress_interval);
        ARK_TRY(answer, client.send("GET", path));
    }
}

}  // namespace ark::cli
