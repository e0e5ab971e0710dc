#include "reference/session_json.hpp"

#include "base/text.hpp"
#include "codec/json_writer.hpp"
#include "reference/item_json.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace ark::reference {
namespace {

using codec::JsonWriter;

/// A conversation as its queries make it.
struct Thread {
    std::string id;
    std::string target;  ///< of its first query
    std::vector<std::string> participants;
    std::uint64_t queries = 0, errors = 0, started_ms = 0, ended_ms = 0;

    const std::string& name() const { return participants.empty() ? id : participants.front(); }
    std::string_view type() const { return target == "team" || target == "tool" ? std::string_view(target) : "agent"; }
};

/// The conversations of a session, in the order of their first query.
class Threads {
public:
    void add(const QueryRow& query) {
        if (query.conversation.empty()) return;
        const auto [known, is_new] = by_id_.try_emplace(query.conversation, threads_.size());
        if (is_new) {
            auto& fresh = threads_.emplace_back();
            fresh.id = query.conversation;
            fresh.target = query.target;
            fresh.started_ms = query.created_ms;
        }
        auto& thread = threads_[known->second];
        const auto& who = !query.team.empty() ? query.team : !query.agent.empty() ? query.agent : query.tool;
        if (!who.empty() && who_.insert(query.conversation + '\0' + who).second) thread.participants.push_back(who);
        ++thread.queries;
        if (query.phase == Phase::error) ++thread.errors;
        thread.ended_ms = query.completed_ms;
    }
    const std::vector<Thread>& all() const { return threads_; }

private:
    std::vector<Thread> threads_;
    std::unordered_map<std::string, std::size_t> by_id_;
    std::unordered_set<std::string> who_;  // participants by conversation
};

/// From the first query's beginning to the last one's end.
std::string duration_of(const Thread& thread) {
    if (thread.ended_ms == 0) return "ongoing";
    const auto seconds = thread.ended_ms > thread.started_ms ? (thread.ended_ms - thread.started_ms) / 1000 : 0;
    if (seconds < 60) return std::to_string(seconds) + "s";
    return std::to_string(seconds / 60) + "m " + std::to_string(seconds % 60) + "s";
}

void write_time(JsonWriter& json, std::string_view key, std::uint64_t ms) {
    json.key(key).plain(iso_of_ms(ms));
}

void write_query(JsonWriter& json, const QueryRow& query) {
    json.key(query.name).begin_object().field("name", query.name);
    const std::pair<std::string_view, const std::string&> optional[] = {{"namespace", query.space},
                                                                        {"conversationId", query.conversation},
                                                                        {"agent", query.agent},
                                                                        {"team", query.team},
                                                                        {"tool", query.tool}};
    for (const auto& [key, text] : optional) {
        if (!text.empty()) json.field(key, text);
    }
    json.field("targetType", query.target).field("phase", name(query.phase));
    if (!query.error.empty()) json.key("error").raw(query.error);
    write_time(json, "createdAt", query.created_ms);
    if (query.completed_ms != 0) write_time(json, "completedAt", query.completed_ms);
    write_time(json, "lastActivity", query.activity_ms);
    json.end_object();
}

void write_thread(JsonWriter& json, const Thread& thread) {
    json.begin_object().field("conversationId", thread.id).field("name", thread.name());
    json.key("participants").begin_array();
    for (const auto& who : thread.participants)
        json.string(who);
    json.end_array();
    json.field("messageCount", thread.queries).field("duration", duration_of(thread));
    write_time(json, "startTime", thread.started_ms);
    json.field("participantType", thread.type()).field("errorCount", thread.errors).end_object();
}

/// Each name once, as the first conversation of that name has it.
void write_participants(JsonWriter& json, const std::vector<Thread>& threads) {
    std::unordered_set<std::string_view> seen;
    json.key("participants").begin_array();
    for (const auto& thread : threads) {
        if (!seen.insert(thread.name()).second) continue;
        json.begin_object().field("id", thread.name()).field("name", thread.name());
        json.field("type", thread.type()).end_object();
    }
    json.end_array();
}

bool passes(const SessionsRequest& request, const SessionRow& session) {
    if (request.status && *request.status != session.status()) return false;
    const UnixNanos activity(session.activity_ms * 1'000'000);
    if (request.from && activity < *request.from) return false;
    if (request.until && activity > *request.until) return false;
    if (request.search.empty() || contains_in_any_case(session.id, request.search)) return true;
    return std::any_of(session.words.begin(), session.words.end(),
                       [&](const std::string& word) { return contains_in_any_case(word, request.search); });
}

/// Letters by the alphabet first, small before capital ones where that is all the difference: what a locale does.
int compare_names(std::string_view a, std::string_view b) {
    const auto less = [](char x, char y) { return to_lower(x) < to_lower(y); };
    if (std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less)) return -1;
    if (std::lexicographical_compare(b.begin(), b.end(), a.begin(), a.end(), less)) return 1;
    return b.compare(a);
}

struct Candidate {
    std::string place;
    SessionRow row;
};

void sort(std::vector<Candidate>& candidates, const SessionsRequest& request) {
    const auto compare = [&](const SessionRow& a, const SessionRow& b) {
        const auto order = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
        switch (request.sort) {
            case SessionSort::date:  // with a search
                return order(a.activity_ms, b.activity_ms);
            case SessionSort::name:
                return compare_names(a.name(), b.name());
            case SessionSort::conversations:
                return order(a.conversations, b.conversations);
            case SessionSort::none:
                break;
        }
        return 0;
    };
    std::stable_sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
        return request.descending ? compare(b.row, a.row) < 0 : compare(a.row, b.row) < 0;
    });
}

