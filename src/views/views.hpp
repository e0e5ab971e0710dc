#pragma once
#include "base/cursor.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "items/items.hpp"
#include "journal/journal.hpp"
#include "model/facts.hpp"
#include "model/kind.hpp"
#include "views/projection.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Folds of the journal, kept for queries: traces, queries, sessions, usage, and the postings that find items.
/// Disposable: delete the directory, replay, same answer.
namespace ark::views {

enum class State : std::uint8_t {
    running = 0,
    done = 1,
    error = 2,
    canceled = 3,
    waiting = 4,
    idle = 5,
    interrupted = 6
};
std::string_view name(State state);  ///< "running", "done", … of queries and traces; sessions say "active" for running

/// A name and how often it occurred.
struct NameCount {
    std::string name;
    std::uint32_t count = 0;
};
using Names = std::vector<NameCount>;  ///< by first occurrence; at most names_max, then one entry "…" counts the rest

/// Token and cost usage, never counted twice: `own` sums the model calls; `rolled_up` is what enclosing spans reported
/// where no model call below them did. total = own + rolled_up.
struct UsageSplit {
    model::Usage own;
    model::Usage rolled_up;
    model::Usage total() const;
};

struct TraceRow {
    TraceId id;
    Offset first;      ///< offset of the first item seen: the row's stable number
    Offset rev;        ///< offset behind the last item that changed it
    std::string name;  ///< root span's, else the earliest span's
    std::string service;
    UnixNanos start;
    UnixNanos end;                 ///< latest end seen
    std::uint32_t spans = 0;       ///< distinct, open ones included
    std::uint32_t open_spans = 0;  ///< started, not ended
    std::uint32_t events = 0;      ///< sent, not derived
    std::uint32_t errors = 0;      ///< failed spans
    State state = State::done;
    std::string session_id;
    std::string query_id;
    std::string query_name;
    std::uint32_t by_kind[model::kind_count] = {};
    Names agents, teams, tools, models;
    UsageSplit usage;
};

struct QueryRow {
    std::string id;  ///< what the producer called it, else the trace id
    std::string name;
    std::string namespace_;
    Offset first, rev;
    std::string session_id;
    std::string conversation_id;
    State state = State::running;
    UnixNanos start, end, last_activity;
    std::string input;  ///< preview, 256 bytes
    std::string output;
    std::string error;
    std::vector<TraceId> traces;  ///< its runs, oldest first; at most 64
    std::uint32_t spans = 0, events = 0, errors = 0, open_spans = 0;
    std::uint32_t by_kind[model::kind_count] = {};
    Names agents, teams, tools, models;
    UsageSplit usage;
};

struct SessionRow {
    std::string id;
    Offset first, rev;
    std::string name;           ///< first query's input, else its name, else the id
    State state = State::idle;  ///< running ("active"), waiting, idle, error, interrupted
    UnixNanos start, last_activity;
    std::uint32_t queries = 0, traces = 0, spans = 0, events = 0, errors = 0, open_spans = 0;
    std::uint32_t pending_questions = 0;
    std::string owner;  ///< user.id where a producer said one
    std::uint32_t by_kind[model::kind_count] = {};
    Names agents, teams, tools, models;
    Names conversations;
    UsageSplit usage;
};

/// One span of a skeleton: enough to draw it and to find it. 0 end = still open.
struct SpanEntry {
    Offset offset;  ///< of the item that told us (the start event for an open span)
    TraceId trace_id;
    SpanId span_id, parent_span_id;
    UnixNanos start, end;
    model::Kind kind = model::Kind::other;
    bool failed = false;
    bool open = false;
    bool interrupted = false;
    std::string name;     ///< span name
    std::string subject;  ///< agent, tool, model or team name: what the span is about
};

/// One event to be found: sent ones only; derived ones follow from their span's entry.
struct EventEntry {
    Offset offset;
    UnixNanos time;
    TraceId trace_id;
    SpanId span_id;
};

enum class Order { newest_first, oldest_first };

struct ListRequest {
    std::string tenant = "default";
    std::string session, query;  ///< only rows of it
    std::optional<TraceId> trace;
    std::string agent, team, tool, model;
    std::optional<model::Kind> component;  ///< has at least one of that kind
    std::optional<State> state;
    std::optional<bool> failed;         ///< errors > 0
    UnixNanos from, until;              ///< overlaps [from, until)
    std::string search;                 ///< case-insensitive substring of id, name, query names
    Order order = Order::newest_first;  ///< sessions, queries: by last activity; traces: by first offset
    std::string after;                  ///< opaque keyset position of the last page; empty = first page
    std::size_t limit = 100;
};

template <class Row>
struct Page {
    std::vector<Row> rows;
    std::string next;  ///< pass as `after`; empty at the end
    Cursor at;         ///< the journal cursor this page is true at: hand to /v1/stream?since=
};

struct ViewsConfig {
    std::string directory;
    std::size_t memtable_bytes = 12u << 20;
    std::size_t cache_bytes = 32u << 20;
    std::size_t hot_bytes_max = 64u << 20;        ///< folded state kept in memory
    std::chrono::seconds interrupted_after{300};  ///< an open span without sign of life from its producer
    std::uint64_t flush_items = 2'000'000;        ///< flush at least so often: bounds the replay after a crash
    /// Under load so long a commit may wait for more items, milliseconds. hurry_to() ends the wait.
    std::chrono::milliseconds commit_gap{100};
};

struct ViewsStatus {
    Offset folded;
    std::uint64_t lag_items = 0;
    std::uint64_t traces = 0, sessions = 0, queries = 0, spans = 0, events = 0;
    std::uint64_t bytes_on_disk = 0;
    std::uint64_t bytes_in_memory = 0;
    bool failed = false;
    std::string failure;
};

/// One thread folds; reads are thread-safe, see only whole committed folds, and may block on disk: call them on a work
/// pool.
class Views {
public:
    virtual ~Views() = default;
    /// A cursor of another epoch or ahead of the journal means the views belong to another history: they are rebuilt.
    /// `projection`, if any, outlives the views and folds what they fold.
    static Result<std::unique_ptr<Views>> open(const ViewsConfig& config, journal::Journal& journal, Clock& clock,
                                               Projection* projection = nullptr);

