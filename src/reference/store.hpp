#pragma once
#include "base/cursor.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "receive/admission.hpp"
#include "reference/projection.hpp"
#include "runtime/asio.hpp"
#include "runtime/io_pool.hpp"
#include "runtime/work_pool.hpp"
#include "views/views.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the reference's HTTP contract keeps and shows: messages, events, chunks, spans and sessions, each numbered from
/// 1, on our journal and our views. HTTP itself stands in front of this (routes of this module).
namespace ark::reference {

/// What is numbered and deleted on its own. Stored in the journal and in rows: numbers never change meaning.
/// Sessions are numbered by their last change: a session that changes moves behind all others.
enum class Kind : std::uint8_t { messages = 1, events = 2, chunks = 3, spans = 4, sessions = 5 };

/// All given members must hold; empty = not given. Members that a kind does not know are ignored:
/// messages know conversation and query, events query (data.queryId) and session, chunks query, spans session and
/// trace, sessions session.
struct Filter {
    std::string conversation;
    std::string query;
    std::string session;
    std::optional<TraceId> trace;

    friend bool operator==(const Filter&, const Filter&) = default;
};

struct Row {
    std::uint64_t sequence = 0;
    /// As the reference shows it, on one line: the message item with its five members, the bare event or span, the raw
    /// record of a chunk ({"sequenceNumber","timestamp","data":{…}}).
    std::string json;
};

struct RowsPage {
    std::vector<Row> rows;    ///< oldest first
    std::uint64_t total = 0;  ///< all that pass the filter, wherever the page is
    bool has_more = false;
};

struct TraceSpans {
    TraceId id;
    std::uint64_t first_sequence = 0;  ///< of its first span: the page's cursor
    std::vector<std::string> spans;    ///< JSON, in order of arrival
};

struct TracesPage {
    std::vector<TraceSpans> traces;  ///< newest first, by first_sequence
    std::uint64_t total = 0;
    bool has_more = false;
};

struct Conversation {
    std::string id;
    std::uint64_t messages = 0;
    std::uint64_t queries = 0;  ///< distinct query ids of its messages
};

struct MemoryStatus {
    std::uint64_t messages = 0;
    std::vector<Conversation> conversations;  ///< in the order of their first message
};

struct SessionText {
    std::string id;
    std::string json;
};

enum class SessionStatus : std::uint8_t { active, idle, error };
enum class SessionSort : std::uint8_t { none, date, name, conversations };

struct SessionsRequest {
    std::optional<SessionStatus> status;
    std::optional<UnixNanos> from, until;  ///< of the last activity, both inclusive
    std::string search;                    ///< case-insensitive substring of id, name, or a query's agent, team or tool
    SessionSort sort = SessionSort::none;  ///< none: in the order of JavaScript's objects
    bool descending = true;
    std::uint64_t offset = 0;
    std::size_t limit = 100;
};

struct SessionsPage {
    std::vector<SessionText> sessions;
    std::uint64_t total = 0;  ///< this and the counts: after the filters
    std::uint64_t active = 0, idle = 0, error = 0;
    bool has_more = false;
};

enum class StreamState : std::uint8_t { none, open, complete };
enum class Completed : std::uint8_t { not_found, completed, already };

/// What erase() takes away. `conversation` and `query` narrow it where the kind knows them (messages: either or both;
/// events: query); without either the whole kind goes, and its numbers start at 1 again.
struct Erasure {
    Kind kind = Kind::messages;
    std::string conversation;
    std::string query;
};

/// One item of a Frames, as a watcher gets it: without SSE around it.
struct LiveItem {
    std::uint64_t sequence = 0;
    /// What stands behind `data: ` of a generic watch: the message item, the bare event, span or chunk, "[DONE]" as a
    /// JSON string for a completion, {"sessionId","session"} for a session.
    std::string_view json;
    bool complete = false;  ///< chunks: the completion of its query
};

/// What a watcher sends next.
struct Frames {
    std::string_view bytes;  ///< whole SSE frames: "id: <sequence>\ndata: <json>\n\n" each; empty: nothing came
    std::span<const LiveItem> items;  ///< the same, one by one
    bool replayed = false;            ///< they were there before the watch began
    std::shared_ptr<const void>
        owner;  ///< keeps both alive: encoded once for all watchers that stand at the same place
};

/// One reader of a kind: first what was there from its start on, then what comes, in order, without hole or repeat.
/// A slow one costs no memory: it reads the store again. After a purge of the kind its numbers start at 1 again and it
/// goes on with the first item behind the purge. Lives on the net thread that made it; one next() at a time.
class Watch {
public:
    virtual ~Watch() = default;
    /// The next frames, some 64 KB at most; empty ones when nothing came within `patience` (time for a heartbeat).
    /// closed: cancel() was called or the store stops. io, corrupt: the disk.
    virtual awaitable<Result<Frames>> next(std::chrono::milliseconds patience) = 0;
    /// Ends a next() that waits, and all to come. On the watch's thread: call it from ResponseStream::on_close.
    virtual void cancel() = 0;
};

/// Where a watch begins.
struct Start {
    enum class At { live, beginning, behind } at = At::live;
    std::uint64_t sequence = 0;  ///< behind: the last one that was seen. Beyond the newest one (a purge): live
};

struct StoreStatus {
    std::uint64_t watchers = 0;
    std::uint64_t watch_groups = 0;  ///< distinct (tenant, kind, filter) a net thread
    std::uint64_t live_bytes = 0;    ///< encoded frames in memory
};

struct StoreConfig {
    std::size_t watchers_max = 20'000;     ///< beyond: overloaded
    std::size_t group_bytes = 256u << 10;  ///< frames kept for the watchers of the same subject on one net thread
    std::uint32_t nesting_max = 64;        ///< of the values of an event; beyond: bad_payload
    std::chrono::milliseconds lag_wait_max{5000};  ///< a read that the views keep waiting longer: overloaded
};

/// The store behind the routes. Thread-safe.
///
/// Reads block on disk: call them on the work pool, after caught_up(). They see whole commits and never the expired.
/// Writes resolve, on the caller's executor, once they are as durable as the journal promises. Texts given as JSON must
/// be whole valid JSON values on one line; the store does not look into them again.
/// Errors: overloaded (retryable; the journal or the views are too far behind), journal_failed, disk_full, io, corrupt.
class Store {
public:
    /// What it stands on; all of it outlives the store.
    struct Base {
        Projection& projection;  ///< that the views were opened with
        views::Views& views;     ///< not started yet
        journal::Journal& journal;
        receive::Admission& admission;
        runtime::IoPool& net;
        runtime::WorkPool& work;
        Clock& clock;
    };
    static std::unique_ptr<Store> create(const StoreConfig& config, Base base);
    virtual ~Store() = default;