/// Nothing but the status narrows it: the fold has counted.
bool is_counted(const SessionsRequest& request) {
    return !request.from && !request.until && request.search.empty();
}

Status take_counts(const Reads& reads, const SessionsRequest& request, SessionsPage& page) {
    ARK_TRY(const auto state, reads.state());
    const auto wanted = [&](SessionStatus status) { return !request.status || *request.status == status; };
    if (wanted(SessionStatus::active)) page.active = state.active;
    if (wanted(SessionStatus::error)) page.error = state.failed;
    if (wanted(SessionStatus::idle)) page.idle = state.sessions - state.active - state.failed;
    page.total = page.active + page.error + page.idle;
    return ok();
}

/// In the order of the rows only the page is read, with a status what lies before it.
Result<std::vector<Candidate>> plain_page(const Reads& reads, const SessionsRequest& request, SessionsPage& page) {
    ARK_TRY_STATUS(take_counts(reads, request, page));
    std::vector<Candidate> candidates;
    auto skip = request.status ? request.offset : 0;
    ARK_TRY_STATUS(reads.sessions(request.status ? 0 : request.offset, [&](std::string_view place, SessionRow row) {
        if (request.status && *request.status != row.status()) return true;
        if (skip > 0) {
            --skip;
            return true;
        }
        candidates.push_back({std::string(place), std::move(row)});
        return candidates.size() < std::min<std::uint64_t>(request.limit, page.total);
    }));
    return candidates;
}

void count_one(SessionsPage& page, SessionStatus status) {
    ++(status == SessionStatus::active ? page.active : status == SessionStatus::error ? page.error : page.idle);
    ++page.total;
}

/// By date: from the index, which also knows the status. Dates that narrow the list are counted, not read.
Result<std::vector<Candidate>> page_by_date(const Reads& reads, const SessionsRequest& request, SessionsPage& page) {
    constexpr std::uint64_t nanos = 1'000'000;
    const auto from_ms = request.from ? (request.from->value() + nanos - 1) / nanos : 0;
    const auto until_ms = request.until ? request.until->value() / nanos : ~std::uint64_t{0};
    const bool counted = is_counted(request);
    if (counted) {
        ARK_TRY_STATUS(take_counts(reads, request, page));
    }
    std::vector<std::string> places;
    std::uint64_t seen = 0;
    const auto wanted = counted ? std::min<std::uint64_t>(request.limit, page.total) : request.limit;
    reads.sessions_by_activity(from_ms, until_ms, request.descending, [&](std::string_view place, auto status) {
        if (request.status && *request.status != status) return true;
        if (!counted) count_one(page, status);
        if (seen++ >= request.offset && places.size() < wanted) places.emplace_back(place);
        return !counted || places.size() < wanted;
    });
    std::vector<Candidate> candidates;
    for (auto& place : places) {
        ARK_TRY(auto row, reads.session_at(place));
        candidates.push_back({std::move(place), std::move(row)});
    }
    return candidates;
}

Result<std::vector<Candidate>> chosen_page(const Reads& reads, const SessionsRequest& request, SessionsPage& page) {
    std::vector<Candidate> candidates;
    ARK_TRY_STATUS(reads.sessions(0, [&](std::string_view place, SessionRow row) {
        if (!passes(request, row)) return true;
        count_one(page, row.status());
        candidates.push_back({std::string(place), std::move(row)});
        return true;
    }));
    sort(candidates, request);
    const auto begin = std::min<std::uint64_t>(request.offset, candidates.size());
    const auto end = std::min<std::uint64_t>(begin + request.limit, candidates.size());
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(end), candidates.end());
    candidates.erase(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(begin));
    return candidates;
}

}  // namespace

Result<std::string> session_json(const Reads& reads, std::string_view place, const SessionRow& session) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("sessionId", session.id).field("name", session.name());
    Threads threads;
    json.key("queries").begin_object();
    ARK_TRY_STATUS(reads.queries(place, [&](const QueryRow& query) {
        write_query(json, query);
        threads.add(query);
    }));
    json.end_object();
    json.field("status", name(session.status())).field("errorCount", session.errors);
    write_time(json, "createdAt", session.created_ms);
    write_time(json, "lastActivity", session.activity_ms);
    json.key("conversations").begin_array();
    for (const auto& thread : threads.all())
        write_thread(json, thread);
    json.end_array();
    write_participants(json, threads.all());
    json.end_object();
    return out;
}

Result<SessionsPage> sessions_page(const Reads& reads, const SessionsRequest& request) {
    SessionsPage page;
    const bool by_date = request.sort == SessionSort::date && request.search.empty();
    const bool plain = request.sort == SessionSort::none && is_counted(request);
    ARK_TRY(const auto candidates, by_date ? page_by_date(reads, request, page)
                                   : plain ? plain_page(reads, request, page)
                                           : chosen_page(reads, request, page));
    for (const auto& its : candidates) {
        ARK_TRY(auto json, session_json(reads, its.place, its.row));
        page.sessions.push_back({its.row.id, std::move(json)});
    }
    page.has_more = request.offset + page.sessions.size() < page.total;
    return page;
}

}  // namespace ark::reference
