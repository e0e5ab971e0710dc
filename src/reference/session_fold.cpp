#include "reference/session_fold.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace ark::reference {
namespace {

constexpr std::size_t words_max = 256;  // that search finds in a session

// What a thousand sessions in turn need, with room to spare.
constexpr std::size_t sessions_bytes_max = 1u << 20;
constexpr std::size_t queries_bytes_max = 1u << 20;
constexpr std::size_t texts_bytes_max = 512u << 10;

std::string_view tenant_of(std::string_view session_key) {
    return session_key.substr(2, static_cast<std::uint8_t>(session_key[1]));  // behind the tag and its size
}

void learn(SessionRow& session, std::string_view word) {
    auto& words = session.words;
    if (word.empty() || words.size() >= words_max) return;
    // Mostly it is there, and small as it is.
    if (std::find(words.begin(), words.end(), word) != words.end()) return;
    auto small = lower_case(word);
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

SessionFold::SessionFold(Staged& rows)
    : rows_(rows),
      sessions_(rows, sessions_bytes_max),
      queries_(rows, queries_bytes_max),
      texts_(rows, texts_bytes_max) {}

bool SessionFold::HotSession::unpack(std::string_view bytes) {
    if (!SessionRow::unpack(bytes)) return false;
    listed = list();
    return true;
}

void SessionFold::apply(Tenant& tenant, const SessionWord& word, std::uint64_t received_ms, Offset offset) {
    if (word.session.empty() || word.query.empty()) return;
    auto session = open_session(tenant, word, received_ms, offset);
    auto& row = *session.row;
    row.activity_ms = received_ms;
    row.change = offset.value() + 1;
    const auto query = open_query(tenant, session, word, received_ms, offset);
    count_phase(row, query.row->phase, true);
    for (const auto* text : {&query.row->agent, &query.row->team, &query.row->tool})
        learn(row, *text);
    note_activity(row, query.place, *query.row);
    count_status(tenant, session);
    if (changes_ == nullptr) return;
    if (changes_->wants(keys::session_change_tag)) changes_->add(keys::session_changes(tenant.name));
    if (changes_->wants(keys::session_place_tag)) changes_->add(keys::session_place(tenant.name, word.session));
}

SessionFold::Session SessionFold::open_session(const Tenant& tenant, const SessionWord& word, std::uint64_t received_ms,
                                               Offset offset) {
    const auto key = keys::session_place(tenant.name, word.session);
    Session session;
    if (const auto* place = texts_.find(key)) {
        session.place = place->text;
        const auto of_row = keys::sessions(tenant.name) + session.place;
        session.row = sessions_.change_known(of_row);
        if (session.row != nullptr) {
            session.before = session.row->status();
            return session;
        }
    }
    session.place = keys::place_of(word.session, offset.value());
    session.row = &sessions_.change(keys::sessions(tenant.name) + session.place);
    session.row->id = clip(word.session, keys::id_bytes_max);
    session.row->created_ms = received_ms;
    texts_.change(key).text = session.place;
    return session;
}

SessionFold::Query SessionFold::open_query(const Tenant& tenant, Session& session, const SessionWord& word,
                                           std::uint64_t received_ms, Offset offset) {
    Query query;
    const auto key = keys::query_place(tenant.name, session.place, word.query);
    if (const auto* place = texts_.find(key)) {
        query.place = place->text;
        query.row = query_at(tenant, session.place, query.place);
    }
    if (query.row != nullptr) {
        count_phase(*session.row, query.row->phase, false);
        continue_query(tenant, session, *query.row, word, received_ms);
        return query;
    }
    query.place = keys::place_of(word.query, offset.value());
    query.row = &queries_.change(keys::queries(tenant.name, session.place) + query.place);
    begin_query(tenant, session, *query.row, word, received_ms);
    texts_.change(key).text = query.place;
    texts_.change(keys::query_of_name(tenant.name, word.query)).text = session.place + query.place;
    return query;
}

/// In order to change it; null when there is none.
QueryRow* SessionFold::query_at(const Tenant& tenant, const std::string& session, std::string_view place) {
    return queries_.change_known(keys::queries(tenant.name, session).append(place));
}

void SessionFold::begin_query(const Tenant& tenant, Session& session, QueryRow& query, const SessionWord& word,
                              std::uint64_t received_ms) {
    query.name = clip(word.query, keys::id_bytes_max);
    query.space = word.space;
    query.agent = word.agent;
    query.team = word.team;
    query.tool = word.tool;
    query.target = word.target.empty() ? "agent" : word.target;
    query.error = word.error;
    query.phase = phase_of(word);
    query.created_ms = query.activity_ms = received_ms;
    if (query.phase != Phase::running) query.completed_ms = received_ms;
    set_conversation(tenant, session, query, word.conversation);
    ++session.row->queries;
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
    const auto key = keys::session_conversation(tenant.name, session.place, conversation);
    if (texts_.find(key) != nullptr) return;
    texts_.change(key);
    ++session.row->conversations;
}

void SessionFold::note_message(Tenant& tenant, std::string_view conversation, std::string_view query_name,
                               std::uint64_t received_ms) {
    if (conversation.empty() || query_name.empty()) return;
    const auto* places = texts_.find(keys::query_of_name(tenant.name, query_name));
    if (places == nullptr || places->text.size() != 2 * keys::place_bytes) return;
    Session session;
    session.place = places->text.substr(0, keys::place_bytes);
    const auto query_place = places->text.substr(keys::place_bytes);
    const auto key = keys::sessions(tenant.name) + session.place;
    auto* query = query_at(tenant, session.place, query_place);
    if (query == nullptr) return;
    session.row = sessions_.change_known(key);
    if (session.row == nullptr) return;
    session.before = session.row->status();
    set_conversation(tenant, session, *query, conversation);
    query->activity_ms = session.row->activity_ms = received_ms;
    note_activity(*session.row, query_place, *query);
    count_status(tenant, session);
}

/// The tenant's counters, after the session changed.
void SessionFold::count_status(Tenant& tenant, const Session& session) {
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
    count(session.row->status(), true);
    tenant.changed = true;
}

void SessionFold::move_in_lists() {
    sessions_.each_changed([this](std::string_view key, HotSession& session) { move_in_lists(key, session); });
}

/// `key`: of the session's row.
void SessionFold::move_in_lists(std::string_view key, HotSession& session) {
    const auto tenant = tenant_of(key);
    const auto place = key.substr(key.size() - keys::place_bytes);
    const auto was = std::exchange(session.listed, session.list());
    const auto& now = *session.listed;
    const auto active_at = [&](std::uint64_t ms) { return keys::active_at(tenant, ms).append(place); };
    const auto changed_at = [&](std::uint64_t offset) {
        return keys::with_number(keys::session_changes(tenant), offset);
    };
    const bool moved = !was || was->activity_ms != now.activity_ms;
    if (was && moved) rows_.remove(active_at(was->activity_ms));
    if (moved || was->status != now.status) {
        const char status = static_cast<char>(now.status);
        rows_.put(active_at(now.activity_ms), {&status, 1});
    }
    if (was && was->change == now.change) return;
    if (was) rows_.remove(changed_at(was->change));
    rows_.put(changed_at(now.change), place);
}

void SessionFold::write(store::WriteBatch& batch) {
    sessions_.write(batch);
    queries_.write(batch);
    texts_.write(batch);
}

void SessionFold::erase(Tenant& tenant) {
    // The rows of no fold of its own, the lists, go in the store alone.
    for (const auto tag : keys::session_tags) {
        const auto prefix = keys::of_tenant(tag, tenant.name);
        sessions_.remove_all(prefix);
        queries_.remove_all(prefix);
        texts_.remove_all(prefix);
    }
    auto& state = tenant.state;
    state.sessions = state.active = state.failed = 0;
    tenant.changed = true;
}

}  // namespace ark::reference
