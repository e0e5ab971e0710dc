#pragma once
#include "base/result.hpp"
#include "evaluations/scope.hpp"
#include "items/items.hpp"
#include "journal/journal.hpp"
#include "model/batch.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Evaluations as events of the journal: how a result is written, and found again.
namespace ark::evaluations {

/// What an event of ours tells. The journal is the truth about evaluations: everything else is made from these.
struct Record {
    enum class Kind {
        started,   ///< a live evaluation began: `body` is its request
        changed,   ///< a live evaluation came to another result
        done,      ///< the result, for good
        failed,    ///< it ended without one; `body` of a live one is {"error": …}
        canceled,  ///< nobody wanted it any more
    };
    Kind kind = Kind::done;
    bool elsewhere = false;  ///< a controller judges, and told us: not ours to go on with
    std::string id;
    std::string name;
    Subject subject;  ///< as it was asked for
    bool passed = false;
    double score = 0;
    bool has_previous = false;  ///< changed, done after a change: what it was before
    bool previous_passed = false;
    double previous_score = 0;
    std::string body;  ///< JSON: the whole result, or the request
};

/// The reason of the event: "EvaluationChanged".
std::string_view reason_of(Record::Kind kind);

/// One event as a batch for the journal.
std::shared_ptr<model::Batch> batch_of(const Record& record, std::string_view tenant, UnixNanos now);
/// Appends and waits until the record is as durable as the journal promises. Blocks: not on a net thread.
Result<journal::Receipt> append_and_wait(journal::Journal& journal, std::shared_ptr<model::Batch> batch);

/// Whether the item is about an evaluation: an event of ours, or of a controller that judges.
bool is_our_own(const items::Item& item);
/// Whether a batch may hold any: cheap, may be wrong in saying yes.
bool may_hold_records(const model::Batch& batch);
/// Of such an item; nothing when it is none, or not whole.
std::optional<Record> read_record(const items::Item& item);

}  // namespace ark::evaluations
