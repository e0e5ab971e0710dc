#include "reference/reads.hpp"

#include <algorithm>
#include <utility>

namespace ark::reference {
namespace {

using keys::Dimension;

Error damaged(std::string_view what) {
    return fail(Errc::corrupt, "the reference's rows: " + std::string(what));
}

/// The id by which the fewest items are looked at; nothing: all of the kind.
struct Narrowest {
    Dimension dimension;
    const std::string* id;
};
std::optional<Narrowest> narrowest(Kind kind, const Filter& filter) {
    const bool by_query = kind == Kind::messages || kind == Kind::events || kind == Kind::chunks;
    if (by_query && !filter.query.empty()) return Narrowest{Dimension::query, &filter.query};
    if (kind == Kind::messages && !filter.conversation.empty())
        return Narrowest{Dimension::conversation, &filter.conversation};
    if ((kind == Kind::events || kind == Kind::spans) && !filter.session.empty())
        return Narrowest{Dimension::session, &filter.session};
    return std::nullopt;
}

bool same_id(std::string_view wanted, std::string_view of_row) {
    return wanted.empty() || clip(wanted, keys::id_bytes_max) == of_row;
}

/// Whether the narrowest id is all that the filter says.
bool says_one_thing(Kind kind, const Filter& filter) {
    if (kind == Kind::messages) return filter.query.empty() || filter.conversation.empty();
    if (kind == Kind::events) return filter.query.empty() || filter.session.empty();
    return true;
}

}  // namespace

bool passes(Kind kind, const Filter& filter, const Run& run) {
    switch (kind) {
        case Kind::messages:
            return same_id(filter.conversation, run.conversation) && same_id(filter.query, run.query);
        case Kind::events:
            return same_id(filter.query, run.query) && same_id(filter.session, run.session);
        case Kind::chunks:
            return same_id(filter.query, run.query);
        case Kind::spans:
            return same_id(filter.session, run.session);
        case Kind::sessions:
            break;
    }
    return false;
}

Reads::Reads(const store::Kv& kv, journal::Journal& journal, std::string tenant, std::uint64_t now_ms,
             std::shared_ptr<journal::Batches> batches)
    : tenant_(std::move(tenant)),
      now_ms_(now_ms),
      batches_(batches ? std::move(batches) : std::make_shared<journal::Batches>(journal)),
      journal_begin_(journal.begin()),
      rows_(kv.snapshot()) {}

Result<std::optional<std::string>> Reads::get(std::string_view key) const {
    return rows_->get(store::Space::projected, key);
}

void Reads::scan(std::string_view begin, std::string_view end, const RowVisitor& visit) const {
    const auto rows = rows_->iterate(store::Space::projected, begin, end);
    for (rows->seek(begin); rows->valid(); rows->next()) {
        if (!visit(rows->key(), rows->value())) return;
    }
}

Result<TenantState> Reads::state() const {
    TenantState state;
    ARK_TRY(const auto stored, get(keys::state(tenant_)));
    if (stored && !state.unpack(*stored)) return damaged("a tenant");
    return state;
}

Result<GroupRow> Reads::group(Kind kind, Dimension dimension, std::string_view id) const {
    GroupRow row;
    ARK_TRY(const auto stored, get(keys::group(tenant_, kind, dimension, id)));
    if (stored && !row.unpack(*stored)) return damaged("a group");
    return row;
}

Result<std::optional<CompactedRow>> Reads::compacted(std::string_view query) const {
    ARK_TRY(const auto stored, get(keys::compacted(tenant_, query)));
    if (!stored) return std::optional<CompactedRow>();
    CompactedRow row;
    if (!row.unpack(*stored)) return damaged("compacted chunks");
    return std::optional(std::move(row));
}

Status Reads::runs(Kind kind, const Filter& filter, std::uint64_t after, const RunVisitor& visit) const {
    const auto visit_there = [&](std::uint64_t sequence, const Run& run) {
        if (ended(run) || run.offset + run.count <= journal_begin_ || !passes(kind, filter, run)) return true;
        return visit(sequence, run);
    };
    if (const auto by = narrowest(kind, filter)) return member_runs(kind, by->dimension, *by->id, after, visit_there);
    return all_runs(kind, after, visit_there);
}

/// From the run that holds the item behind `after`, or the next one. What retention took is not walked over.
Status Reads::all_runs(Kind kind, std::uint64_t after, const RunVisitor& visit) const {
    const auto prefix = keys::runs(tenant_, kind);
    const auto rows = rows_->iterate(store::Space::projected, prefix, keys::behind(prefix));
    auto from = after + 1;
    if (journal_begin_ > Offset{}) {
        ARK_TRY(const auto kept, sequence_at(kind, journal_begin_));
        from = std::max(from, kept);
    }
    rows->seek_for_prev(keys::with_number(prefix, from));
    if (!rows->valid()) rows->seek(prefix);
    Run run;
    for (; rows->valid(); rows->next()) {
        if (!run.unpack(rows->value())) return damaged("a run");
        const auto sequence = keys::last_number(rows->key());
        if (sequence + run.count <= from) continue;
        if (!visit(sequence, run)) break;
    }
    return ok();
}

Status Reads::member_runs(Kind kind, Dimension dimension, std::string_view id, std::uint64_t after,
                          const RunVisitor& visit) const {
    const auto prefix = keys::members(tenant_, kind, dimension, id);
    const auto of_all = keys::runs(tenant_, kind);
    const auto rows = rows_->iterate(store::Space::projected, prefix, keys::behind(prefix));
    rows->seek_for_prev(keys::with_number(prefix, after + 1));
    if (!rows->valid()) rows->seek(prefix);
    Run run;
    for (; rows->valid(); rows->next()) {
        const auto sequence = keys::last_number(rows->key());
        if (sequence + Unpacker(rows->value()).varint() <= after + 1) continue;
        ARK_TRY(const auto stored, get(keys::with_number(of_all, sequence)));
        if (!stored || !run.unpack(*stored)) return damaged("a member's run");
        if (!visit(sequence, run)) break;
    }
    return ok();
}

Status Reads::ended_runs(Kind kind, const RunVisitor& visit) const {
    const auto prefix = keys::ends(tenant_, kind);
    const auto until = now_ms_ + 1;
    Status status = ok();
    Run run;
    scan(prefix, keys::with_number(prefix, until), [&](std::string_view key, std::string_view) {
        const auto sequence = keys::last_number(key);
        const auto stored = get(keys::with_number(keys::runs(tenant_, kind), sequence));
        if (!stored) {
            status = stored.error();
        } else if (!*stored || !run.unpack(**stored)) {
            status = damaged("a run that ends");
        }
        return status && visit(sequence, run);
    });
    return status;
}

Result<std::vector<Found>> Reads::find(Kind kind, const Filter& filter, std::uint64_t after, std::size_t limit) const {
    std::vector<Found> found;
    const auto take = [&](std::uint64_t sequence, const Run& run) {
        for (std::uint64_t i = 0; i < run.count && found.size() < limit; ++i) {
            if (sequence + i > after) found.push_back({sequence + i, run.offset + i, run.completes});
        }
        return found.size() < limit;
    };
    ARK_TRY_STATUS(runs(kind, filter, after, take));
    return found;
}

Result<std::uint64_t> Reads::total(Kind kind, const Filter& filter) const {
    std::uint64_t total = 0;
    const auto by = narrowest(kind, filter);
    if (kind == Kind::spans || !says_one_thing(kind, filter)) {
        const auto count = [&](std::uint64_t, const Run& run) {
            total += run.count;
            return true;
        };
        ARK_TRY_STATUS(runs(kind, filter, 0, count));
        return total;
    }
    if (by) {
        ARK_TRY(const auto row, group(kind, by->dimension, *by->id));
        total = row.count;
    } else {
        ARK_TRY(const auto state, this->state());
        total = state.of(kind).count;
    }
    ARK_TRY(const auto ended, count_ended(kind, filter));
    return total - std::min(total, ended);
}

Result<std::uint64_t> Reads::count_ended(Kind kind, const Filter& filter) const {
    std::uint64_t count = 0;
    if (kind == Kind::chunks) return count;
    const auto add = [&](std::uint64_t, const Run& run) {
        if (passes(kind, filter, run)) count += run.count;
        return true;
    };
    ARK_TRY_STATUS(ended_runs(kind, add));
    return count;
}

Result<MemoryStatus> Reads::memory_status() const {
    std::unordered_map<std::string, std::uint64_t> ended;
    ARK_TRY_STATUS(ended_runs(Kind::messages, [&](std::uint64_t, const Run& run) {
        ended[run.conversation] += run.count;
        return true;
    }));
    const auto prefix = keys::groups(tenant_, Kind::messages, Dimension::conversation);
    std::vector<std::pair<std::uint64_t, Conversation>> found;
    bool sound = true;
    scan(prefix, keys::behind(prefix), [&](std::string_view key, std::string_view value) {
        GroupRow row;
        sound = row.unpack(value);
        Conversation conversation;
        conversation.id = key.substr(prefix.size() + 2);  // behind the id's size
        const auto gone = ended.find(conversation.id);
        conversation.messages = row.count - std::min(row.count, gone == ended.end() ? 0 : gone->second);
        conversation.queries = row.queries;
        if (conversation.messages > 0) found.emplace_back(row.first, std::move(conversation));
        return sound;
    });
    if (!sound) return damaged("a conversation");
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    MemoryStatus status;
    for (auto& [first, conversation] : found) {
        status.messages += conversation.messages;
        status.conversations.push_back(std::move(conversation));
    }
    return status;
}

Result<Offset> Reads::first_span() const {
    const auto prefix = keys::runs(tenant_, Kind::spans);
    const auto rows = rows_->iterate(store::Space::projected, prefix, keys::behind(prefix));
    rows->seek(prefix);
    if (!rows->valid()) return Offset(~std::uint64_t{0});
    Run run;
    if (!run.unpack(rows->value())) return damaged("a run");
    return std::max(run.offset, journal_begin_);
}

Result<std::uint64_t> Reads::sequence_at(Kind kind, Offset offset) const {
    const auto& known = last_.run;
    if (last_.kind == kind && known.offset <= offset && offset < known.offset + known.count)
        return last_.first + (offset - known.offset);
    const auto prefix = keys::runs(tenant_, kind);
    const auto rows = rows_->iterate(store::Space::projected, prefix, keys::behind(prefix));
    ARK_TRY(const auto state, this->state());
    // Sequences and offsets ascend together: halves the sequences in which the boundary lies.
    std::uint64_t low = state.of(kind).first;
    std::uint64_t high = state.of(kind).next;
    Run run;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        rows->seek_for_prev(keys::with_number(prefix, middle));
        if (!rows->valid()) {
            low = middle + 1;  // nothing is that old any more
            continue;
        }
        if (!run.unpack(rows->value())) return damaged("a run");
        const auto first = keys::last_number(rows->key());
        if (run.offset + run.count <= offset) {
            low = middle + 1;
        } else if (run.offset <= offset) {
            last_ = {kind, first, run};
            return first + (offset - run.offset);
        } else {
            high = std::min(middle, first);
        }
    }
    return low;
}

