#pragma once
#include "agents/participant.hpp"
#include "base/time.hpp"
#include "codec/json_value.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ark::judges {

/// What came of an evaluation, as it is recorded and as the resource's status says it.
struct Finding {
    std::string phase = "done";  ///< "done", "error", "canceled"
    std::string message;         ///< what went wrong, or in a word what was found
    double score = 0;            ///< of done
    bool passed = false;
    std::vector<std::pair<std::string, std::string>> metadata;
    codec::JsonValue rules;  ///< of type event: what the broker said of each
    agents::TokenUsage usage;
    std::uint64_t nanos = 0;

    void say(std::string name, std::string text) { metadata.emplace_back(std::move(name), std::move(text)); }
};

std::string finding_text(const Finding& finding);
Finding parse_finding(std::string_view text);  ///< of finding_text()

/// "0.667"
std::string score_text(double score);

/// Merge patches of an Evaluation's status subresource.
codec::JsonValue running_status(const codec::JsonValue& evaluation, UnixNanos now);
codec::JsonValue progress_status(codec::JsonValue progress);
codec::JsonValue final_status(const codec::JsonValue& evaluation, const Finding& finding, UnixNanos now);
/// A merge patch that says the metadata as annotations too, `evaluation.metadata/KEY`, as consumers of the reference
/// read them. What may not stand in a key becomes a dash.
codec::JsonValue annotations_patch(const Finding& finding);
/// The result as the text of an event.
std::string result_text(const codec::JsonValue& evaluation, const Finding& finding);

}  // namespace ark::judges
