#include "resources/embedded_store.hpp"

#include "codec/base64.hpp"
#include "resources/history.hpp"
#include "resources/ledger.hpp"
#include "resources/metadata.hpp"
#include "telemetry/log.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace ark::resources {
namespace {

using telemetry::log;
using telemetry::LogLevel;

constexpr std::size_t group_writes_max = 256;  // made durable by one sync
constexpr std::size_t watch_events_max = 256;  // handed to a watch at once
constexpr std::chrono::seconds expiry_pause{60};
constexpr std::chrono::seconds mend_pause{1};

/// What a watch sleeps on. Rung by the store's thread, heard on the watch's executor.
struct Bell {
    explicit Bell(asio::any_io_executor on) : executor(std::move(on)), timer(executor) {}
    static void ring(const std::shared_ptr<Bell>& bell) {
        if (bell->rung.exchange(true)) return;
        asio::post(bell->executor, [bell] {
            bell->rung = false;
            bell->timer.cancel();
        });
    }

    asio::any_io_executor executor;
    asio::steady_timer timer;        // executor only
    std::atomic<bool> rung = false;  // a ring is on its way
};

/// A change that somebody wants, with how to answer.
struct Job {
    std::function<Outcome<void>(Transaction&)> work;  // puts its own result where the caller looks
    bool dry_run = false;
    std::size_t bytes = 0;
    std::function<void(std::optional<Refusal>)> done;
    std::optional<Refusal> refused;  // writer thread
    bool changed = false;            // likewise
};

Refusal refuse_stopped() {
    return refuse(Reason::unavailable, "the store is stopping");
}

std::string resume_token(std::uint64_t version, const State::Key& last) {
    JsonValue token;
    token.set("v", JsonValue{std::to_string(version)});
    token.set("ns", JsonValue{last.ns});
    token.set("name", JsonValue{last.name});
    return codec::to_base64url(token.dump());
}

class StoreImpl final : public EmbeddedStore {
public:
    StoreImpl(const EmbeddedStoreConfig& config, const Clock& clock, Ledger::Opened opened)
        : config_(config),
          clock_(clock),
          random_(config.seed != 0 ? config.seed : random_seed()),
          ledger_(std::move(opened.ledger)),
          working_(opened.state),
          state_(std::move(opened.state)),
          history_(config.history_max, config.history_bytes_max, opened.floor) {
        for (auto& change : opened.changes)
            history_.push(std::move(change));
        thread_ = std::thread([this] { run(); });
    }
    ~StoreImpl() override { stop(); }

    awaitable<Outcome<ResourcePtr>> get(const Kind& kind, ObjectName name) override {
        const std::lock_guard lock(mutex_);
        auto found = state_.find(kind, name.ns, name.name);
        if (found == nullptr) co_return refuse_named(Reason::not_found, kind, name.name, "not found");
        co_return found;
    }

    awaitable<Outcome<Page>> list(const Kind& kind, ListOptions options) override { co_return page(kind, options); }

    awaitable<Outcome<Written>> create(const Kind& kind, std::string ns, JsonValue object,
                                       WriteOptions options) override {
        auto work = [&](Transaction& t) { return t.create(kind, ns, std::move(object), options); };
        co_return co_await submit<Written>(work, options.dry_run, weight(object));
    }
    awaitable<Outcome<Written>> update(const Kind& kind, ObjectName name, Part part, JsonValue object,
                                       WriteOptions options) override {
        auto work = [&](Transaction& t) { return t.update(kind, name, part, std::move(object), options); };
        co_return co_await submit<Written>(work, options.dry_run, weight(object));
    }
    awaitable<Outcome<Written>> patch(const Kind& kind, ObjectName name, Part part, PatchBody patch,
                                      WriteOptions options) override {
        auto work = [&](Transaction& t) { return t.patch(kind, name, part, patch, options); };
        co_return co_await submit<Written>(work, options.dry_run, weight(patch.body));
    }
    awaitable<Outcome<Written>> remove(const Kind& kind, ObjectName name, DeleteOptions options) override {
        auto work = [&](Transaction& t) { return t.remove(kind, name, options); };
        co_return co_await submit<Written>(work, options.dry_run, 0);
    }
    awaitable<Outcome<std::vector<ResourcePtr>>> remove_all(const Kind& kind, ListOptions which,
                                                            DeleteOptions options) override {
        auto work = [&](Transaction& t) { return t.remove_all(kind, which, options); };
        co_return co_await submit<std::vector<ResourcePtr>>(work, options.dry_run, 0);
    }