Result<std::optional<std::uint64_t>> Reads::trace(const TraceId& id) const {
    ARK_TRY(const auto stored, get(keys::trace(tenant_, id)));
    if (!stored) return std::optional<std::uint64_t>();
    return std::optional(keys::last_number(*stored));
}

Status Reads::traces_before(std::optional<std::uint64_t> before,
                            const std::function<bool(std::uint64_t first, const TraceId& id)>& visit) const {
    const auto prefix = keys::trace_order(tenant_);
    const auto rows = rows_->iterate(store::Space::projected, prefix, keys::behind(prefix));
    if (before && *before == 0) return ok();
    rows->seek_for_prev(keys::with_number(prefix, before ? *before - 1 : ~std::uint64_t{0}));
    for (; rows->valid(); rows->prev()) {
        const auto id = TraceId::from_bytes(rows->value());
        if (!id) return damaged("a trace");
        if (!visit(keys::last_number(rows->key()), *id)) break;
    }
    return ok();
}

Status Reads::sessions(std::uint64_t skip, const SessionVisitor& visit) const {
    const auto prefix = keys::sessions(tenant_);
    bool sound = true;
    scan(prefix, keys::behind(prefix), [&](std::string_view key, std::string_view value) {
        if (skip > 0) {
            --skip;
            return true;
        }
        SessionRow row;
        sound = row.unpack(value);
        return sound && visit(key.substr(prefix.size()), std::move(row));
    });
    return sound ? ok() : Status(damaged("a session"));
}

