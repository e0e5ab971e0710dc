#include "views/reads.hpp"

#include <algorithm>
#include <unordered_map>

namespace ark::views {
namespace {

/// Fills the columns that queries and sessions share with traces.
template <class Row>
void fill_sums(Row& row, const Totals& sums, const NameLists& names, Part part) {
    row.spans = static_cast<std::uint32_t>(sums.spans);
    row.open_spans = static_cast<std::uint32_t>(sums.open);
    row.errors = static_cast<std::uint32_t>(sums.errors);
    for (std::size_t kind = 0; kind < model::kind_count; ++kind) {
        row.by_kind[kind] = static_cast<std::uint32_t>(sums.by_kind[kind]);
    }
    row.agents = names[static_cast<std::size_t>(NameKind::agent)].names(part);
    row.teams = names[static_cast<std::size_t>(NameKind::team)].names(part);
    row.tools = names[static_cast<std::size_t>(NameKind::tool)].names(part);
    row.models = names[static_cast<std::size_t>(NameKind::model)].names(part);
}

template <class Thing>
Result<std::unique_ptr<Thing>> read_group(const store::Snapshot& snapshot, keys::Row type, std::uint32_t tenant,
                                          std::uint64_t number) {
    if (number == no_number) return std::unique_ptr<Thing>();
    ARK_TRY(const auto bytes, snapshot.get(store::Space::rows, keys::row(type, tenant, number)));
    if (!bytes) return std::unique_ptr<Thing>();
    auto thing = std::make_unique<Thing>();
    if (!thing->unpack(*bytes)) return damaged("a row");
    thing->tenant = tenant;
    thing->number = number;
    return thing;
}

State state_of(const Story& story, const Moment& moment) {
    QuestionSet questions;
    for (const auto& question : story.questions)
        questions.add(question);
    if (questions.pending() > 0) return State::waiting;
    switch (story.outcome()) {
        case Outcome::running:
            return moment.quiet(story.received) ? State::interrupted : State::running;
        case Outcome::failed:
            return State::error;
        case Outcome::canceled:
            return State::canceled;
        case Outcome::done:
            return State::done;
    }
    return State::done;
}

}  // namespace

Result<std::optional<std::uint64_t>> Reads::number(const std::string& id_key) const {
    ARK_TRY(const auto value, snapshot_->get(store::Space::ids, id_key));
    if (!value) return std::optional<std::uint64_t>();
    return std::optional(Unpacker(*value).varint());
}

Result<std::optional<std::uint32_t>> Reads::tenant(std::string_view name) const {
    ARK_TRY(const auto found, number(keys::tenant(name)));
    if (!found) return std::optional<std::uint32_t>();
    return std::optional(static_cast<std::uint32_t>(*found));
}

Result<std::optional<std::uint64_t>> Reads::query_number(std::uint32_t tenant, std::string_view id_or_name) const {
    ARK_TRY(const auto by_id, number(keys::query_id(tenant, id_or_name)));
    if (by_id) return by_id;
    ARK_TRY(const auto its, story_of_implicit(tenant, id_or_name));
    if (its != nullptr) {
        ARK_TRY(const auto found, query(tenant, its->query));
        if (found != nullptr && found->implicit && found->id == id_or_name) return std::optional(found->number);
    }
    return number(keys::query_name(tenant, no_number, "", id_or_name));
}

Result<std::unique_ptr<Story>> Reads::story_of_implicit(std::uint32_t tenant, std::string_view id) const {
    const auto trace = trace_of_implicit(id);
    if (!trace) return std::unique_ptr<Story>();
    const auto key = StoryKey::of_trace(tenant, *trace);
    ARK_TRY(const auto known, number(keys::story(key)));
    if (!known) return std::unique_ptr<Story>();
    return story_row(key, *known);
}

Result<std::unique_ptr<Story>> Reads::story_row(const StoryKey& key, std::uint64_t number) const {
    ARK_TRY(const auto bytes, snapshot_->get(store::Space::rows, keys::row(keys::row_type(key), key.tenant, number)));
    if (!bytes) return std::unique_ptr<Story>();
    auto story = std::make_unique<Story>(key, number);
    if (!story->unpack(*bytes)) return damaged("the row of a trace");
    return story;
}

Result<std::unique_ptr<Query>> Reads::query(std::uint32_t tenant, std::uint64_t number) const {
    return read_group<Query>(*snapshot_, keys::Row::query, tenant, number);
}

Result<std::unique_ptr<Session>> Reads::session(std::uint32_t tenant, std::uint64_t number) const {
    return read_group<Session>(*snapshot_, keys::Row::session, tenant, number);
}

Result<TraceRow> Reads::row(const Story& story) const {
    TraceRow row;
    const auto& sums = story.settled;
    fill_sums(row, sums, story.names, Part::traces);
    row.id = story.key.id;
    row.first = Offset(story.number);
    row.rev = Offset(story.rev);
    row.name = story.title();
    row.service = story.service;
    row.start = UnixNanos(story.start);
    row.end = UnixNanos(story.end);
    row.events = static_cast<std::uint32_t>(sums.events);
    row.state = state_of(story, moment_);
    row.usage = {sums.own.usage(), sums.rolled_up.usage()};
    ARK_TRY(const auto in_session, session(story.key.tenant, story.session));
    if (in_session != nullptr) row.session_id = in_session->id;
    ARK_TRY(const auto in_query, query(story.key.tenant, story.query));
    if (in_query != nullptr) {
        row.query_id = in_query->id;
        row.query_name = in_query->name;
    }
    return row;
}

Result<QueryRow> Reads::row(const Query& query) const {
    QueryRow row;
    fill_sums(row, query.told(), query.names, query.telling());
    row.id = query.id;
    row.name = query.name;
    row.namespace_ = query.namespace_;
    row.first = Offset(query.number);
    row.rev = Offset(query.rev);
    row.conversation_id = query.conversation;
    row.state = query.state(false, moment_.quiet(query.received));
    row.start = UnixNanos(query.start);
    row.end = UnixNanos(row.state == State::running || row.state == State::waiting ? 0 : query.last);
    row.last_activity = UnixNanos(query.last);
    row.input = query.input.text;
    row.output = query.output.text;
    row.error = query.error.text;
    for (const auto& run : query.runs)
        row.traces.push_back(run.trace);
    row.events = static_cast<std::uint32_t>(query.events());
    row.usage = query.usage();
    ARK_TRY(const auto in_session, session(query.tenant, query.session));
    if (in_session != nullptr) row.session_id = in_session->id;
    return row;
}

SessionRow Reads::row(const Session& session) const {
    SessionRow row;
    fill_sums(row, session.told(), session.names, session.telling());
    row.id = session.id;
    row.first = Offset(session.number);
    row.rev = Offset(session.rev);
    row.name = session.title();
    row.state = session.state(true, moment_.quiet(session.received));
    row.start = UnixNanos(session.start);
    row.last_activity = UnixNanos(session.last);
    row.queries = static_cast<std::uint32_t>(session.queries);
    row.traces = static_cast<std::uint32_t>(session.totals[0].stories);
    row.events = static_cast<std::uint32_t>(session.events());
    row.pending_questions = session.questions.pending();
    row.owner = session.owner;
    row.conversations = session.conversations.names(Part::traces);
    row.usage = session.usage();
    return row;
}

Result<std::vector<Reads::Member>> Reads::members_of_session(std::uint64_t number) const {
    return stored_members(keys::Member::of_session, number);
}

Result<std::vector<Reads::Member>> Reads::members_of_query(std::uint32_t tenant, std::uint64_t number) const {
    auto all = stored_members(keys::Member::of_query, number);
    ARK_TRY(const auto found, query(tenant, number));
    if (found == nullptr || !found->implicit) return all;
    ARK_TRY(const auto its, story_of_implicit(tenant, found->id));
    if (its == nullptr || its->query != number) return all;
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const auto& member) { return member.story > its->number; });
    all.insert(at, {its->number, keys::Row::trace});
    return all;
}