    /// Resolves when reads see every item that was acknowledged before the call, whichever door it came through.
    /// overloaded: the views did not get there within a few seconds.
    virtual awaitable<Status> caught_up() = 0;

    /// Items behind the sequence `after` that pass the filter, at most `limit`. Not for sessions.
    virtual Result<RowsPage> page(std::string_view tenant, Kind kind, const Filter& filter, std::uint64_t after,
                                  std::size_t limit) = 0;
    /// Traces whose first span has a sequence below `before`. With a session: only its spans, and the traces that have
    /// some.
    virtual Result<TracesPage> traces(std::string_view tenant, std::string_view session,
                                      std::optional<std::uint64_t> before, std::size_t limit) = 0;
    virtual Result<std::optional<TraceSpans>> trace(std::string_view tenant, const TraceId& id) = 0;
    virtual Result<MemoryStatus> memory_status(std::string_view tenant) = 0;
    /// All of the sessions in the order of JavaScript's objects.
    virtual Result<std::vector<SessionText>> sessions(std::string_view tenant) = 0;
    virtual Result<SessionsPage> sessions_page(std::string_view tenant, const SessionsRequest& request) = 0;
    virtual Result<std::optional<SessionText>> session(std::string_view tenant, std::string_view id) = 0;
    virtual Result<StreamState> stream_state(std::string_view tenant, std::string_view query) = 0;

    virtual awaitable<Result<journal::Receipt>> append_messages(std::string tenant, std::string conversation,
                                                                std::string query, std::vector<std::string> messages,
                                                                std::optional<std::chrono::seconds> ttl) = 0;
    /// `events`: the object of POST /events as text, or a non-empty array of such objects; ttl_seconds, if any, is a
    /// positive number. All of them or none.
    virtual awaitable<Result<journal::Receipt>> append_events(std::string tenant, std::string events) = 0;
    virtual awaitable<Result<journal::Receipt>> append_chunks(std::string tenant, std::string query,
                                                              std::vector<std::string> chunks) = 0;
    /// Marks the query's chunks complete, once.
    virtual awaitable<Result<Completed>> complete(std::string tenant, std::string query) = 0;
    /// `body`: the object of POST /sessions as text. Folded into sessions, shown nowhere else.
    virtual awaitable<Result<journal::Receipt>> apply_session(std::string tenant, std::string body) = 0;
    virtual awaitable<Result<journal::Receipt>> erase(std::string tenant, Erasure erasure) = 0;

    /// A watch on the caller's thread, which is the net thread `shard`. Resolves when its start is known: what was
    /// acknowledged before the call counts as being there before. overloaded: too many watchers.
    virtual awaitable<Result<std::unique_ptr<Watch>>> watch(std::string tenant, Kind kind, Filter filter, Start start,
                                                            std::size_t shard) = 0;

    virtual StoreStatus status() const = 0;
    /// Ends all watches; what they wait for resolves with `closed`. Before the servers stop. Idempotent.
    virtual void stop() = 0;
};

}  // namespace ark::reference
