#pragma once
#include "net/http.hpp"
#include "stream/frames.hpp"
#include "stream/services.hpp"
#include "stream/tail.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ark::stream {

/// One open stream: a place in the journal, a place in a group's ring, and the coroutine that sends. Small: thousands
/// of them wait at a time. On its connection's thread.
///
///     wait for the fold ─▶ join the ring at its end ─▶ rows as they are, history up to there ─▶ sync ─▶ ring ─┐
///                                  ▲                                                                     │ fell out of
///                                  it └─────────────────────────────────────────────────────────────────────┘
class Subscriber {
public:
    Subscriber(Services& services, Tail& tail, net::ResponseStream& stream, StreamRequest request, std::string tenant);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    /// Until the peer is gone, the stream stops, or the journal cannot be read.
    awaitable<void> run(Start start);

private:
    // The beginning, and after a fall
    awaitable<Status> open(Start start);
    Result<Offset> find_start(const Start& start, std::string& gap);
    void attach();
    awaitable<Status> catch_up();
    awaitable<Status> send_rows();
    awaitable<Status> send_history();

    // Live
    awaitable<Status> live();
    awaitable<Status> paced();
    bool fell_behind() const;
    std::string skip_to_end(Gap::Reason reason);
    std::string take_paced(Ring::Slice& slice);
    std::shared_ptr<const std::string> beat();

    awaitable<Status> send(std::string_view frames, std::size_t count);
    void sent(const Status& status, std::uint64_t began_at, std::size_t bytes, std::size_t frames);
    awaitable<void> part();

    std::uint64_t now() const { return services_.clock.monotonic_nanos(); }
    std::uint64_t heartbeat_at() const { return sent_at_ + heartbeat_nanos_; }
    std::uint64_t sync_at() const;
    bool leaving() const { return tail_.stopping() || stream_.closed(); }
    Cursor cursor(Offset offset) const { return {epoch_, offset}; }

    Services& services_;
    Tail& tail_;
    net::ResponseStream& stream_;
    const std::shared_ptr<Group> group_;
    Ring::Reader reader_;            // of the group's ring, while attached
    Offset offset_;                  // every matching item before this was sent
    Offset join_offset_;             // what the ring's end stood for when we joined: history goes up to here
    std::uint64_t seen_frames_ = 0;  // of the ring, sent or skipped
    std::uint64_t sent_at_ = 0;      // monotonic, as all times here
    std::uint64_t synced_at_ = 0;
    std::uint64_t paced_at_ = 0;  // tokens_ were counted
    const std::uint64_t heartbeat_nanos_;
    double tokens_ = 1;  // frames that the rate allows now
    const unsigned rate_;
    const Epoch epoch_;
    const bool latest_;
    bool attached_ = false;
    bool behind_ = true;   // rows or history come before the ring
    bool rows_due_;        // the rows that were sent may be stale
    bool stuck_ = false;   // the last send took so long that the reader is behind
    bool failed_ = false;  // the journal cannot be read
    Waiter waiter_;
};

}  // namespace ark::stream
