#pragma once
#include "base/cursor.hpp"
#include "base/result.hpp"
#include "items/filter.hpp"
#include "items/items.hpp"
#include "journal/journal.hpp"
#include "net/http.hpp"
#include "runtime/io_pool.hpp"
#include "runtime/work_pool.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// GET /v1/stream: snapshot and tail in one response, resumable, filtered, bounded. The journal is the buffer.
namespace ark::stream {

/// What the stream asks the views, without knowing them: implemented in broker/. Thread-safe; context() must be cheap
/// (memory or a warm point read), rows may block.
class Correlation {
public:
    virtual ~Correlation() = default;
    /// Items before this offset are correlated; the stream never goes past it.
    virtual Offset folded() const = 0;
    /// A subscriber has everything before this: what comes next is not to be put off for more to come together. Cheap.
    virtual void hurry_behind(Offset) {}
    virtual std::shared_ptr<void> on_folded(std::function<void(Offset)> listener) = 0;
    virtual items::Context context_of(std::string_view tenant, const items::Item& item) = 0;
    virtual bool derives_events(std::string_view tenant, const items::Item& span) = 0;
    /// The current row as JSON ("" when there is none), and its rev; topic is "session", "query" or "trace".
    struct Row {
        std::string json;
        Offset rev;
    };
    virtual Row row(std::string_view topic, std::string_view tenant, std::string_view id) = 0;
    /// Ids of the rows of a topic that match the filter, most recently active first, at most `limit`: the snapshot.
    virtual std::vector<std::string> snapshot(std::string_view topic, std::string_view tenant,
                                              const items::Filter& filter, std::size_t limit) = 0;
};

struct StreamConfig {
    std::size_t subscribers_max = 20'000;  ///< beyond: 503 with Retry-After before the stream starts
    std::size_t ring_bytes = 4u << 20;     ///< encoded frames kept per distinct filter and net thread
    std::chrono::milliseconds heartbeat{15'000};
    std::chrono::milliseconds sync_every{5'000};
    std::chrono::milliseconds retry{2'000};  ///< the `retry:` that clients are told; jittered
    std::size_t snapshot_rows_max = 200;
};

struct StreamStatus {
    std::uint64_t subscribers = 0;
    std::uint64_t opened_total = 0;
    std::uint64_t resumed_total = 0;
    std::uint64_t frames_total = 0;
    std::uint64_t bytes_total = 0;
    std::uint64_t gaps_total = 0;
    std::uint64_t slow_closed_total = 0;
    std::uint64_t filters = 0;  ///< distinct (filter, topics, view) groups
};

/// What OpenAPI says of GET /v1/stream: tags, paths and components.
std::string_view openapi();

class Stream {
public:
    virtual ~Stream() = default;
    static std::unique_ptr<Stream> create(const StreamConfig& config, runtime::IoPool& pool, runtime::WorkPool& work,
                                          journal::Journal& journal, Correlation& correlation, Clock& clock);
    /// Serves one subscriber until it leaves, the server stops (`bye`), or it is closed as slow.
    /// Answers 400 problem+json for parameters it does not know.
    virtual awaitable<void> serve(net::Exchange& exchange, std::string tenant) = 0;
    virtual StreamStatus status() const = 0;
    virtual void stop() = 0;  ///< sends `bye` to all. Idempotent.
};

}  // namespace ark::stream
