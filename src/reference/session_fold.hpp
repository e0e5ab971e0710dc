#pragma once
#include "items/items.hpp"
#include "reference/run_fold.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ark::reference {

/// What an event or a body of POST /sessions says to the sessions. Empty = not said.
struct SessionWord {
    std::string session, query, space, conversation, agent, team, tool, target, reason;
    std::string error;  ///< JSON; empty: none, or one that JavaScript takes for false
};
SessionWord word_of(const items::Item& event);
SessionWord word_of_update(std::string_view json);

/// Rolls events up into sessions and their queries, by the reference's rules: times are when the broker received,
/// phases come from reasons, derived fields are made when they are read. Costs the same however many queries a session
/// has. On the fold's thread.
class SessionFold {
public:
    explicit SessionFold(Staged& rows) : rows_(rows) {}

    /// `received_ms`, `offset`: of the item.
    void apply(Tenant& tenant, const SessionWord& word, std::uint64_t received_ms, Offset offset);
    /// A message of the conversation and query came: it tells the query's conversation.
    void note_message(Tenant& tenant, std::string_view conversation, std::string_view query, std::uint64_t received_ms);
    void erase(Tenant& tenant);

    /// Null: nobody watches.
    void note_changes_in(Changes* changes) { changes_ = changes; }

private:
    struct Session {
        std::string place;
        SessionRow row;
        std::optional<SessionStatus> before;  ///< nothing: it is new
        std::uint64_t active_before_ms = 0;
    };
    struct Query {
        std::string place;
        QueryRow row;
    };
    Session open_session(const Tenant& tenant, const SessionWord& word, std::uint64_t received_ms, Offset offset);
    Query begin_query(const Tenant& tenant, Session& session, const SessionWord& word, std::uint64_t received_ms,
                      Offset offset);
    void continue_query(const Tenant& tenant, Session& session, QueryRow& query, const SessionWord& word,
                        std::uint64_t received_ms);
    void set_conversation(const Tenant& tenant, Session& session, QueryRow& query, std::string_view conversation);
    void save(Tenant& tenant, Session& session, const Query& query);
    std::optional<Session> load_session(const Tenant& tenant, std::string place);
    std::optional<Query> load_query(const Tenant& tenant, const std::string& session, std::string place);

    Staged& rows_;  // outlives us
    Changes* changes_ = nullptr;
};

}  // namespace ark::reference
