#include "reference/store.hpp"

#include "items/json_events.hpp"
#include "items/records.hpp"
#include "reference/item_json.hpp"
#include "reference/live.hpp"
#include "reference/session_json.hpp"
#include "reference/trace_reads.hpp"
#include "reference/watch.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace ark::reference {
namespace {

using keys::Dimension;

/// Completions under way: of a query only one at a time.
class Completing {
public:
    class Turn {
    public:
        Turn(Completing& of, std::string key) : of_(of), key_(std::move(key)), taken_(of_.enter(key_)) {}
        ~Turn() {
            if (taken_) of_.leave(key_);
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        explicit operator bool() const { return taken_; }

    private:
        Completing& of_;
        const std::string key_;
        const bool taken_;
    };

private:
    bool enter(const std::string& key) {
        const std::lock_guard lock(mutex_);
        return keys_.insert(key).second;
    }
    void leave(const std::string& key) {
        const std::lock_guard lock(mutex_);
        keys_.erase(key);
    }
    std::mutex mutex_;
    std::unordered_set<std::string> keys_;  // guarded by mutex_; one a request under way
};

items::Record record_of(const Erasure& erasure) {
    items::Record record;
    record.target = static_cast<items::Target>(erasure.kind);
    record.conversation = erasure.conversation;
    record.query = erasure.query;
    record.of_conversation = !erasure.conversation.empty();
    record.of_query = !erasure.query.empty();
    return record;
}

class StoreImpl final : public Store {
public:
    StoreImpl(const StoreConfig& config, Base base);
    // The server has ended its exchanges, or its threads have ended and left coroutines behind: those end here.
    ~StoreImpl() override {
        stop();
        for (const auto& hub : hubs_)
            hub->abandon();
    }

    awaitable<Status> caught_up() override;

    Result<RowsPage> page(std::string_view tenant, Kind kind, const Filter& filter, std::uint64_t after,
                          std::size_t limit) override;
    Result<TracesPage> traces(std::string_view tenant, std::string_view session, std::optional<std::uint64_t> before,
                              std::size_t limit) override {
        return read_traces(reads(tenant), base_.views, session, before, limit);
    }
    Result<std::optional<TraceSpans>> trace(std::string_view tenant, const TraceId& id) override {
        return read_trace(reads(tenant), base_.views, id);
    }
    Result<MemoryStatus> memory_status(std::string_view tenant) override { return reads(tenant).memory_status(); }
    Result<std::vector<SessionText>> sessions(std::string_view tenant) override;
    Result<SessionsPage> sessions_page(std::string_view tenant, const SessionsRequest& request) override {
        return reference::sessions_page(reads(tenant), request);
    }
    Result<std::optional<SessionText>> session(std::string_view tenant, std::string_view id) override;
    Result<StreamState> stream_state(std::string_view tenant, std::string_view query) override;

    awaitable<Result<journal::Receipt>> append_messages(std::string tenant, std::string conversation, std::string query,
                                                        std::vector<std::string> messages,
                                                        std::optional<std::chrono::seconds> ttl) override;
    awaitable<Result<journal::Receipt>> append_events(std::string tenant, std::string json) override;
    awaitable<Result<journal::Receipt>> append_chunks(std::string tenant, std::string query,
                                                      std::vector<std::string> chunks) override;
    awaitable<Result<Completed>> complete(std::string tenant, std::string query) override;
    awaitable<Result<journal::Receipt>> apply_session(std::string tenant, std::string body) override;
    awaitable<Result<journal::Receipt>> erase(std::string tenant, Erasure erasure) override;

    awaitable<Result<std::unique_ptr<Watch>>> watch(std::string tenant, Kind kind, Filter filter, Start start,
                                                    std::size_t shard) override;

    StoreStatus status() const override;
    void stop() override;

private:
    Reads reads(std::string_view tenant) const { return live_->reads(std::string(tenant)); }
    awaitable<Status> folded_to(Offset offset);
    awaitable<Result<journal::Receipt>> append(std::string tenant, model::BatchKind kind, std::size_t items,
                                               Buffer payload);