std::vector<Reads::Member> Reads::stored_members(keys::Member type, std::uint64_t group) const {
    const auto prefix = keys::members(type, group);
    const auto iterator = snapshot_->iterate(store::Space::rows, prefix, keys::behind(prefix));
    std::vector<Member> members;
    for (iterator->seek(prefix); iterator->valid(); iterator->next()) {
        const auto value = iterator->value();
        members.push_back({keys::last_number(iterator->key()),
                           !value.empty() && value.front() == 'l' ? keys::Row::loose : keys::Row::trace});
    }
    return members;
}

Result<std::unique_ptr<Story>> Reads::member_row(std::uint32_t tenant, const Member& member) const {
    ARK_TRY(const auto bytes, snapshot_->get(store::Space::rows, keys::row(member.type, tenant, member.story)));
    if (!bytes) return std::unique_ptr<Story>();
    const auto key = Story::key_of(tenant, *bytes);
    auto story = key ? std::make_unique<Story>(*key, member.story) : nullptr;
    if (story == nullptr || !story->unpack(*bytes)) return damaged("the row of a trace");
    return story;
}

Status Reads::append_spans(const Story& row, std::vector<SpanEntry>& out) const {
    const auto first = out.size();
    std::unordered_map<SpanId, std::size_t> known;
    known.reserve(row.settled.spans);
    ARK_TRY_STATUS(for_each_record(*snapshot_, row.number, 0, [&](const Record& record) {
        if (record.what == Record::What::item) return true;
        const auto [at, is_new] = known.try_emplace(record.span_id, out.size());
        if (is_new) out.emplace_back();
        auto& entry = out[at->second];
        entry.offset = Offset(record.offset);
        entry.trace_id = row.key.id;
        entry.span_id = record.span_id;
        entry.parent_span_id = record.parent;
        entry.start = UnixNanos(record.start);
        entry.end = UnixNanos(record.end);
        entry.kind = record.kind;
        entry.failed = (record.flags & span_failed) != 0;
        entry.open = (record.flags & span_open) != 0;
        entry.name = record.name;
        entry.subject = record.subject;
        return true;
    }));
    const bool quiet = moment_.quiet(row.received);
    for (auto i = first; i < out.size(); ++i)
        out[i].interrupted = out[i].open && quiet;
    return ok();
}

Status Reads::append_offsets(std::uint64_t story, Offset from, Offset until, std::size_t limit,
                             std::vector<Offset>& out) const {
    std::size_t taken = 0;
    return for_each_record(*snapshot_, story, from.value(), [&](const Record& record) {
        if (record.offset >= until.value() || taken == limit) return false;
        out.emplace_back(record.offset);
        ++taken;
        return true;
    });
}

void sort_spans(std::vector<SpanEntry>& spans, std::size_t limit) {
    const auto earlier = [](const SpanEntry& a, const SpanEntry& b) {
        return a.start != b.start ? a.start < b.start : a.offset < b.offset;
    };
    if (limit == 0 || limit >= spans.size()) {
        std::sort(spans.begin(), spans.end(), earlier);
        return;
    }
    const auto end = spans.begin() + static_cast<std::ptrdiff_t>(limit);
    std::partial_sort(spans.begin(), end, spans.end(), earlier);
    spans.erase(end, spans.end());
}

}  // namespace ark::views
