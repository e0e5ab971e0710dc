#pragma once
#include "base/cursor.hpp"
#include "stream/request.hpp"
#include "stream/stream.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The frames that are not items: docs/formats/sse.md.
namespace ark::stream {

/// A hole that the subscriber is told about.
struct Gap {
    enum class Reason { retention, epoch, slow_consumer, rate };
    std::optional<Cursor> from;  ///< nothing: a foreign id
    Cursor to;                   ///< where the stream goes on
    std::uint64_t dropped = 0;   ///< frames; 0 = not known
    Reason reason = Reason::retention;
};

enum class Bye { shutdown, slow_consumer, auth, internal };

/// The first bytes: when to come back, and from where if nothing else arrives. A block without data fires no event but
/// sets the last event id (WHATWG HTML 9.2.6).
void append_prelude(std::string& out, std::chrono::milliseconds retry, Cursor start);
/// Everything before `head` was delivered; `lag` durable items are still to be shown.
void append_sync(std::string& out, Cursor head, std::uint64_t lag);
void append_gap(std::string& out, const Gap& gap);
void append_bye(std::string& out, Bye reason, std::chrono::milliseconds retry);
/// {"v":1,"op":"upsert","id","rev", …the row's own members}. No SSE id: rows are state, items are the history.
void append_row(std::string& out, Topic topic, std::string_view id, Epoch epoch, const Correlation::Row& row);

inline constexpr std::string_view heartbeat_frame = ": hb\n\n";

std::size_t count_frames(std::string_view frames);
/// The last `count` of the frames.
std::string_view last_frames(std::string_view frames, std::size_t count);

}  // namespace ark::stream
