#pragma once
#include "items/records.hpp"
#include "reference/changes.hpp"
#include "reference/hot_rows.hpp"
#include "reference/keys.hpp"
#include "reference/projection.hpp"
#include "reference/rows.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ark::reference {

/// A tenant as the fold has it in memory.
struct Tenant {
    std::string name;
    TenantState state;
    /// By kind: nothing ends before this; 0 = not known.
    std::array<std::uint64_t, numbered_kinds> next_end_ms{};
    bool changed = false;
};

/// Numbers items, and keeps the rows by which they are found: runs, members of ids, groups, traces, ends.
/// On the fold's thread. Every method leaves the rows whole.
class RunFold {
public:
    RunFold(Staged& rows, const KeepConfig& keep);

    /// Puts a run in its place: its items have the sequences from `sequence` on, and were counted.
    void add(Tenant& tenant, Kind kind, std::uint64_t sequence, const Run& run);
    /// A span of the trace came under this sequence. `begins`: nothing of the trace came before.
    void note_trace(Tenant& tenant, const TraceId& id, std::uint64_t sequence, bool begins);
    /// Whether a completion means anything: the query has chunks, and none yet.
    bool may_complete(const Tenant& tenant, std::string_view query);
    /// Takes away what ended by then, and compacts the chunks whose time has come.
    void end_until(Tenant& tenant, std::uint64_t now_ms);
    void erase(Tenant& tenant, const items::Record& deletion, std::uint64_t generation);
    /// Adds the rows that are kept here to a batch that has those of Staged.
    void write(store::WriteBatch& batch);

    /// Null: nobody watches.
    void note_changes_in(Changes* changes) { changes_ = changes; }

private:
    void place(Tenant& tenant, Kind kind, std::uint64_t sequence, const Run& run);
    void take_away(Tenant& tenant, Kind kind, std::uint64_t sequence, const Run& run);
    void join(Tenant& tenant, Kind kind, keys::Dimension dimension, std::string_view id, std::uint64_t sequence,
              const Run& run);
    void note_run(const Tenant& tenant, Kind kind, const Run& run);
    void leave(Tenant& tenant, Kind kind, keys::Dimension dimension, std::string_view id, std::uint64_t sequence,
               const Run& run);
    void count_pair(const Tenant& tenant, const Run& run, bool joins);
    void complete(Tenant& tenant, std::uint64_t sequence, const Run& run, std::uint64_t now_ms);
    void keep_newest(Tenant& tenant, Kind kind);
    void drop_traces(Tenant& tenant, std::uint64_t from, std::uint64_t until);
    void end_runs(Tenant& tenant, Kind kind, std::uint64_t now_ms);
    void compact_finished(Tenant& tenant, std::uint64_t now_ms);
    void compact(Tenant& tenant, std::string_view query, std::uint64_t due_ms);
    void erase_all(Tenant& tenant, Kind kind, std::uint64_t generation);
    void erase_some(Tenant& tenant, Kind kind, const items::Record& deletion);

    std::vector<std::uint64_t> members(const Tenant& tenant, Kind kind, keys::Dimension dimension, std::string_view id);
    bool load(const std::string& key, Run& run);
    std::uint64_t max_of(Kind kind) const;
    std::uint64_t kept_ms() const;

    Staged& rows_;  // outlives us
    HotRows<GroupRow> groups_;
    HotRows<NumberRow> pairs_;  // count_pair()
    HotRows<TraceFirst> traces_;
    const KeepConfig keep_;
    Changes* changes_ = nullptr;
    TraceId last_trace_;  // spans of a trace come in runs
    std::string packed_;  // of a run that is being placed
};

}  // namespace ark::reference
