#include "runs/status_parts.hpp"

#include "base/duration.hpp"
#include "resources/metadata.hpp"

#include <chrono>
#include <utility>

namespace ark::runs {

bool is_final_phase(std::string_view phase) {
    return phase == "done" || phase == "error" || phase == "canceled";
}

void append_completed(codec::JsonWriter& json, const codec::JsonValue& resource, bool completed,
                      std::string_view reason, std::string_view message, UnixNanos now) {
    json.begin_object();
    json.field("type", "Completed").field("status", completed ? "True" : "False").field("reason", reason);
    json.field("message", message).field("lastTransitionTime", resources::to_metav1_time(now));
    json.field("observedGeneration", resource["metadata"]["generation"].integer());
    json.end_object();
}

void append_spent(codec::JsonWriter& json, const agents::TokenUsage& usage, std::uint64_t nanos) {
    json.key("tokenUsage").begin_object().field("promptTokens", usage.prompt);
    json.field("completionTokens", usage.completion).field("totalTokens", usage.total);
    json.field("cachedTokens", usage.cached).end_object();
    const auto rounded = std::chrono::round<std::chrono::milliseconds>(std::chrono::nanoseconds(nanos));
    json.field("duration", to_text(rounded));
}

void append_spent_record(codec::JsonWriter& json, const agents::TokenUsage& usage, std::uint64_t nanos) {
    json.field("prompt", usage.prompt).field("completion", usage.completion);
    json.field("total", usage.total).field("cached", usage.cached).field("nanos", nanos);
}

void parse_spent_record(const codec::JsonValue& record, agents::TokenUsage& usage, std::uint64_t& nanos) {
    usage.prompt = record["prompt"].integer();
    usage.completion = record["completion"].integer();
    usage.total = record["total"].integer();
    usage.cached = record["cached"].integer();
    nanos = static_cast<std::uint64_t>(record["nanos"].integer());
}

}  // namespace ark::runs
