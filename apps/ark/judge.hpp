#pragma once
#include "api_client.hpp"
#include "evaluations/evaluate.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ark::cli {

/// Who runs expressions and evaluations: this process over a file of events, or a broker over its own. Answers have
/// the same shape (docs/evaluations.md).
class Judge {
public:
    virtual ~Judge() = default;
    /// {"value": …} or {"error": {…}}, with "steps" and "evidence".
    virtual Result<codec::JsonValue> expression(std::string_view text) = 0;
    /// The result of an Evaluation document. It is recorded where the judge can, unless `dry_run`.
    virtual Result<codec::JsonValue> evaluation(const codec::JsonValue& document) = 0;
};

struct JudgeOptions {
    evaluations::Subject subject;  ///< wins over what a document names
    std::string filter;            ///< an expression over events; a broker's only
    bool explain = false;
    bool fail_fast = false;
    bool dry_run = false;
    std::string wait;  ///< "30s": until the query has ended, at most so long; a broker's only
};

std::unique_ptr<Judge> judge_of_events(std::vector<codec::JsonValue> events, JudgeOptions options);
/// `api` outlives the judge.
std::unique_ptr<Judge> judge_of_broker(ApiClient& api, JudgeOptions options);

/// Starts a live evaluation of a document: its first result, with the id and cursor to follow it by.
Result<codec::JsonValue> start_live(ApiClient& api, const JudgeOptions& options, const codec::JsonValue& document);

}  // namespace ark::cli
