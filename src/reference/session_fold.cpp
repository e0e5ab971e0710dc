#include "reference/session_fold.hpp"

#include <algorithm>
#include <utility>

namespace ark::reference {
namespace {

constexpr std::size_t words_max = 256;  // that search finds in a session

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

void learn(SessionRow& session, std::string_view word) {
    if (word.empty() || session.words.size() >= words_max) return;
    auto small = lower(word);
    auto& words = session.words;
    if (std::find(words.begin(), words.end(), small) == words.end()) words.push_back(std::move(small));
}

/// The first rule that fits.
Phase phase_of(const SessionWord& word) {
    if (word.reason == "QueryExecutionComplete") return word.error.empty() ? Phase::done : Phase::error;
    if (word.reason.find("Canceled") != std::string::npos) return Phase::canceled;
    if (word.reason.find("Error") != std::string::npos) return Phase::error;
    return Phase::running;
}

void count_phase(SessionRow& session, Phase phase, bool there) {
    auto* count = phase == Phase::running ? &session.running : phase == Phase::error ? &session.errors : nullptr;
    if (count == nullptr) return;
    *count = there ? *count + 1 : *count - std::min<std::uint64_t>(*count, 1);
}

/// An error always wins; a cancellation loses to an error; success loses to a cancellation, and clears an error; what
/// has ended does not run again.
void move_phase(QueryRow& query, Phase to, const SessionWord& word, std::uint64_t received_ms) {
    if (to == Phase::running) return;
    if (to == Phase::canceled && query.phase == Phase::error) return;
    if (to == Phase::done && query.phase == Phase::canceled) return;
    query.phase = to;
    query.completed_ms = received_ms;
    if (to == Phase::error) query.error = word.error;
    if (to == Phase::done) query.error.clear();
}

/// Of several queries that were active in the same millisecond the first in the object's order counts.
void note_activity(SessionRow& session, const std::string& place, const QueryRow& query) {
    const bool later = query.activity_ms > session.latest_ms;
    const bool earlier_of_same = query.activity_ms == session.latest_ms && place < session.latest;
    if (!later && !earlier_of_same && place != session.latest) return;
    session.latest_ms = query.activity_ms;
    session.latest = place;
    session.latest_failed = query.phase == Phase::error;
}

void set_if_empty(std::string& member, const std::string& said) {
    if (member.empty()) member = said;
}

}  // namespace

void SessionFold::apply(Tenant& tenant, const SessionWord& word, std::uint64_t received_ms, Offset offset) {
    if (word.session.empty() || word.query.empty()) return;
    auto session = open_session(tenant, word, received_ms, offset);
    session.row.activity_ms = received_ms;
    session.row.change = offset.value() + 1;

    Query query;
    auto known = rows_.get(keys::query_place(tenant.name, session.place, word.query));
    auto found = known ? load_query(tenant, session.place, std::move(*known)) : std::nullopt;
    if (found) {
        query = std::move(*found);
        count_phase(session.row, query.row.phase, false);
        continue_query(tenant, session, query.row, word, received_ms);
    } else {
        query = begin_query(tenant, session, word, received_ms, offset);
    }
    count_phase(session.row, query.row.phase, true);
    for (const auto* text : {&query.row.agent, &query.row.team, &query.row.tool})
        learn(session.row, *text);
    note_activity(session.row, query.place, query.row);
    save(tenant, session, query);
    if (changes_ == nullptr) return;
    changes_->insert(keys::session_changes(tenant.name));
    changes_->insert(keys::session_place(tenant.name, word.session));
}

SessionFold::Session SessionFold::open_session(const Tenant& tenant, const SessionWord& word, std::uint64_t received_ms,
                                               Offset offset) {
    const auto key = keys::session_place(tenant.name, word.session);
    if (auto place = rows_.get(key)) {
        if (auto session = load_session(tenant, std::move(*place))) {
            rows_.remove(keys::with_number(keys::session_changes(tenant.name), session->row.change));
            return std::move(*session);
        }
    }
    Session fresh;
    fresh.place = keys::place_of(word.session, offset.value());
    fresh.row.id = clip(word.session, keys::id_bytes_max);
    fresh.row.created_ms = received_ms;
    rows_.put(key, fresh.place);
    return fresh;
}

SessionFold::Query SessionFold::begin_query(const Tenant& tenant, Session& session, const SessionWord& word,
                                            std::uint64_t received_ms, Offset offset) {
    Query query;
    query.place = keys::place_of(word.query, offset.value());
    auto& row = query.row;
    row.name = clip(word.query, keys::id_bytes_max);
    row.space = word.space;
    row.agent = word.agent;
    row.team = word.team;
    row.tool = word.tool;
    row.target = word.target.empty() ? "agent" : word.target;
    row.error = word.error;
    row.phase = phase_of(word);
    row.created_ms = row.activity_ms = received_ms;
    if (row.phase != Phase::running) row.completed_ms = received_ms;
    set_conversation(tenant, session, row, word.conversation);
    ++session.row.queries;
    rows_.put(keys::query_place(tenant.name, session.place, word.query), query.place);
    rows_.put(keys::query_of_name(tenant.name, word.query), session.place + query.place);
    return query;
}

void SessionFold::continue_query(const Tenant& tenant, Session& session, QueryRow& query, const SessionWord& word,
                                 std::uint64_t received_ms) {
    query.activity_ms = received_ms;
    set_conversation(tenant, session, query, word.conversation);
    set_if_empty(query.agent, word.agent);
    set_if_empty(query.team, word.team);
    set_if_empty(query.tool, word.tool);
    if (query.target == "agent" && !word.target.empty()) query.target = word.target;
    move_phase(query, phase_of(word), word, received_ms);
}

void SessionFold::set_conversation(const Tenant& tenant, Session& session, QueryRow& query,
                                   std::string_view conversation) {
    if (!query.conversation.empty() || conversation.empty()) return;
    query.conversation = clip(conversation, keys::id_bytes_max);
    auto key = keys::session_conversation(tenant.name, session.place, conversation);
    if (rows_.get(key)) return;
    rows_.put(std::move(key), {});
    ++session.row.conversations;
}

void SessionFold::note_message(Tenant& tenant, std::string_view conversation, std::string_view query_name,
                               std::uint64_t received_ms) {
    if (conversation.empty() || query_name.empty()) return;
    const auto places = rows_.get(keys::query_of_name(tenant.name, query_name));
    if (!places || places->size() != 2 * keys::place_bytes) return;
    auto session = load_session(tenant, places->substr(0, keys::place_bytes));
    if (!session) return;
    auto query = load_query(tenant, session->place, places->substr(keys::place_bytes));
    if (!query) return;
    set_conversation(tenant, *session, query->row, conversation);
    query->row.activity_ms = session->row.activity_ms = received_ms;
    note_activity(session->row, query->place, query->row);
    save(tenant, *session, *query);
}

void SessionFold::save(Tenant& tenant, Session& session, const Query& query) {
    auto& state = tenant.state;
    const auto count = [&](SessionStatus status, bool there) {
        auto* of = status == SessionStatus::active  ? &state.active
                   : status == SessionStatus::error ? &state.failed
                                                    : nullptr;
        if (of != nullptr) *of = there ? *of + 1 : *of - std::min<std::uint64_t>(*of, 1);
    };
    if (session.before) {
        count(*session.before, false);
    } else {
        ++state.sessions;
    }
    const auto status = session.row.status();
    count(status, true);
    tenant.changed = true;
    const bool moved = !session.before || session.active_before_ms != session.row.activity_ms;
    if (moved && session.before) rows_.remove(keys::active_at(tenant.name, session.active_before_ms) + session.place);
    if (moved || *session.before != status) {
        rows_.put(keys::active_at(tenant.name, session.row.activity_ms) + session.place,
                  std::string(1, static_cast<char>(status)));
    }
    rows_.put(keys::queries(tenant.name, session.place) + query.place, query.row.pack());
    rows_.put(keys::sessions(tenant.name) + session.place, session.row.pack());
    rows_.put(keys::with_number(keys::session_changes(tenant.name), session.row.change), session.place);
}

std::optional<SessionFold::Session> SessionFold::load_session(const Tenant& tenant, std::string place) {
    const auto stored = rows_.get(keys::sessions(tenant.name) + place);
    if (!stored) return std::nullopt;
    Session session;
    session.place = std::move(place);
    if (!session.row.unpack(*stored)) rows_.fail_with(fail(Errc::corrupt, "a session of the reference's rows"));
    session.before = session.row.status();
    session.active_before_ms = session.row.activity_ms;
    return session;
}

std::optional<SessionFold::Query> SessionFold::load_query(const Tenant& tenant, const std::string& session,
                                                          std::string place) {
    const auto stored = rows_.get(keys::queries(tenant.name, session) + place);
    if (!stored) return std::nullopt;
    Query query;
    query.place = std::move(place);
    if (!query.row.unpack(*stored)) rows_.fail_with(fail(Errc::corrupt, "a query of the reference's rows"));
    return query;
}

void SessionFold::erase(Tenant& tenant) {
    for (const auto tag : keys::session_tags)
        rows_.remove_all(keys::of_tenant(tag, tenant.name));
    auto& state = tenant.state;
    state.sessions = state.active = state.failed = 0;
    tenant.changed = true;
}

}  // namespace ark::reference