    Outcome<std::unique_ptr<Watch>> watch(const Kind& kind, WatchOptions options,
                                          asio::any_io_executor executor) override;

    std::vector<std::string> namespaces() const override {
        std::set<std::string> found{"default"};
        const std::lock_guard lock(mutex_);
        for (const auto& [key, resource] : state_.all()) {
            if (!key.ns.empty()) found.insert(key.ns);
        }
        return {found.begin(), found.end()};
    }

    EmbeddedStoreStatus status() const override {
        const std::lock_guard lock(mutex_);
        auto status = counters_;
        status.resources = state_.size();
        status.bytes = state_.bytes();
        status.version = state_.version();
        status.watches = bells_.size();
        return status;
    }

    void stop() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        if (thread_.joinable()) thread_.join();
    }

private:
    friend class WatchImpl;

    /// Memory that a write holds while it waits, roughly.
    static std::size_t weight(const JsonValue& body) { return body.dump().size(); }

    Outcome<Page> page(const Kind& kind, const ListOptions& options) const;

    template <class T, class Work>
    awaitable<Outcome<T>> submit(Work& work, bool dry_run, std::size_t bytes);
    bool accept(const std::shared_ptr<Job>& job);

    void run();
    std::vector<std::shared_ptr<Job>> take();
    void perform(const std::vector<std::shared_ptr<Job>>& jobs);
    std::vector<Change> change(const std::vector<std::shared_ptr<Job>>& jobs);
    void publish(std::vector<Change> changes);
    void keep_house();
    void mend();
    TransactionContext context() { return {working_, clock_, random_, config_.policy, config_.limits}; }

    const EmbeddedStoreConfig config_;
    const Clock& clock_;  // outlives us
    // Writer thread.
    Random random_;
    std::unique_ptr<Ledger> ledger_;
    State working_;  // with what is not durable yet
    std::uint64_t expired_at_ = 0;
    std::uint64_t tried_at_ = 0;              // the disk, since it failed
    std::uint64_t compaction_failed_at_ = 0;  // ledger bytes then; tried again when it has grown by half

    mutable std::mutex mutex_;  // leaf; guards the rest
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Job>> waiting_;  // bounded: accept()
    std::uint64_t waiting_bytes_ = 0;
    State state_;  // durable: what everybody sees
    History history_;
    std::map<const void*, std::pair<const Kind*, std::shared_ptr<Bell>>> bells_;  // by watch
    EmbeddedStoreStatus counters_;
    bool stopping_ = false;
    std::thread thread_;  // last: starts when all above is ready
};

class WatchImpl final : public Watch {
public:
    WatchImpl(StoreImpl& store, const Kind& kind, WatchOptions options, asio::any_io_executor executor)
        : store_(store),
          kind_(kind),
          options_(std::move(options)),
          bell_(std::make_shared<Bell>(std::move(executor))) {}
    ~WatchImpl() override {
        const std::lock_guard lock(store_.mutex_);
        store_.bells_.erase(this);
    }

    awaitable<Outcome<std::vector<WatchEvent>>> next(std::chrono::milliseconds wait) override {
        bell_->timer.expires_after(wait);
        bool due = false;
        for (;;) {
            auto events = collect();
            if (!events || !events->empty() || due || stopped_) co_return events;
            boost::system::error_code error;
            co_await bell_->timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            due = !error;
        }
    }
    std::uint64_t version() const override { return version_; }
    void stop() override {
        stopped_ = true;
        bell_->timer.cancel();
    }
    bool stopped() const override { return stopped_; }

private:
    friend class StoreImpl;

    Outcome<std::vector<WatchEvent>> collect() {
        if (!first_.empty()) return std::exchange(first_, {});
        const std::lock_guard lock(store_.mutex_);
        if (!store_.history_.covers(version_)) return too_old(version_);
        return store_.history_.after(version_, kind_, options_, watch_events_max);
    }
    static Refusal too_old(std::uint64_t version) {
        return refuse(Reason::expired, "too old resource version: " + std::to_string(version) +
                                           ": changes since then are no longer known; list again");
    }

    StoreImpl& store_;
    const Kind& kind_;
    const WatchOptions options_;
    const std::shared_ptr<Bell> bell_;
    std::vector<WatchEvent> first_;  // what there was when it began
    std::uint64_t version_ = 0;
    bool stopped_ = false;
};

