#include "follow.hpp"

#include "base/random.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::cli {
namespace {

constexpr std::chrono::milliseconds idle_max{40'000};  // 2.5 heartbeats: then the connection is dead
constexpr unsigned first_attempts_max = 3;             // before the first success
constexpr std::chrono::milliseconds pause_first{500};
constexpr std::chrono::milliseconds pause_max{15'000};

}  // namespace

std::chrono::milliseconds StreamFollower::pause() {
    const auto doubled = pause_first * (1u << std::min(attempts_, 6u));
    const auto base = std::min<std::chrono::milliseconds>(doubled, pause_max);
    // ±30 %, so that a thousand watchers do not come back in the same instant.
    Random random(context_.clock().monotonic_nanos());
    const auto jitter = 0.7 + 0.6 * random.uniform();
    return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(base.count()) * jitter));
}

StreamFollower::Outcome StreamFollower::read_once(const OnEvent& on_event) {
    net::Fields fields;
    fields.add("accept", "text/event-stream");
    if (!last_id_.empty()) fields.add("last-event-id", last_id_);

    net::SseParser parser;
    bool enough = false;
    net::ClientResponse refusal;
    const auto on_head = [&](const net::ClientResponse& head) {
        refusal.status = head.status;
        if (head.status != 200) return true;  // the body says why
        connected_ = true;
        if (said_lost_)
            context_.note("connected again" + (last_id_.empty() ? std::string() : ", going on behind " + last_id_));
        said_lost_ = false;
        return true;
    };
    const auto on_bytes = [&](std::string_view bytes) {
        if (refusal.status != 200) {
            refusal.body.append(bytes.substr(0, (64u << 10) - std::min<std::size_t>(refusal.body.size(), 64u << 10)));
            return true;
        }
        attempts_ = 0;
        const auto each = [&](const net::SseEvent& event) {
            if (enough) return;  // what follows in this piece is for the next time
            if (!event.id.empty()) last_id_ = event.id;
            enough = !on_event(event);
        };
        return parser.feed(bytes, each) && !enough && !is_over();
    };
    const auto status = client_.stream(target_, fields, idle_max, on_head, on_bytes);
    if (enough || is_over()) return Outcome::enough;
    if (refusal.status != 0 && refusal.status != 200) {
        last_error_ = error_of(refusal);
        return refusal.status >= 500 || refusal.status == 429 ? Outcome::lost : Outcome::refused;
    }
    last_error_ = status ? fail(Errc::closed, "the broker closed the stream") : status.error();
    return Outcome::lost;
}

Status StreamFollower::run(const OnEvent& on_event) {
    while (!is_over()) {
        switch (read_once(on_event)) {
            case Outcome::enough:
                return ok();
            case Outcome::refused:
                return last_error_;
            case Outcome::lost:
                break;
        }
        if (!connected_ && attempts_ + 1 >= first_attempts_max) return explain_connect(last_error_, context_.server);
        const auto wait = pause();
        ++attempts_;
        if (!said_lost_ && connected_) {
            said_lost_ = true;
            context_.note(fmt::format("connection lost ({}), trying again", last_error_.context));
        }
        context_.debug(fmt::format("next attempt in {} ms", wait.count()));
        if (!finished_) watchdog_.sleep(wait);
    }
    return ok();
}

}  // namespace ark::cli