void Reads::sessions_by_activity(std::uint64_t from_ms, std::uint64_t until_ms, bool latest_first,
                                 const ActivityVisitor& visit) const {
    const auto begin = keys::active_at(tenant_, until_ms);
    const auto end = keys::behind(keys::active_at(tenant_, from_ms));
    const auto rows = rows_->iterate(store::Space::projected, begin, end);
    const auto status_of = [](std::string_view value) {
        return value.empty() ? SessionStatus::idle : static_cast<SessionStatus>(value.front());
    };
    const auto place_of = [](std::string_view key) { return key.substr(key.size() - keys::place_bytes); };
    if (latest_first) {
        for (rows->seek(begin); rows->valid(); rows->next()) {
            if (!visit(place_of(rows->key()), status_of(rows->value()))) return;
        }
        return;
    }
    // Backwards, but for those of one millisecond.
    std::vector<std::pair<std::string, SessionStatus>> together;
    std::string of_ms;
    const auto visit_together = [&] {
        for (; !together.empty(); together.pop_back()) {
            if (!visit(together.back().first, together.back().second)) return false;
        }
        return true;
    };
    for (rows->seek_for_prev(end); rows->valid(); rows->prev()) {
        const auto key = rows->key();
        const auto its_ms = key.substr(0, key.size() - keys::place_bytes);
        if (its_ms != of_ms) {
            if (!visit_together()) return;
            of_ms = its_ms;
        }
        together.emplace_back(place_of(key), status_of(rows->value()));
    }
    visit_together();
}

