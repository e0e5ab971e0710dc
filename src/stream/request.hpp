#pragma once
#include "base/cursor.hpp"
#include "base/time.hpp"
#include "expr/code.hpp"
#include "items/filter.hpp"
#include "items/items.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ark::stream {

/// What a frame is about: the name of its SSE event.
enum class Topic { event, span, log, session, query, trace, chunk, question, eval, sink, message };

std::string_view name(Topic topic);

/// A set of topics.
class Topics {
public:
    constexpr Topics() = default;
    void add(Topic topic) { bits_ |= bit(topic); }
    bool has(Topic topic) const { return (bits_ & bit(topic)) != 0; }
    /// Rows are state, not items: sent whole when they change, newest wins.
    bool has_rows() const { return (bits_ & row_bits) != 0; }
    std::uint32_t bits() const { return bits_; }

private:
    static constexpr std::uint32_t bit(Topic topic) { return 1u << static_cast<unsigned>(topic); }
    static constexpr std::uint32_t row_bits = 1u << static_cast<unsigned>(Topic::session) |
                                              1u << static_cast<unsigned>(Topic::query) |
                                              1u << static_cast<unsigned>(Topic::trace);
    std::uint32_t bits_ = 0;
};

inline constexpr Topic row_topics[] = {Topic::session, Topic::query, Topic::trace};

enum class Delivery {
    lossless,  ///< every item, however far behind
    latest,    ///< the newest; what a slow reader misses is skipped and counted in a gap
};

/// Where a stream begins.
struct Start {
    enum class At {
        now,
        oldest,
        cursor,
        time,     ///< at what was received since `time`
        foreign,  ///< a Last-Event-ID that no cursor of ours looks like: a gap, then the oldest
    };
    At at = At::now;
    Cursor cursor;
    UnixNanos time;
    bool resumed = false;  ///< the client was here before
};

/// What frames are made of: equal selections of one net thread share evaluation and encoding. Immutable once shared.
struct Selection {
    std::string tenant;
    Topics topics;
    items::Detail detail = items::Detail::lite;
    items::Filter filter;

    std::string key() const;  ///< equal for equal selections
};

struct StreamRequest {
    Topics topics;
    items::Detail detail = items::Detail::lite;
    items::Filter filter;
    Start start;
    bool snapshot = true;
    Delivery delivery = Delivery::lossless;
    unsigned rate = 0;  ///< frames a second, 0 = all; only with Delivery::latest
    std::chrono::milliseconds heartbeat{0};
};

/// Why a request is refused: becomes a problem document (RFC 9457).
struct Refusal {
    std::string_view slug;  ///< "unknown-parameter"
    std::string_view title;
    std::string parameter;
    std::string detail;
    std::string hint;
    std::vector<expr::Issue> issues = {};  ///< what is wrong with an expression, and where

    std::string to_json(std::string_view instance, int status, std::string_view request_id) const;
};

/// Reads the parameters of GET /v1/stream (docs/formats/sse.md). `raw_query` is the text behind '?', `last_event_id`
/// the header's value ("" = absent; wins over since=). Unknown, repeated and malformed parameters are refused.
std::variant<StreamRequest, Refusal> parse_request(std::string_view raw_query, std::string_view last_event_id,
                                                   std::chrono::milliseconds heartbeat, UnixNanos now);

}  // namespace ark::stream
