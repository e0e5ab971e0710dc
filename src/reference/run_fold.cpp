#include "reference/run_fold.hpp"

#include <algorithm>
#include <utility>

namespace ark::reference {
namespace {

using keys::Dimension;

// What a thousand sessions in turn need, with room to spare.
constexpr std::size_t groups_bytes_max = 1u << 20;
constexpr std::size_t pairs_bytes_max = 256u << 10;
constexpr std::size_t traces_bytes_max = 512u << 10;

struct Membership {
    Dimension dimension;
    std::string Run::*id;
};

/// By which ids the items of a kind are found. A conversation may have an empty id; elsewhere empty means none.
std::span<const Membership> memberships(Kind kind) {
    static constexpr Membership of_messages[] = {{Dimension::conversation, &Run::conversation},
                                                 {Dimension::query, &Run::query}};
    static constexpr Membership of_events[] = {{Dimension::query, &Run::query}, {Dimension::session, &Run::session}};
    static constexpr Membership of_chunks[] = {{Dimension::query, &Run::query}};
    static constexpr Membership of_spans[] = {{Dimension::session, &Run::session}};
    switch (kind) {
        case Kind::messages:
            return of_messages;
        case Kind::events:
            return of_events;
        case Kind::chunks:
            return of_chunks;
        case Kind::spans:
            return of_spans;
        case Kind::sessions:
            break;
    }
    return {};
}

bool belongs(const Membership& membership, const Run& run) {
    return membership.dimension == Dimension::conversation || !(run.*membership.id).empty();
}

std::string end_key(const Tenant& tenant, Kind kind, std::uint64_t ends_ms, std::uint64_t sequence) {
    return keys::with_number(keys::with_number(keys::ends(tenant.name, kind), ends_ms), sequence);
}

std::string compaction_key(const Tenant& tenant, std::uint64_t at_ms, std::string_view query) {
    auto key = keys::with_number(keys::ends(tenant.name, Kind::chunks), at_ms);
    keys::append_id(key, query);
    return key;
}

void end_at(Tenant& tenant, Kind kind, std::uint64_t ends_ms) {
    auto& next = tenant.next_end_ms[index_of(kind)];
    if (next != 0) next = std::min(next, ends_ms);
}

}  // namespace

RunFold::RunFold(Staged& rows, const KeepConfig& keep)
    : rows_(rows),
      groups_(rows, groups_bytes_max),
      pairs_(rows, pairs_bytes_max),
      traces_(rows, traces_bytes_max),
      keep_(keep) {}

void RunFold::write(store::WriteBatch& batch) {
    groups_.write(batch);
    pairs_.write(batch);
    traces_.write(batch);
}

void RunFold::add(Tenant& tenant, Kind kind, std::uint64_t sequence, const Run& run) {
    place(tenant, kind, sequence, run);
    if (run.completes) complete(tenant, sequence, run, tenant.state.clock_ms);
    if (changes_ != nullptr) note_run(tenant, kind, run);
    keep_newest(tenant, kind);
}

void RunFold::note_run(const Tenant& tenant, Kind kind, const Run& run) {
    if (changes_->wants(keys::run_tag)) changes_->add(keys::runs(tenant.name, kind));
    if (!changes_->wants(keys::member_tag)) return;
    for (const auto& its : memberships(kind))
        changes_->add(keys::members(tenant.name, kind, its.dimension, run.*its.id));
}

void RunFold::place(Tenant& tenant, Kind kind, std::uint64_t sequence, const Run& run) {
    packed_.clear();
    run.pack_into(packed_);
    rows_.put(keys::with_number(keys::runs(tenant.name, kind), sequence), packed_);
    for (const auto& its : memberships(kind)) {
        if (belongs(its, run)) join(tenant, kind, its.dimension, run.*its.id, sequence, run);
    }
    if (kind == Kind::messages) count_pair(tenant, run, true);
    if (run.ends_ms != 0) {
        rows_.put(end_key(tenant, kind, run.ends_ms, sequence), {});
        end_at(tenant, kind, run.ends_ms);
    }
}

void RunFold::take_away(Tenant& tenant, Kind kind, std::uint64_t sequence, const Run& run) {
    rows_.remove(keys::with_number(keys::runs(tenant.name, kind), sequence));
    for (const auto& its : memberships(kind)) {
        if (belongs(its, run)) leave(tenant, kind, its.dimension, run.*its.id, sequence, run);
    }
    if (kind == Kind::messages) count_pair(tenant, run, false);
    if (run.ends_ms != 0) rows_.remove(end_key(tenant, kind, run.ends_ms, sequence));
    auto& state = tenant.state.of(kind);
    state.count -= std::min(state.count, run.count);
    tenant.changed = true;
}

void RunFold::join(Tenant& tenant, Kind kind, Dimension dimension, std::string_view id, std::uint64_t sequence,
                   const Run& run) {
    auto key = keys::members(tenant.name, kind, dimension, id);
    if (kind != Kind::spans) {  // nobody counts the spans of a session
        keys::group_of_members(key);
        auto& row = groups_.change(key);
        if (row.count == 0 || sequence < row.first) row.first = sequence;
        row.count += run.count;
        keys::members_of_group(key);
    }
    append_number(key, sequence);
    packed_.clear();
    append_varint(packed_, run.count);
    rows_.put(key, packed_);
}

void RunFold::leave(Tenant& tenant, Kind kind, Dimension dimension, std::string_view id, std::uint64_t sequence,
                    const Run& run) {
    const auto prefix = keys::members(tenant.name, kind, dimension, id);
    rows_.remove(keys::with_number(prefix, sequence));
    if (kind == Kind::spans) return;
    const auto key = keys::group(tenant.name, kind, dimension, id);
    auto& row = groups_.change(key);
    row.count -= std::min(row.count, run.count);
    if (row.count == 0) return groups_.remove(key);
    if (row.first == sequence) {
        rows_.scan(prefix, keys::behind(prefix), [&](std::string_view member, std::string_view) {
            row.first = keys::last_number(member);
            return false;
        });
    }
    if (run.completes) row.completed = row.completed_ms = 0;
}

void RunFold::count_pair(const Tenant& tenant, const Run& run, bool joins) {
    const auto key = keys::pair(tenant.name, run.conversation, run.query);
    auto& count = pairs_.change(key).number;
    const bool was = count > 0;
    count = joins ? count + run.count : count - std::min(count, run.count);
    const bool is = count > 0;
    if (!is) pairs_.remove(key);
    if (was == is) return;
    const auto of_conversation = keys::group(tenant.name, Kind::messages, Dimension::conversation, run.conversation);
    if (groups_.find(of_conversation) == nullptr) return;  // the whole conversation has gone
    auto& row = groups_.change(of_conversation);
    row.queries = joins ? row.queries + 1 : row.queries - std::min<std::uint64_t>(row.queries, 1);
}

bool RunFold::may_complete(const Tenant& tenant, std::string_view query) {
    const auto* row = groups_.find(keys::group(tenant.name, Kind::chunks, Dimension::query, query));
    return row != nullptr && row->count > 0 && row->completed == 0;
}

void RunFold::complete(Tenant& tenant, std::uint64_t sequence, const Run& run, std::uint64_t now_ms) {
    auto& row = groups_.change(keys::group(tenant.name, Kind::chunks, Dimension::query, run.query));
    row.completed = sequence;
    row.completed_ms = now_ms;
    rows_.put(compaction_key(tenant, now_ms + kept_ms(), run.query), {});
    end_at(tenant, Kind::chunks, now_ms + kept_ms());
}

void RunFold::note_trace(Tenant& tenant, const TraceId& id, std::uint64_t sequence, bool begins) {
    const bool watched = changes_ != nullptr && changes_->wants(keys::trace_tag);
    if (id == last_trace_ && !watched) return;
    const auto key = keys::trace(tenant.name, id);
    if (watched) changes_->add(key);
    if (id == last_trace_) return;
    last_trace_ = id;
    if (!begins && traces_.find(key) != nullptr) return;
    auto& row = begins ? traces_.add(key) : traces_.change(key);
    row.sequence = sequence;
    rows_.put(keys::with_number(keys::trace_order(tenant.name), sequence), id.view());
    ++tenant.state.traces;
    tenant.changed = true;
}

void RunFold::keep_newest(Tenant& tenant, Kind kind) {
    const auto max = max_of(kind);
    auto& state = tenant.state.of(kind);
    while (max > 0 && state.count > max) {
        const auto prefix = keys::runs(tenant.name, kind);
        Run run;
        std::uint64_t sequence = 0;
        rows_.scan(keys::with_number(prefix, state.first), keys::behind(prefix),
                   [&](std::string_view key, std::string_view value) {
                       sequence = run.unpack(value) ? keys::last_number(key) : 0;
                       return false;
                   });
        if (sequence == 0) return;
        const auto surplus = std::min(state.count - max, run.count);
        take_away(tenant, kind, sequence, run);
        state.first = sequence + surplus;
        if (kind == Kind::spans) drop_traces(tenant, sequence, state.first);
        if (surplus == run.count) continue;
        run.count -= surplus;
        run.offset = run.offset + surplus;
        place(tenant, kind, state.first, run);
        state.count += run.count;
    }
}

/// A trace goes with its first span: what is left of it is found by its id only, until more of it comes.
void RunFold::drop_traces(Tenant& tenant, std::uint64_t from, std::uint64_t until) {
    const auto prefix = keys::trace_order(tenant.name);
    std::vector<std::pair<std::string, std::string>> gone;  // its place in the order, itself
    rows_.scan(keys::with_number(prefix, from), keys::with_number(prefix, until),
               [&](std::string_view key, std::string_view id) {
                   gone.emplace_back(key, keys::traces(tenant.name).append(id));
                   return true;
               });
    for (const auto& [place, trace] : gone) {
        rows_.remove(place);
        traces_.remove(trace);
    }
    tenant.state.traces -= std::min<std::uint64_t>(tenant.state.traces, gone.size());
    last_trace_ = TraceId{};
}

void RunFold::end_until(Tenant& tenant, std::uint64_t now_ms) {
    for (const auto kind : {Kind::messages, Kind::events})
        end_runs(tenant, kind, now_ms);
    compact_finished(tenant, now_ms);
}

void RunFold::end_runs(Tenant& tenant, Kind kind, std::uint64_t now_ms) {
    auto& next = tenant.next_end_ms[index_of(kind)];
    if (next > now_ms) return;
    const auto prefix = keys::ends(tenant.name, kind);
    std::vector<std::uint64_t> ended;
    next = ~std::uint64_t{0};
    rows_.scan(prefix, keys::behind(prefix), [&](std::string_view key, std::string_view) {
        const auto ends_ms = keys::last_number(key.substr(0, key.size() - 8));
        if (ends_ms <= now_ms) ended.push_back(keys::last_number(key));
        if (ends_ms > now_ms) next = ends_ms;
        return ends_ms <= now_ms;
    });
    Run run;
    for (const auto sequence : ended) {
        if (load(keys::with_number(keys::runs(tenant.name, kind), sequence), run))
            take_away(tenant, kind, sequence, run);
    }
}

void RunFold::compact_finished(Tenant& tenant, std::uint64_t now_ms) {
    auto& next = tenant.next_end_ms[index_of(Kind::chunks)];
    if (next > now_ms) return;
    const auto prefix = keys::ends(tenant.name, Kind::chunks);
    std::vector<std::string> due;
    next = ~std::uint64_t{0};
    rows_.scan(prefix, keys::behind(prefix), [&](std::string_view key, std::string_view) {
        const auto at_ms = keys::last_number(key.substr(0, prefix.size() + 8));
        if (at_ms <= now_ms) due.emplace_back(key);
        if (at_ms > now_ms) next = at_ms;
        return at_ms <= now_ms;
    });
    for (const auto& key : due) {
        // Behind the time, and the id's size.
        compact(tenant, key.substr(prefix.size() + 10), keys::last_number(key.substr(0, prefix.size() + 8)));
        rows_.remove(key);
    }
}

void RunFold::compact(Tenant& tenant, std::string_view query, std::uint64_t due_ms) {
    const auto* finished = groups_.find(keys::group(tenant.name, Kind::chunks, Dimension::query, query));
    const bool still = finished != nullptr && finished->completed != 0 && finished->completed_ms + kept_ms() == due_ms;
    if (!still) return;  // erased, and begun anew
    CompactedRow row;
    row.generation = tenant.state.of(Kind::chunks).generation;
    row.completed = finished->completed;
    Run run;
    for (const auto sequence : members(tenant, Kind::chunks, Dimension::query, query)) {
        if (!load(keys::with_number(keys::runs(tenant.name, Kind::chunks), sequence), run)) continue;
        if (sequence < row.completed) row.stretches.push_back({run.offset, run.count});
        take_away(tenant, Kind::chunks, sequence, run);
    }
    rows_.put(keys::compacted(tenant.name, query), row.pack());
}

void RunFold::erase(Tenant& tenant, const items::Record& deletion, std::uint64_t generation) {
    const auto kind = static_cast<Kind>(deletion.target);
    if (kind == Kind::sessions) return;
    tenant.changed = true;
    if (deletion.of_conversation || deletion.of_query) return erase_some(tenant, kind, deletion);
    erase_all(tenant, kind, generation);
}

void RunFold::erase_all(Tenant& tenant, Kind kind, std::uint64_t generation) {
    for (const auto tag : {keys::run_tag, keys::member_tag, keys::end_tag})
        rows_.remove_all(keys::of_kind(tag, tenant.name, kind));
    groups_.remove_all(keys::of_kind(keys::group_tag, tenant.name, kind));
    if (kind == Kind::messages) pairs_.remove_all(keys::pairs(tenant.name));
    if (kind == Kind::chunks) rows_.remove_all(keys::compacted_all(tenant.name));
    if (kind == Kind::spans) {
        traces_.remove_all(keys::traces(tenant.name));
        rows_.remove_all(keys::trace_order(tenant.name));
        tenant.state.traces = 0;
        last_trace_ = TraceId{};
    }
    TenantState::OfKind fresh;
    fresh.generation = generation;
    tenant.state.of(kind) = fresh;
    if (changes_ != nullptr && changes_->wants(keys::run_tag)) changes_->add(keys::runs(tenant.name, kind));
}

void RunFold::erase_some(Tenant& tenant, Kind kind, const items::Record& deletion) {
    const auto dimension = deletion.of_query ? Dimension::query : Dimension::conversation;
    const auto& id = deletion.of_query ? deletion.query : deletion.conversation;
    const bool known =
        std::ranges::any_of(memberships(kind), [&](const Membership& its) { return its.dimension == dimension; });
    if (!known) return;
    Run run;
    for (const auto sequence : members(tenant, kind, dimension, id)) {
        if (!load(keys::with_number(keys::runs(tenant.name, kind), sequence), run)) continue;
        if (deletion.of_conversation && run.conversation != clip(deletion.conversation, keys::id_bytes_max)) continue;
        take_away(tenant, kind, sequence, run);
    }
    if (kind == Kind::chunks) rows_.remove(keys::compacted(tenant.name, id));
}

std::vector<std::uint64_t> RunFold::members(const Tenant& tenant, Kind kind, Dimension dimension, std::string_view id) {
    const auto prefix = keys::members(tenant.name, kind, dimension, id);
    std::vector<std::uint64_t> sequences;
    rows_.scan(prefix, keys::behind(prefix), [&](std::string_view key, std::string_view) {
        sequences.push_back(keys::last_number(key));
        return true;
    });
    return sequences;
}

bool RunFold::load(const std::string& key, Run& run) {
    const auto stored = rows_.get(key);
    return stored && run.unpack(*stored);
}

std::uint64_t RunFold::kept_ms() const {
    return static_cast<std::uint64_t>(std::chrono::milliseconds(keep_.finished_chunks).count());
}

std::uint64_t RunFold::max_of(Kind kind) const {
    switch (kind) {
        case Kind::messages:
            return keep_.messages_max;
        case Kind::events:
            return keep_.events_max;
        case Kind::chunks:
            return keep_.chunks_max;
        case Kind::spans:
            return keep_.spans_max;
        case Kind::sessions:
            break;
    }
    return 0;
}

}  // namespace ark::reference