Outcome<std::unique_ptr<Watch>> StoreImpl::watch(const Kind& kind, WatchOptions options,
                                                 asio::any_io_executor executor) {
    const auto from = options.from;
    auto watch = std::make_unique<WatchImpl>(*this, kind, std::move(options), std::move(executor));
    const std::lock_guard lock(mutex_);
    // A version from the future is one of another store's past.
    if (from && (!history_.covers(*from) || *from > state_.version())) return WatchImpl::too_old(*from);
    watch->version_ = from ? *from : state_.version();
    if (!from) {
        const auto [begin, end] = state_.range(kind, watch->options_.ns);
        for (auto it = begin; it != end; ++it) {
            if (watch->options_.selection.matches(it->second->value))
                watch->first_.push_back({Change::Type::added, it->second});
        }
    }
    bells_.emplace(watch.get(), std::pair(&kind, watch->bell_));
    return std::unique_ptr<Watch>(std::move(watch));
}

Outcome<Page> StoreImpl::page(const Kind& kind, const ListOptions& options) const {
    Page page;
    State::Key after{&kind, "", ""};
    if (!options.resume.empty()) {
        const auto text = codec::from_base64(options.resume);
        const auto token = text ? JsonValue::parse(*text) : fail(Errc::bad_argument, "");
        if (!token || (*token)["v"].integer() <= 0) return refuse(Reason::bad_request, "continue token is not valid");
        page.version = static_cast<std::uint64_t>((*token)["v"].integer());
        after.ns = (*token)["ns"].text();
        after.name = (*token)["name"].text();
    }
    std::vector<std::pair<State::Key, ResourcePtr>> all;
    {
        const std::lock_guard lock(mutex_);
        if (options.resume.empty()) page.version = state_.version();
        const auto [begin, end] = state_.range(kind, options.ns);
        for (auto it = begin; it != end; ++it) {
            if (options.resume.empty() || after < it->first) all.emplace_back(it->first, it->second);
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!options.selection.matches(all[i].second->value)) continue;
        if (options.limit > 0 && page.items.size() == options.limit) {
            const auto& last = *page.items.back();
            page.resume = resume_token(page.version, {&kind, std::string(last.ns()), std::string(last.name())});
            if (options.selection.empty()) page.remaining = all.size() - i;
            break;
        }
        page.items.push_back(all[i].second);
    }
    return page;
}

template <class T, class Work>
awaitable<Outcome<T>> StoreImpl::submit(Work& work, bool dry_run, std::size_t bytes) {
    auto executor = co_await asio::this_coro::executor;
    std::optional<Outcome<T>> result;
    auto start = [&](auto handler) {
        // Its guard keeps the caller's context at work. It ends on the caller's thread, with the handler: the context
        // may be gone before this store's thread lets go of the job.
        struct Waiting {
            decltype(handler) resume;
            asio::executor_work_guard<asio::any_io_executor> guard;
        };
        auto waiting = std::make_shared<Waiting>(
            Waiting{std::move(handler), asio::make_work_guard(asio::any_io_executor(executor))});
        auto job = std::make_shared<Job>();
        job->dry_run = dry_run;
        job->bytes = bytes;
        job->work = [&work, &result](Transaction& transaction) -> Outcome<void> {
            result.emplace(work(transaction));
            if (!*result) return result->error();
            return {};
        };
        job->done = [&result, executor, waiting = std::move(waiting)](std::optional<Refusal> refused) mutable {
            if (refused) result.emplace(std::move(*refused));
            asio::post(executor, [mine = std::move(waiting)] { std::move(mine->resume)(); });
        };
        if (!accept(job)) job->done(job->refused);
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(start), asio::use_awaitable);
    co_return std::move(*result);
}

bool StoreImpl::accept(const std::shared_ptr<Job>& job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            job->refused = refuse_stopped();
        } else if (waiting_.size() >= config_.waiting_max || waiting_bytes_ + job->bytes > config_.waiting_bytes_max) {
            job->refused = refuse(Reason::too_many_requests, "too many writes are waiting; try again later");
        }
        if (job->refused) return false;
        waiting_bytes_ += job->bytes;
        waiting_.push_back(job);
    }
    wake_.notify_one();
    return true;
}

void StoreImpl::run() {
    for (;;) {
        const auto jobs = take();
        if (!jobs.empty()) perform(jobs);
        {
            const std::lock_guard lock(mutex_);
            if (stopping_ && waiting_.empty()) return;
        }
        keep_house();
    }
}

