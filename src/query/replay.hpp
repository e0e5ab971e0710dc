#pragma once
#include "query/call.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace ark::query {

/// One event of a recorded session and when it is due, counted from the start of the replay.
struct ReplayEntry {
    UnixNanos time;
    Offset offset;
    std::uint8_t part = 0;
    std::chrono::nanoseconds due{0};
};

struct ReplayPlan {
    std::vector<ReplayEntry> entries;  ///< by time, of equal times as the journal has them
    items::Detail detail = items::Detail::lite;
    bool complete = true;  ///< false: the session has more events than a replay holds
};

struct Pace {
    double speed = 1;                      ///< 2: twice as fast; 0: without waiting
    std::chrono::nanoseconds idle_max{0};  ///< longest pause before it is divided by the speed; 0: as recorded
};

/// When each entry is due. The entries are sorted by time.
void set_due(std::vector<ReplayEntry>& entries, const Pace& pace);

/// Reads which events there are and when; on the work pool. Parameters: speed, from, until, idle, view, and
/// Last-Event-ID.
Outcome<ReplayPlan> plan_replay(const Call& call);

/// Frames of entries [first, last) of the plan; on the work pool. What retention took meanwhile is left out.
std::string replay_frames(const Call& call, const ReplayPlan& plan, std::size_t first, std::size_t last);

/// Writes the plan to the stream at its pace, with heartbeats, until its end or until the client leaves.
awaitable<void> play(net::ResponseStream& stream, const Call& call, const ReplayPlan& plan);

}  // namespace ark::query
