#pragma once
#include "base/cursor.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "disk/disk.hpp"
#include "evaluations/record.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ark::evaluations {

/// An evaluation as lists show it, and where in the journal its whole result is.
struct Row {
    enum class State { running, done, failed, canceled };
    std::string id;
    std::string tenant;
    std::string name;
    State state = State::done;
    Subject subject;
    bool elsewhere = false;  ///< a controller judges
    bool passed = false;
    double score = 0;
    UnixNanos created, updated;
    Offset first;             ///< its first record: the request, of a live one
    Offset latest;            ///< its latest record: where the result is
    bool has_result = false;  ///< a live one may not have come to one yet
};
std::string_view name(Row::State state);  ///< "running", "done", "error", "canceled"

/// The newest evaluations: a fold of the journal in memory, with a checkpoint on disk so that a start reads only what
/// came since. Lose the checkpoint and the journal gives it again. Thread-safe.
class Index {
public:
    static constexpr std::size_t rows_max = 10'000;  ///< of all tenants; older ones are found in the journal only

    /// `path`: of the checkpoint; `disk` outlives us. A checkpoint of another journal, or a damaged one, counts as
    /// none.
    Index(disk::Disk& disk, std::string path, Epoch epoch);

    /// Everything before this offset is in the index.
    Offset folded() const;
    /// Takes in one batch of the journal; what was taken in before changes nothing.
    void apply(const model::Batch& batch);
    enum class Save { if_due, now };
    /// Writes the checkpoint: when a row changed since the last one or the journal has gone far, or in any case.
    /// Blocks.
    Status save(Save why);

    std::optional<Row> find(std::string_view tenant, std::string_view id) const;
    struct Choice {
        std::string query, session, name;  ///< empty: any
        std::optional<bool> passed;
        std::optional<Row::State> state;
    };
    /// Newest first by creation, those created before `before` (offset of the first record; 0: all), at most `limit`.
    std::vector<Row> list(std::string_view tenant, const Choice& choice, Offset before, std::size_t limit) const;
    /// Live ones of ours that have not ended, of all tenants.
    std::vector<Row> running() const;
    std::size_t size() const;

private:
    void load(Epoch epoch);
    void take(const Record& record, const model::Batch& batch, Offset offset);

    disk::Disk& disk_;
    const std::string path_;
    const Epoch epoch_;
    mutable std::mutex mutex_;
    std::deque<Row> rows_;                                  // by first record; guarded by mutex_
    std::unordered_map<std::string, std::uint64_t> by_id_;  // tenant, id -> first record's offset; guarded by mutex_
    Offset folded_;                                         // guarded by mutex_
    Offset saved_;                                          // folded_ of the checkpoint; guarded by mutex_
    bool changed_ = false;                                  // since the checkpoint; guarded by mutex_
};

}  // namespace ark::evaluations
