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
        started,  ///< a live evaluation began: `body` is its request
        changed,  ///< a live evaluation came to another result
        done,     ///< the result, for good
        failed,   ///< a live evaluation ended without one; `body` is {"error": …}
    };
    Kind kind = Kind::done;
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

/// Whether the item is an event of ours.
bool is_our_own(const items::Item& item);
/// Whether a batch may hold any: cheap, may be wrong in saying yes.
bool may_hold_records(const model::Batch& batch);
/// Of an item that is ours; nothing when it is not, or not whole.
std::optional<Record> read_record(const items::Item& item);

}  // namespace ark::evaluations
