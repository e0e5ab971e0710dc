#pragma once
#include "journal/batches.hpp"
#include "reference/keys.hpp"
#include "reference/rows.hpp"
#include "store/kv.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ark::reference {

/// A numbered item, and where the journal has it.
struct Found {
    std::uint64_t sequence = 0;
    Offset offset;
    bool completes = false;
};

/// A tenant's rows at one moment, read for one request. What has ended or expired by `now_ms` is not there, whether the
/// fold has noticed yet or not. Not thread-safe; may block on disk.
class Reads {
public:
    /// `batches`: of a read that this one goes on from, or null.
    Reads(const store::Kv& kv, journal::Journal& journal, std::string tenant, std::uint64_t now_ms,
          std::shared_ptr<journal::Batches> batches);

    const std::string& tenant() const { return tenant_; }
    journal::Batches& batches() const { return *batches_; }
    Result<TenantState> state() const;

    /// Items behind the sequence `after` that pass the filter (its trace is not looked at), oldest first, at most
    /// `limit`.
    Result<std::vector<Found>> find(Kind kind, const Filter& filter, std::uint64_t after, std::size_t limit) const;
    /// How many pass the filter in all.
    Result<std::uint64_t> total(Kind kind, const Filter& filter) const;
    Result<GroupRow> group(Kind kind, keys::Dimension dimension, std::string_view id) const;
    /// The chunks of a finished query that were compacted.
    Result<std::optional<CompactedRow>> compacted(std::string_view query) const;
    Result<MemoryStatus> memory_status() const;

    /// The offset of the oldest span that is there, or of the end of all; spans before it are not there.
    Result<Offset> first_span() const;
    /// The sequence of the first item at or behind the offset; one behind the newest when there is none. Cheap for
    /// neighbours of the last one asked for.
    Result<std::uint64_t> sequence_at(Kind kind, Offset offset) const;
    /// The sequence of the trace's first span.
    Result<std::optional<std::uint64_t>> trace(const TraceId& id) const;
    /// Visits traces by the sequence of their first span, below `before`, newest first; false stops.
    Status traces_before(std::optional<std::uint64_t> before,
                         const std::function<bool(std::uint64_t first, const TraceId& id)>& visit) const;

    /// Sessions in the order of JavaScript's objects, from the `skip`th on; false stops.
    using SessionVisitor = std::function<bool(std::string_view place, SessionRow row)>;
    Status sessions(std::uint64_t skip, const SessionVisitor& visit) const;
    /// Places and statuses of sessions that were active last in [from_ms, until_ms], the latest first or last; of one
    /// millisecond in the order of JavaScript's objects. False stops.
    using ActivityVisitor = std::function<bool(std::string_view place, SessionStatus status)>;
    void sessions_by_activity(std::uint64_t from_ms, std::uint64_t until_ms, bool latest_first,
                              const ActivityVisitor& visit) const;
    Result<SessionRow> session_at(std::string_view place) const;
    /// The sequence of the session that changed last; 0: there is none.
    std::uint64_t newest_change() const;
    /// Sessions by their last change, behind `after`.
    Status sessions_changed(std::uint64_t after, const SessionVisitor& visit) const;
    Status session(std::string_view id, const SessionVisitor& visit) const;
    /// Queries of a session in the order of JavaScript's objects.
    Status queries(std::string_view session_place, const std::function<void(QueryRow)>& visit) const;

private:
    using RowVisitor = std::function<bool(std::string_view key, std::string_view value)>;
    Result<std::optional<std::string>> get(std::string_view key) const;
    void scan(std::string_view begin, std::string_view end, const RowVisitor& visit) const;

    /// Visits the runs that pass the filter and have an item behind `after`; false stops.
    using RunVisitor = std::function<bool(std::uint64_t sequence, const Run& run)>;
    Status runs(Kind kind, const Filter& filter, std::uint64_t after, const RunVisitor& visit) const;
    Status all_runs(Kind kind, std::uint64_t after, const RunVisitor& visit) const;
    Status member_runs(Kind kind, keys::Dimension dimension, std::string_view id, std::uint64_t after,
                       const RunVisitor& visit) const;
    /// Ended, but the fold has not noticed yet.
    Status ended_runs(Kind kind, const RunVisitor& visit) const;
    bool ended(const Run& run) const { return run.ends_ms != 0 && run.ends_ms <= now_ms_; }
    Result<std::uint64_t> count_ended(Kind kind, const Filter& filter) const;

    const std::string tenant_;
    const std::uint64_t now_ms_;
    const std::shared_ptr<journal::Batches> batches_;  // never null
    const Offset journal_begin_;
    const std::unique_ptr<store::Snapshot> rows_;
    struct Stretch {
        Kind kind = Kind::sessions;
        std::uint64_t first = 0;
        Run run;
    };
    mutable Stretch last_;  // that sequence_at() found
};

/// Whether the run has the ids of the filter, the trace aside.
bool passes(Kind kind, const Filter& filter, const Run& run);

}  // namespace ark::reference
