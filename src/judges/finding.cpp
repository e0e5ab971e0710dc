#include "judges/finding.hpp"

#include "codec/json_text.hpp"
#include "resources/metadata.hpp"
#include "runs/status_parts.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace ark::judges {
namespace {

using codec::JsonValue;

constexpr std::size_t annotation_name_max = 63;  // of Kubernetes
constexpr std::size_t annotation_bytes_max = 4u << 10;

std::string_view reason_of(std::string_view phase) {
    if (phase == "done") return "EvaluationSucceeded";
    return phase == "canceled" ? "EvaluationCanceled" : "EvaluationErrored";
}

void append_result(codec::JsonWriter& json, const Finding& finding) {
    if (finding.phase == "done") json.field("score", score_text(finding.score)).field("passed", finding.passed);
    if (!finding.message.empty()) json.field("message", finding.message);
    json.key("metadata").begin_object();
    for (const auto& [name, text] : finding.metadata)
        json.field(name, text);
    json.end_object();
    if (finding.rules.is_array()) {
        json.key("rules");
        finding.rules.write(json);
    }
    runs::append_spent(json, finding.usage, finding.nanos);
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string annotation_name(std::string_view name) {
    std::string out(name.substr(0, annotation_name_max));
    for (auto& c : out) {
        if (!is_letter_or_digit(c) && c != '_' && c != '.') c = '-';
    }
    while (!out.empty() && !is_letter_or_digit(out.back()))
        out.pop_back();
    const auto begin = std::find_if(out.begin(), out.end(), is_letter_or_digit);
    return std::string(begin, out.end());
}

}  // namespace

std::string score_text(double score) {
    return fmt::format("{:.3f}", score);
}

std::string finding_text(const Finding& finding) {
    std::string text;
    codec::JsonWriter json(text);
    // The score unrounded: a status made of the record is the same as the one that was not written.
    json.begin_object().field("phase", finding.phase).field("message", finding.message);
    json.field("score", fmt::format("{}", finding.score)).field("passed", finding.passed);
    json.key("metadata").begin_object();
    for (const auto& [name, value] : finding.metadata)
        json.field(name, value);
    json.end_object();
    json.key("rules");
    finding.rules.write(json);
    runs::append_spent_record(json, finding.usage, finding.nanos);
    json.end_object();
    return text;
}

Finding parse_finding(std::string_view text) {
    const auto json = codec::parsed_or_null(text);
    Finding finding;
    finding.phase = json["phase"].text("error");
    finding.message = json["message"].text();
    finding.score = std::strtod(std::string(json["score"].text()).c_str(), nullptr);
    finding.passed = json["passed"].boolean();
    for (const auto& [name, value] : json["metadata"].object())
        finding.say(name, std::string(value.text()));
    finding.rules = json["rules"];
    runs::parse_spent_record(json, finding.usage, finding.nanos);
    return finding;
}

JsonValue running_status(const JsonValue& evaluation, UnixNanos now) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("status").begin_object().field("phase", "running");
    json.key("conditions").begin_array();
    runs::append_completed(json, evaluation, false, "EvaluationRunning", "Evaluation is running", now);
    json.end_array();
    json.end_object().end_object();
    return codec::parsed_or_null(text);
}

JsonValue progress_status(JsonValue progress) {
    JsonValue status{JsonValue::Object{{"batchProgress", std::move(progress)}}};
    return JsonValue{JsonValue::Object{{"status", std::move(status)}}};
}

JsonValue final_status(const JsonValue& evaluation, const Finding& finding, UnixNanos now) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("status").begin_object().field("phase", finding.phase);
    const auto message = finding.phase == "done" ? std::string("Evaluation completed") : finding.message;
    json.key("conditions").begin_array();
    runs::append_completed(json, evaluation, true, reason_of(finding.phase), message, now);
    json.end_array();
    append_result(json, finding);
    json.end_object().end_object();
    return codec::parsed_or_null(text);
}

JsonValue annotations_patch(const Finding& finding) {
    JsonValue annotations{JsonValue::Object{}};
    for (const auto& [name, value] : finding.metadata) {
        const auto key = annotation_name(name);
        if (key.empty() || value.size() > annotation_bytes_max) continue;
        annotations.set("evaluation.metadata/" + key, JsonValue{value});
    }
    JsonValue metadata{JsonValue::Object{{"annotations", std::move(annotations)}}};
    return JsonValue{JsonValue::Object{{"metadata", std::move(metadata)}}};
}

std::string result_text(const JsonValue& evaluation, const Finding& finding) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("name", resources::name_of(evaluation));
    json.field("namespace", resources::namespace_of(evaluation)).field("type", evaluation["spec"]["type"].text());
    append_result(json, finding);
    json.end_object();
    return text;
}

}  // namespace ark::judges