std::vector<std::shared_ptr<Job>> StoreImpl::take() {
    std::unique_lock lock(mutex_);
    const std::chrono::nanoseconds pause = counters_.failed ? std::chrono::nanoseconds(mend_pause) : expiry_pause;
    wake_.wait_for(lock, pause, [this] { return stopping_ || !waiting_.empty(); });
    std::vector<std::shared_ptr<Job>> jobs;
    while (!waiting_.empty() && jobs.size() < group_writes_max) {
        waiting_bytes_ -= waiting_.front()->bytes;
        jobs.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return jobs;
}

void StoreImpl::perform(const std::vector<std::shared_ptr<Job>>& jobs) {
    // After a failure the working state has what was refused: nothing is to be judged by it.
    std::vector<Change> changes;
    if (!ledger_->failed()) changes = change(jobs);
    auto status = ok();
    if (ledger_->failed() || !changes.empty()) status = ledger_->append(changes);
    if (!status) {
        // The working state is ahead of the disk: until mend() only the state that everybody sees is right.
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = !std::exchange(counters_.failed, true);
        }
        if (first) {
            tried_at_ = clock_.monotonic_nanos();
            log(LogLevel::error, "resources", "writes are refused until the disk takes them again",
                {{"error", status.error().message()}});
        }
    } else if (!changes.empty()) {
        publish(std::move(changes));
    }
    for (const auto& job : jobs) {
        if (!status && !job->refused) job->refused = refuse(Reason::unavailable, status.error().context);
        job->done(std::move(job->refused));
    }
}

/// All of them in the working state, in order of arrival.
std::vector<Change> StoreImpl::change(const std::vector<std::shared_ptr<Job>>& jobs) {
    std::vector<Change> changes;
    for (const auto& job : jobs) {
        Transaction transaction(context());
        auto outcome = job->work(transaction);
        if (!outcome) job->refused = std::move(outcome).error();
        if (job->refused || job->dry_run) {
            transaction.rollback();
        } else {
            changes.insert(changes.end(), transaction.changes().begin(), transaction.changes().end());
        }
    }
    return changes;
}

void StoreImpl::publish(std::vector<Change> changes) {
    std::vector<std::shared_ptr<Bell>> rung;
    {
        const std::lock_guard lock(mutex_);
        std::set<const Kind*> kinds;
        for (auto& change : changes) {
            state_.apply(change);
            kinds.insert(change.after->kind);
            history_.push(std::move(change));
        }
        counters_.writes_total += changes.size();
        ++counters_.syncs_total;
        counters_.ledger_bytes = ledger_->bytes();
        for (const auto& [watch, bell] : bells_) {
            if (kinds.count(bell.first) > 0) rung.push_back(bell.second);
        }
    }
    for (const auto& bell : rung)
        Bell::ring(bell);
}

/// A disk that was full takes writes again, sooner or later. What was refused meanwhile has not happened.
void StoreImpl::mend() {
    const auto now = clock_.monotonic_nanos();
    if (now - tried_at_ < static_cast<std::uint64_t>(std::chrono::nanoseconds(mend_pause).count())) return;
    tried_at_ = now;
    auto state = [this] {
        const std::lock_guard lock(mutex_);
        return state_;
    }();
    if (!ledger_->mend(state)) return;
    working_ = std::move(state);
    {
        const std::lock_guard lock(mutex_);
        counters_.failed = false;
        counters_.ledger_bytes = ledger_->bytes();
    }
    log(LogLevel::info, "resources", "writes are taken again");
}

void StoreImpl::keep_house() {
    if (ledger_->failed()) return mend();
    const auto now = clock_.monotonic_nanos();
    if (now - expired_at_ >= static_cast<std::uint64_t>(std::chrono::nanoseconds(expiry_pause).count())) {
        expired_at_ = now;
        Transaction transaction(context());
        transaction.expire_events(config_.event_age, config_.events_max);
        if (!transaction.changes().empty() && ledger_->append(transaction.changes())) publish(transaction.changes());
    }
    const auto due = std::max(2 * working_.bytes() + config_.compact_bytes, compaction_failed_at_ * 3 / 2);
    if (ledger_->bytes() <= due) return;
    const auto before = ledger_->bytes();
    const auto status = ledger_->compact(working_);
    compaction_failed_at_ = status ? 0 : before;
    if (!status) log(LogLevel::warn, "resources", "the file stays long", {{"error", status.error().message()}});
}

}  // namespace

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(disk::Disk& disk, const EmbeddedStoreConfig& config,
                                                           const Clock& clock) {
    ARK_TRY(auto opened, Ledger::open(disk, config.directory));
    if (opened.cut_bytes > 0) {
        log(LogLevel::warn, "resources", "an unfinished write was cut off", {{"bytes", opened.cut_bytes}});
    }
    return std::unique_ptr<EmbeddedStore>(std::make_unique<StoreImpl>(config, clock, std::move(opened)));
}

}  // namespace ark::resources
