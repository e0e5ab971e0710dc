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
    explicit SessionFold(Staged& rows);

    /// `received_ms`, `offset`: of the item.
    void apply(Tenant& tenant, const SessionWord& word, std::uint64_t received_ms, Offset offset);
    /// A message of the conversation and query came: it tells the query's conversation.
    void note_message(Tenant& tenant, std::string_view conversation, std::string_view query, std::uint64_t received_ms);
    void erase(Tenant& tenant);
    /// Once a drain, before the rows of Staged are written: moves the sessions that changed in the lists by activity
    /// and by change.
    void move_in_lists();
    /// Adds the rows that are kept here to a batch that has those of Staged.
    void write(store::WriteBatch& batch);

    /// Null: nobody watches.
    void note_changes_in(Changes* changes) { changes_ = changes; }

private:
    /// Where a session is found besides its own row.
    struct Listed {
        std::uint64_t activity_ms = 0, change = 0;
        SessionStatus status = SessionStatus::idle;
    };
    struct HotSession : SessionRow {
        std::optional<Listed> listed;  ///< as the last commit left it; nothing: it is new

        bool unpack(std::string_view bytes);
        Listed list() const { return {activity_ms, change, status()}; }
    };
    struct Session {
        std::string place;
        HotSession* row = nullptr;
        std::optional<SessionStatus> before;  ///< nothing: it is new
    };
    struct Query {
        std::string place;
        QueryRow* row = nullptr;
    };
    Session open_session(const Tenant& tenant, const SessionWord& word, std::uint64_t received_ms, Offset offset);
    Query open_query(const Tenant& tenant, Session& session, const SessionWord& word, std::uint64_t received_ms,
                     Offset offset);
    void begin_query(const Tenant& tenant, Session& session, QueryRow& query, const SessionWord& word,
                     std::uint64_t received_ms);
    void continue_query(const Tenant& tenant, Session& session, QueryRow& query, const SessionWord& word,
                        std::uint64_t received_ms);
    void set_conversation(const Tenant& tenant, Session& session, QueryRow& query, std::string_view conversation);
    static void count_status(Tenant& tenant, const Session& session);
    void move_in_lists(std::string_view key, HotSession& session);
    QueryRow* query_at(const Tenant& tenant, const std::string& session, std::string_view place);

    Staged& rows_;  // outlives us
    HotRows<HotSession> sessions_;
    HotRows<QueryRow> queries_;
    HotRows<TextRow> texts_;  ///< places of sessions and queries, the conversations of sessions
    Changes* changes_ = nullptr;
};

}  // namespace ark::reference