    const StoreConfig config_;
    const Base base_;
    const std::shared_ptr<LiveServices> live_;
    std::vector<std::shared_ptr<Hub>> hubs_;  // one a net thread; constant after construction
    Completing completing_;
    std::atomic<bool> stopping_{false};
};

StoreImpl::StoreImpl(const StoreConfig& config, Base base)
    : config_(config),
      base_(base),
      live_(std::make_shared<LiveServices>(base.projection.fold(), base.views, base.journal, base.work, base.clock,
                                           config.group_bytes)) {
    for (std::size_t i = 0; i < base_.net.size(); ++i)
        hubs_.push_back(std::make_shared<Hub>(live_, base_.net.context(i)));
    base_.projection.fold().on_changes([hubs = hubs_](const std::shared_ptr<const Changes>& changes) {
        for (const auto& hub : hubs)
            hub->changed(changes);
    });
}

void StoreImpl::stop() {
    if (stopping_.exchange(true)) return;
    for (const auto& hub : hubs_)
        hub->stop();
}

StoreStatus StoreImpl::status() const {
    StoreStatus status;
    status.watchers = base_.projection.fold().watchers();
    status.watch_groups = live_->groups;
    status.live_bytes = live_->bytes;
    return status;
}

awaitable<Status> StoreImpl::caught_up() {
    co_return co_await folded_to(base_.journal.end());
}

awaitable<Status> StoreImpl::folded_to(Offset offset) {
    // A commit of the views follows a sync of the journal within a fraction of a millisecond, mostly.
    using std::chrono::microseconds;
    constexpr microseconds step_min{100};
    constexpr microseconds step_max{2000};
    if (base_.views.folded() >= offset) co_return ok();
    base_.views.hurry_to(offset);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    microseconds waited{0};
    for (auto step = step_min; base_.views.folded() < offset; step = std::min(step * 2, step_max)) {
        if (waited >= config_.lag_wait_max)
            co_return fail(Errc::overloaded, "the views are too far behind the journal");
        timer.expires_after(step);
        co_await timer.async_wait(asio::use_awaitable);
        waited += step;
    }
    co_return ok();
}

Result<RowsPage> StoreImpl::page(std::string_view tenant, Kind kind, const Filter& filter, std::uint64_t after,
                                 std::size_t limit) {
    if (kind == Kind::sessions || filter.trace) return fail(Errc::bad_argument, "no pages of that");
    const auto rows = reads(tenant);
    RowsPage page;
    ARK_TRY(page.total, rows.total(kind, filter));
    ARK_TRY(auto found, rows.find(kind, filter, after, limit + 1));
    page.has_more = found.size() > limit;
    if (page.has_more) found.pop_back();
    ARK_TRY_STATUS(for_each_json(rows, kind, found, Shape::listed, [&](const Found& its, std::string_view json) {
        page.rows.push_back({its.sequence, std::string(json)});
        return true;
    }));
    return page;
}

Result<std::vector<SessionText>> StoreImpl::sessions(std::string_view tenant) {
    SessionsRequest all;
    all.limit = ~std::size_t{0};
    ARK_TRY(auto page, sessions_page(tenant, all));
    return std::move(page.sessions);
}

Result<std::optional<SessionText>> StoreImpl::session(std::string_view tenant, std::string_view id) {
    const auto rows = reads(tenant);
    std::optional<SessionText> found;
    Status status = ok();
    ARK_TRY_STATUS(rows.session(id, [&](std::string_view place, const SessionRow& row) {
        auto json = session_json(rows, place, row);
        if (json) {
            found = SessionText{row.id, std::move(*json)};
        } else {
            status = json.error();
        }
        return false;
    }));
    ARK_TRY_STATUS(status);
    return found;
}

Result<StreamState> StoreImpl::stream_state(std::string_view tenant, std::string_view query) {
    const auto rows = reads(tenant);
    ARK_TRY(const auto group, rows.group(Kind::chunks, Dimension::query, query));
    if (group.completed != 0) return StreamState::complete;
    if (group.count > 0) return StreamState::open;
    ARK_TRY(const auto compacted, rows.compacted(query));
    return compacted ? StreamState::complete : StreamState::none;
}

// No coroutine itself: every small request passes here.
awaitable<Result<journal::Receipt>> StoreImpl::append(std::string tenant, model::BatchKind kind, std::size_t items,
                                                      Buffer payload) {
    const auto now = base_.clock.now();
    model::BatchHeader header;
    header.kind = kind;
    header.item_count = static_cast<std::uint32_t>(items);
    header.received = header.time_min = header.time_max = now;
    header.tenant = std::move(tenant);
    auto batch = std::make_shared<model::Batch>(std::move(header), std::move(payload));
    return base_.admission.append(std::move(batch));
}

awaitable<Result<journal::Receipt>> StoreImpl::append_messages(std::string tenant, std::string conversation,
                                                               std::string query, std::vector<std::string> messages,
                                                               std::optional<std::chrono::seconds> ttl) {
    if (messages.empty()) {
        const auto end = base_.journal.end();
        co_return journal::Receipt{base_.journal.epoch(), end, end};
    }
    auto payload = items::encode_messages(conversation, query, ttl.value_or(std::chrono::seconds(0)), messages);
    co_return co_await append(std::move(tenant), model::BatchKind::messages, messages.size(), std::move(payload));
}

awaitable<Result<journal::Receipt>> StoreImpl::append_events(std::string tenant, std::string json) {
    const auto now = base_.clock.now();
    auto events = items::events_from_json(json, now, config_.nesting_max);
    if (!events) co_return events.error();
    model::BatchHeader header;
    header.kind = model::BatchKind::logs;
    header.item_count = events->count;
    header.received = now;
    header.time_min = events->time_min;
    header.time_max = events->time_max;
    header.tenant = std::move(tenant);
    auto batch = std::make_shared<model::Batch>(std::move(header), std::move(events->payload));
    co_return co_await base_.admission.append(std::move(batch));
}

awaitable<Result<journal::Receipt>> StoreImpl::append_chunks(std::string tenant, std::string query,
                                                             std::vector<std::string> chunks) {
    if (chunks.empty()) {
        const auto end = base_.journal.end();
        co_return journal::Receipt{base_.journal.epoch(), end, end};
    }
    auto payload = items::encode_chunks(query, chunks);
    co_return co_await append(std::move(tenant), model::BatchKind::chunks, chunks.size(), std::move(payload));
}

awaitable<Result<Completed>> StoreImpl::complete(std::string tenant, std::string query) {
    const Completing::Turn turn(completing_, keys::compacted(tenant, query));
    if (!turn) {
        // Somebody else does it; what it comes to is known when they are done.
        const auto status = co_await caught_up();
        if (!status) co_return status.error();
        co_return Completed::already;
    }
    const auto seen = co_await caught_up();
    if (!seen) co_return seen.error();
    auto look = [this, &tenant, &query] { return stream_state(tenant, query); };
    const auto state = co_await runtime::on(base_.work, look);
    if (!state) co_return state.error();
    if (*state == StreamState::none) co_return Completed::not_found;
    if (*state == StreamState::complete) co_return Completed::already;
    auto payload = items::encode_completion(query);
    const auto receipt = co_await append(tenant, model::BatchKind::chunks, 1, std::move(payload));
    if (!receipt) co_return receipt.error();
    // The next one must find it complete.
    const auto folded = co_await folded_to(receipt->end);
    if (!folded) co_return folded.error();
    co_return Completed::completed;
}

awaitable<Result<journal::Receipt>> StoreImpl::apply_session(std::string tenant, std::string body) {
    auto payload = items::encode_session_update(body);
    co_return co_await append(std::move(tenant), model::BatchKind::session_updates, 1, std::move(payload));
}

awaitable<Result<journal::Receipt>> StoreImpl::erase(std::string tenant, Erasure erasure) {
    auto payload = items::encode_deletion(record_of(erasure));
    co_return co_await append(std::move(tenant), model::BatchKind::deletions, 1, std::move(payload));
}

awaitable<Result<std::unique_ptr<Watch>>> StoreImpl::watch(std::string tenant, Kind kind, Filter filter, Start start,
                                                           std::size_t shard) {
    if (stopping_) co_return fail(Errc::stopped, "the store is stopping");
    if (base_.projection.fold().watchers() >= config_.watchers_max)
        co_return fail(Errc::overloaded, "too many watchers");
    const auto seen = co_await caught_up();
    if (!seen) co_return seen.error();
    auto look = [this, &tenant, kind] { return newest(reads(tenant), kind); };
    const auto live = co_await runtime::on(base_.work, look);
    if (!live) co_return live.error();
    auto at = *live;
    if (start.at == Start::At::beginning) at.sequence = 0;
    if (start.at == Start::At::behind) at.sequence = std::min(at.sequence, start.sequence);
    Subject subject{std::move(tenant), kind, std::move(filter)};
    co_return make_watch(hubs_[shard], std::move(subject), at, *live);
}

}  // namespace

std::unique_ptr<Store> Store::create(const StoreConfig& config, Base base) {
    return std::make_unique<StoreImpl>(config, base);
}

}  // namespace ark::reference