Result<SessionRow> Reads::session_at(std::string_view place) const {
    ARK_TRY(const auto stored, get(keys::sessions(tenant_).append(place)));
    SessionRow row;
    if (!stored || !row.unpack(*stored)) return damaged("a session");
    return row;
}

std::uint64_t Reads::newest_change() const {
    const auto prefix = keys::session_changes(tenant_);
    const auto rows = rows_->iterate(store::Space::projected, prefix, keys::behind(prefix));
    rows->seek_for_prev(keys::with_number(prefix, ~std::uint64_t{0}));
    return rows->valid() ? keys::last_number(rows->key()) : 0;
}

Status Reads::sessions_changed(std::uint64_t after, const SessionVisitor& visit) const {
    const auto prefix = keys::session_changes(tenant_);
    Status status = ok();
    scan(keys::with_number(prefix, after + 1), keys::behind(prefix), [&](std::string_view, std::string_view place) {
        const auto stored = get(keys::sessions(tenant_) + std::string(place));
        SessionRow row;
        if (!stored) {
            status = stored.error();
        } else if (!*stored || !row.unpack(**stored)) {
            status = damaged("a session that changed");
        }
        return status && visit(place, std::move(row));
    });
    return status;
}

Status Reads::session(std::string_view id, const SessionVisitor& visit) const {
    ARK_TRY(const auto place, get(keys::session_place(tenant_, id)));
    if (!place) return ok();
    ARK_TRY(const auto stored, get(keys::sessions(tenant_) + *place));
    SessionRow row;
    if (!stored || !row.unpack(*stored)) return damaged("a session");
    visit(*place, std::move(row));
    return ok();
}

Status Reads::queries(std::string_view session_place, const std::function<void(QueryRow)>& visit) const {
    const auto prefix = keys::queries(tenant_, session_place);
    bool sound = true;
    scan(prefix, keys::behind(prefix), [&](std::string_view, std::string_view value) {
        QueryRow row;
        sound = row.unpack(value);
        if (sound) visit(std::move(row));
        return sound;
    });
    return sound ? ok() : Status(damaged("a query"));
}

}  // namespace ark::reference
