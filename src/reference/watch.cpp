#include "reference/watch.hpp"

#include <algorithm>
#include <utility>

namespace ark::reference {
namespace {

using Steady = std::chrono::steady_clock;

/// One reader: a place among the numbers, and a group that most of what it sends comes from. Behind what the group has
/// kept it reads the store for itself alone.
class GroupWatch final : public Watch {
public:
    GroupWatch(std::shared_ptr<Hub> hub, Subject subject, Position at, Position live);
    ~GroupWatch() override;
    GroupWatch(const GroupWatch&) = delete;
    GroupWatch& operator=(const GroupWatch&) = delete;

    awaitable<Result<Frames>> next(std::chrono::milliseconds patience) override;
    void cancel() override {
        cancelled_ = true;
        hub_->wake(seat_);
    }

private:
    bool over() const { return cancelled_ || hub_->stopping(); }
    bool take_from_group(Frames& frames);
    bool take_from(const std::shared_ptr<const Block>& block, Frames& frames);
    bool is_behind() const;
    awaitable<Status> read_alone(Frames& frames);

    const std::shared_ptr<Hub> hub_;
    const std::shared_ptr<Group> group_;
    Position at_;  // every item up to here was given out
    const Position live_;
    bool cancelled_ = false;
    Seat seat_;
};

GroupWatch::GroupWatch(std::shared_ptr<Hub> hub, Subject subject, Position at, Position live)
    : hub_(std::move(hub)), group_(hub_->join(std::move(subject), live)), at_(at), live_(live) {}

GroupWatch::~GroupWatch() {
    hub_->leave(group_);
}

awaitable<Result<Frames>> GroupWatch::next(std::chrono::milliseconds patience) {
    Frames frames;
    const auto until = Steady::now() + patience;
    for (;;) {
        if (over()) co_return fail(Errc::closed, "the watch has ended");
        const bool found = take_from_group(frames);
        hub_->taken(group_, at_);  // also what had nothing for us: the group waits for somebody to have seen it
        if (found) co_return frames;
        if (is_behind()) {
            const auto status = co_await read_alone(frames);
            if (!status) co_return status.error();
            if (!frames.items.empty()) co_return frames;
            continue;
        }
        if (!group_->status) co_return group_->status.error();
        if (Steady::now() >= until) co_return frames;
        co_await hub_->wait(*group_, seat_, until);
    }
}

bool GroupWatch::is_behind() const {
    return at_ < group_->at;
}

/// True when there is something to send. Blocks that have nothing for us are stepped over.
bool GroupWatch::take_from_group(Frames& frames) {
    for (const auto& block : group_->blocks) {
        if (block->until() <= at_) continue;
        if (block->behind() > at_) return false;  // a hole before it
        if (take_from(block, frames)) return true;
    }
    return false;
}

/// Goes through the block from where we stand; what was there before we began and what came after are not mixed.
bool GroupWatch::take_from(const std::shared_ptr<const Block>& block, Frames& frames) {
    const auto generation = block->until().generation;
    const auto from = at_.generation == generation ? at_.sequence : 0;
    const bool old = Position{generation, from} < live_;
    const auto last = old && live_ < block->until() ? live_ : block->until();
    frames = block->frames(from, last.sequence, block);
    frames.replayed = old;
    at_ = last;
    if (!frames.items.empty()) return true;
    return last < block->until() && take_from(block, frames);
}

awaitable<Status> GroupWatch::read_alone(Frames& frames) {
    auto& services = hub_->services();
    const auto reached = group_->at;  // what the store says from now on includes everything up to here
    auto read = [&services, this] {
        return read_block(services.reads(group_->subject.tenant), services.views, group_->subject, at_, block_bytes);
    };
    auto block = co_await runtime::on(services.work, read);
    if (!block) co_return block.error();
    if ((*block)->until() > at_) {
        static_cast<void>(take_from(*block, frames));
    } else {
        at_ = std::max(at_, reached);  // nothing is left there
    }
    co_return ok();
}

}  // namespace

std::unique_ptr<Watch> make_watch(std::shared_ptr<Hub> hub, Subject subject, Position at, Position live) {
    return std::make_unique<GroupWatch>(std::move(hub), std::move(subject), at, live);
}

}  // namespace ark::reference
