#pragma once
#include "base/cursor.hpp"
#include "reference/store.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The projected rows and their bytes (docs/views.md). unpack() is false for bytes that are not ours.
namespace ark::reference {

inline constexpr std::size_t numbered_kinds = 4;  ///< all but sessions
inline std::size_t index_of(Kind kind) {
    return static_cast<std::size_t>(kind) - 1;
}

/// Which place in the journal all rows belong to.
struct Place {
    Offset folded;

    std::string pack() const;
    bool unpack(std::string_view bytes);
};

/// What is counted for a tenant.
struct TenantState {
    struct OfKind {
        std::uint64_t next = 1;        ///< the sequence that the next item gets
        std::uint64_t count = 0;       ///< items that are there
        std::uint64_t first = 1;       ///< no run begins before this sequence
        std::uint64_t generation = 0;  ///< changes when numbering starts anew
    };
    std::array<OfKind, numbered_kinds> kinds;
    std::uint64_t traces = 0;
    std::uint64_t sessions = 0, active = 0, failed = 0;  ///< all sessions; those of status active, error
    std::uint64_t clock_ms = 0;                          ///< the latest receive time: what ended before it is gone

    OfKind& of(Kind kind) { return kinds[index_of(kind)]; }
    const OfKind& of(Kind kind) const { return kinds[index_of(kind)]; }
    std::string pack() const;
    bool unpack(std::string_view bytes);
};

/// Items in a row: of one batch, with the same ids. Its key has the sequence of the first.
struct Run {
    std::uint64_t count = 0;
    Offset offset;                             ///< of the first item; the others follow
    std::uint64_t ends_ms = 0;                 ///< 0 = stays
    bool completes = false;                    ///< a completion, alone in its run
    std::string conversation, query, session;  ///< as keys have them: at most id_bytes_max

    void pack_into(std::string& out) const;
    bool unpack(std::string_view bytes);
    bool same_ids(const Run& other) const;
};

/// The items of one id.
struct GroupRow {
    std::uint64_t count = 0;
    std::uint64_t first = 0;      ///< sequence of the first item that is there
    std::uint64_t queries = 0;    ///< of a conversation: distinct query ids
    std::uint64_t completed = 0;  ///< of chunks: sequence of the completion; 0 = open
    std::uint64_t completed_ms = 0;

    std::string pack() const;
    bool unpack(std::string_view bytes);
};

/// How many there are.
struct NumberRow {
    std::uint64_t number = 0;

    std::string pack() const;
    bool unpack(std::string_view bytes);
};

/// The sequence of a trace's first span.
struct TraceFirst {
    std::uint64_t sequence = 0;

    std::string pack() const;
    bool unpack(std::string_view bytes);
};

/// An id, a key or a place, as it is.
struct TextRow {
    std::string text;

    const std::string& pack() const { return text; }
    bool unpack(std::string_view bytes) {
        text = bytes;
        return true;
    }
};

/// Where the journal has the chunks of a finished query whose rows are gone.
struct CompactedRow {
    struct Stretch {
        Offset offset;
        std::uint64_t count = 0;
    };
    std::uint64_t generation = 0;  ///< of chunks, when it was compacted
    std::uint64_t completed = 0;   ///< sequence of the completion
    std::vector<Stretch> stretches;

    std::string pack() const;
    bool unpack(std::string_view bytes);
};

enum class Phase : std::uint8_t { running = 0, done = 1, error = 2, canceled = 3 };
std::string_view name(Phase phase);
std::string_view name(SessionStatus status);

/// A session without its queries; the rules are docs/views.md's.
struct SessionRow {
    std::string id;
    std::uint64_t created_ms = 0, activity_ms = 0;
    std::uint64_t running = 0, errors = 0, queries = 0, conversations = 0;
    std::uint64_t change = 0;     ///< offset behind the item that changed it last: its sequence
    std::uint64_t latest_ms = 0;  ///< last activity of …
    std::string latest;           ///< … the query that was active last: its place
    bool latest_failed = false;
    std::vector<std::string> words;  ///< agents, teams, tools of its queries, lower-case, each once: what search finds

    SessionStatus status() const;
    std::string name() const;  ///< the id without a leading "session-"
    std::string pack() const;
    bool unpack(std::string_view bytes);
};

struct QueryRow {
    std::string name, space, conversation, agent, team, tool, target;
    std::string error;  ///< JSON; empty: none
    Phase phase = Phase::running;
    std::uint64_t created_ms = 0, completed_ms = 0, activity_ms = 0;  ///< completed 0 = not yet

    std::string pack() const;
    bool unpack(std::string_view bytes);
};

}  // namespace ark::reference