    virtual void start() = 0;
    virtual void stop() = 0;  ///< commits and flushes what was folded. Idempotent. Blocks.

    /// Everything before this offset is visible to reads. Thread-safe.
    virtual Offset folded() const = 0;
    /// Somebody waits until everything before this offset is visible: the commit is not put off for more to come
    /// together. Thread-safe.
    virtual void hurry_to(Offset until) = 0;
    /// Listener after each commit, from the views' thread: must return at once. The token unregisters.
    virtual std::shared_ptr<void> on_folded(std::function<void(Offset)> listener) = 0;

    virtual Result<std::optional<TraceRow>> trace(std::string_view tenant, const TraceId& id) = 0;
    virtual Result<std::optional<QueryRow>> query(std::string_view tenant, std::string_view id_or_name) = 0;
    virtual Result<std::optional<SessionRow>> session(std::string_view tenant, std::string_view id) = 0;

    virtual Result<Page<TraceRow>> traces(const ListRequest& request) = 0;
    virtual Result<Page<QueryRow>> queries(const ListRequest& request) = 0;
    virtual Result<Page<SessionRow>> sessions(const ListRequest& request) = 0;

    /// Spans by start time. limit 0 = all.
    virtual Result<std::vector<SpanEntry>> trace_spans(std::string_view tenant, const TraceId& id,
                                                       std::size_t limit) = 0;
    virtual Result<std::vector<SpanEntry>> session_spans(std::string_view tenant, std::string_view id,
                                                         std::size_t limit) = 0;
    virtual Result<std::optional<SpanEntry>> span(std::string_view tenant, const TraceId& trace,
                                                  const SpanId& span) = 0;

    /// Offsets of all items (spans, events, logs) of a trace, session or query in [from, until), ascending, at most
    /// `limit`.
    virtual Result<std::vector<Offset>> items_of_trace(std::string_view tenant, const TraceId& id, Offset from,
                                                       Offset until, std::size_t limit) = 0;
    virtual Result<std::vector<Offset>> items_of_session(std::string_view tenant, std::string_view id, Offset from,
                                                         Offset until, std::size_t limit) = 0;
    virtual Result<std::vector<Offset>> items_of_query(std::string_view tenant, std::string_view id_or_name,
                                                       Offset from, Offset until, std::size_t limit) = 0;

    /// What is known about the item's whereabouts now; empty members when nothing is.
    virtual items::Context context_of(std::string_view tenant, const items::Item& item) = 0;
    /// Whether events are derived from this span: false when its producer sends its own.
    virtual bool derives_events(std::string_view tenant, const items::Item& span) = 0;

    virtual ViewsStatus status() = 0;
    /// A hash over all rows and postings, the same for every fold of the same journal however it was drained, crashed
    /// and resumed. Reads everything: for tests and `ark views verify`.
    virtual Result<std::string> fingerprint() = 0;
};

/// Deletes the views' directory and folds the whole journal anew, on this thread. Nobody may have the views open.
/// `progress(folded, end)` is called after each commit.
Status rebuild(const ViewsConfig& config, journal::Journal& journal, Clock& clock,
               const std::function<void(Offset folded, Offset end)>& progress, Projection* projection = nullptr);

/// Rows as the API shows them.
void write_row(codec::JsonWriter& json, const TraceRow& row);
void write_row(codec::JsonWriter& json, const QueryRow& row);
void write_row(codec::JsonWriter& json, const SessionRow& row);
void write_usage(codec::JsonWriter& json, const UsageSplit& usage);

}  // namespace ark::views
