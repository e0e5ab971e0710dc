#include "views/live_views.hpp"

#include "base/memory.hpp"
#include "base/thread.hpp"

#include <filesystem>
#include <utility>

namespace ark::views {
namespace {

// One commit: large enough that a story's items of several batches share a key, small enough that what it touches stays
// in the processor's cache (a drain of 200,000 small spans costs half as much again per span) and that readers lag by
// milliseconds.
constexpr std::uint64_t drain_bytes_max = 32u << 20;
constexpr std::uint64_t drain_items_max = 16'000;
constexpr std::chrono::seconds flush_every{60};  // when little happens: retention waits for flushed folds
// What a start replays, a kill soon after would make the next start replay again: beyond this it is flushed at once
// (~0.1 s of replay).
constexpr std::uint64_t replayed_items_max = 50'000;
// A commit of few items costs several times as much an item as one of many, above all where many sessions take turns:
// each of their rows is written once a commit, however often it changed. Under load (rate_) commits wait until enough
// came together, or for `commit_gap`; otherwise every item is committed as it comes.
constexpr std::uint64_t drain_items_enough = 8'000;
constexpr std::uint64_t drain_bytes_enough = 6u << 20;         // a fifth of what the journal keeps in memory
constexpr std::uint64_t commit_gap_hurried_nanos = 4'000'000;  // while somebody waits for the commit
// After so long without an item what the last ones took is given back to the system.
constexpr std::chrono::milliseconds idle_after{200};
constexpr std::uint64_t release_items_min = 10'000;  // below, there is nothing to speak of
constexpr const char* pin_name = "views";

store::KvConfig kv_config(const ViewsConfig& config) {
    return {config.directory, config.memtable_bytes, config.cache_bytes};
}

Status remove_directory(const std::string& directory) {
    std::error_code error;
    std::filesystem::remove_all(directory, error);
    if (error) return from_errno(error.value(), "views: remove " + directory);
    std::filesystem::create_directories(directory, error);
    if (error) return from_errno(error.value(), "views: create " + directory);
    return ok();
}

Result<std::unique_ptr<LiveViews>> open_anew(const ViewsConfig& config, journal::Journal& journal, Clock& clock,
                                             Projection* projection) {
    ARK_TRY_STATUS(remove_directory(config.directory));
    ARK_TRY(auto kv, store::Kv::open(kv_config(config)));
    auto views = std::make_unique<LiveViews>(config, journal, clock, std::move(kv), projection);
    bool usable = false;
    ARK_TRY_STATUS(views->load(usable));
    return views;
}

}  // namespace

Result<std::unique_ptr<Views>> Views::open(const ViewsConfig& config, journal::Journal& journal, Clock& clock,
                                           Projection* projection) {
    std::error_code ignored;
    std::filesystem::create_directories(config.directory, ignored);  // the store says what is wrong
    auto kv = store::Kv::open(kv_config(config));
    if (!kv && kv.error().code != Errc::corrupt) return prefix(kv.error(), "open views");
    if (kv) {
        auto views = std::make_unique<LiveViews>(config, journal, clock, std::move(*kv), projection);
        bool usable = false;
        const auto loaded = views->load(usable);
        if (!loaded && loaded.error().code != Errc::corrupt) return prefix(loaded.error(), "open views");
        if (loaded && usable) return std::unique_ptr<Views>(std::move(views));
    }
    // Damaged, or of another history: the journal knows better.
    ARK_TRY(auto anew, open_anew(config, journal, clock, projection));
    return std::unique_ptr<Views>(std::move(anew));
}

Status rebuild(const ViewsConfig& config, journal::Journal& journal, Clock& clock,
               const std::function<void(Offset folded, Offset end)>& progress, Projection* projection) {
    ARK_TRY(auto views, open_anew(config, journal, clock, projection));
    ARK_TRY_STATUS(views->catch_up(progress));
    return views->flush();
}

LiveViews::LiveViews(const ViewsConfig& config, journal::Journal& journal, Clock& clock, std::unique_ptr<store::Kv> kv,
                     Projection* projection)
    : config_(config),
      after_nanos_(static_cast<std::uint64_t>(std::chrono::nanoseconds(config.interrupted_after).count())),
      journal_(journal),
      clock_(clock),
      epoch_(journal.epoch()),
      kv_(std::move(kv)),
      projection_(projection),
      fold_(*kv_, stories_, config.hot_bytes_max, projection),
      trimming_(*kv_) {}

LiveViews::~LiveViews() {
    stop();
}

Status LiveViews::load(bool& usable) {
    ARK_TRY(progress_, fold_.resume(epoch_));
    usable = progress_.epoch == epoch_ && progress_.folded <= journal_.end();
    if (usable && projection_ != nullptr) {
        ARK_TRY_STATUS(projection_->resume(*kv_, progress_.folded, usable));
    }
    folded_ = progress_.folded.value();
    journal_.pin(pin_name, progress_.folded);
    flushed_at_ = clock_.monotonic_nanos();
    const auto snapshot = kv_->snapshot();
    const auto load_heads = [&](keys::Row type, auto thing, Heads& heads) -> Status {
        const std::string prefix(1, static_cast<char>(type));
        const auto iterator = snapshot->iterate(store::Space::rows, prefix, keys::behind(prefix));
        std::vector<Head> loaded;
        for (iterator->seek(prefix); iterator->valid(); iterator->next()) {
            auto here = thing;
            if (!here.unpack(iterator->value())) return damaged("a row");
            here.tenant = keys::tenant_of_row(iterator->key());
            here.number = keys::last_number(iterator->key());
            loaded.push_back(Head::of(here));
        }
        heads.put(std::move(loaded));
        return ok();
    };
    ARK_TRY_STATUS(load_heads(keys::Row::query, Query(), query_heads_));
    return load_heads(keys::Row::session, Session(), session_heads_);
}

void LiveViews::start() {
    end_token_ = journal_.on_end([this](Offset end) {
        const std::lock_guard lock(mutex_);
        end_ = std::max(end_, end.value());
        if (end_ >= wake_at_) wake_.notify_one();
    });
    {
        const std::lock_guard lock(mutex_);
        end_ = std::max(end_, journal_.end().value());
    }
    thread_ = std::thread([this] { run(); });
}

void LiveViews::stop() {
    end_token_.reset();
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

std::shared_ptr<void> LiveViews::on_folded(std::function<void(Offset)> listener) {
    const std::lock_guard lock(listeners_->mutex);
    const auto token = listeners_->next++;
    listeners_->by_token[token] = std::move(listener);
    return std::shared_ptr<void>(nullptr, [listeners = listeners_, token](void*) {
        const std::lock_guard unlock(listeners->mutex);
        listeners->by_token.erase(token);
    });
}

void LiveViews::run() {
    name_this_thread("views");
    const auto reader = journal_.reader(folded());
    const auto replay_end = journal_.end();
    bool replaying = folded() < replay_end;
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
        }
        const auto began_at = clock_.monotonic_nanos();
        const auto began = folded();
        bool idle = false;
        if (auto status = drain(*reader, idle); !status) return fail_with(status.error());
        const bool replayed = replaying && folded() >= replay_end;
        if (replayed) replaying = false;
        if (auto status = flush_if_due(replayed); !status) return fail_with(status.error());
        const auto trimming = trimming_.step(journal_.begin());
        if (!trimming) return fail_with(trimming.error());
        if (idle) {
            if (!*trimming) wait_for_more(reader->position());
        } else {
            wait_for_many(folded() - began, drained_bytes_, began_at);
        }
    }
    if (auto status = flush(); !status) fail_with(status.error());
}

Status LiveViews::drain(journal::Reader& reader, bool& idle) {
    std::uint64_t bytes = 0;
    std::uint64_t items = 0;
    while (bytes < drain_bytes_max && items < drain_items_max) {
        auto batch = reader.next();
        if (!batch && batch.error().code == Errc::expired) {
            // Retention passed us while we were away: what is gone stays unfolded, the rest goes on.
            reader.seek(journal_.begin());
            continue;
        }
        if (!batch) return batch.error();
        if (*batch == nullptr) break;
        if (const auto applied = fold_.apply(**batch); !applied) {
            // The gate should not have let it in. Stopping here would stop for ever: the rest of the journal goes on.
            const std::lock_guard lock(mutex_);
            failure_ = "skipped the batch at offset " + std::to_string((*batch)->base().value()) + ": " +
                       applied.error().message();
        }
        bytes += (*batch)->payload().size();
        items += (*batch)->header().item_count;
    }
    idle = items == 0;
    drained_bytes_ = bytes;
    if (idle) return ok();
    unflushed_ += items;
    unreleased_ += items;
    return commit(reader.position());
}

Status LiveViews::commit(Offset folded) {
    ARK_TRY(const auto changed, fold_.commit(folded));
    std::vector<Head> heads;
    for (const auto* its : changed.queries)
        heads.push_back(Head::of(*its));
    query_heads_.put(std::move(heads));
    for (const auto number : changed.queries_gone)
        query_heads_.remove(number);
    heads.clear();
    for (const auto* its : changed.sessions)
        heads.push_back(Head::of(*its));
    session_heads_.put(std::move(heads));
    fold_.shrink();
    {
        const std::lock_guard lock(mutex_);
        progress_ = fold_.progress();
    }
    // From here readers may rely on it.
    folded_.store(folded.value(), std::memory_order_release);
    if (projection_ != nullptr) projection_->committed();
    const std::lock_guard lock(listeners_->mutex);
    for (const auto& [token, listener] : listeners_->by_token)
        listener(folded);
    return ok();
}

Status LiveViews::flush() {
    const auto at = folded();
    ARK_TRY_STATUS(kv_->flush());
    unflushed_ = 0;
    flushed_at_ = clock_.monotonic_nanos();
    journal_.pin(pin_name, at);
    return ok();
}

Status LiveViews::flush_if_due(bool replayed) {
    if (unflushed_ == 0) return ok();
    if (replayed && unflushed_ >= replayed_items_max) return flush();
    const auto waited = std::chrono::nanoseconds(clock_.monotonic_nanos() - flushed_at_);
    if (unflushed_ < config_.flush_items && waited < flush_every) return ok();
    return flush();
}

void LiveViews::wait_for_more(Offset position) {
    std::unique_lock lock(mutex_);
    wake_at_ = position.value() + 1;
    const auto ready = [&] { return stopping_ || end_ >= wake_at_; };
    if (unreleased_ >= release_items_min && !wake_.wait_for(lock, idle_after, ready)) {
        unreleased_ = 0;
        lock.unlock();
        release_free_memory();
        lock.lock();
    }
    if (unflushed_ == 0) {
        wake_.wait(lock, ready);
    } else {
        wake_.wait_for(lock, flush_every, ready);
    }
    wake_at_ = no_number;
}

void LiveViews::hurry_to(Offset until) {
    const std::lock_guard lock(mutex_);
    if (until.value() <= wanted_) return;
    wanted_ = until.value();
    wake_.notify_one();
}

/// After a drain of `items` of `bytes` that began then: under load, lets enough for the next one come together.
void LiveViews::wait_for_many(std::uint64_t items, std::uint64_t bytes, std::uint64_t began_at) {
    const bool busy = rate_.high(items, began_at);
    const auto of_such_bytes = items * drain_bytes_enough / std::max<std::uint64_t>(bytes, 1);
    const auto enough = std::clamp<std::uint64_t>(of_such_bytes, 1, drain_items_enough);
    if (!busy || items >= enough) return;
    std::unique_lock lock(mutex_);
    wake_at_ = folded().value() + enough;
    const auto come = [&] { return stopping_ || end_ >= wake_at_; };
    const auto wait_until = [&](std::uint64_t gap, const auto& ready) {
        const auto passed = clock_.monotonic_nanos() - began_at;
        return passed < gap && wake_.wait_for(lock, std::chrono::nanoseconds(gap - passed), ready);
    };
    const auto gap = static_cast<std::uint64_t>(std::chrono::nanoseconds(config_.commit_gap).count());
    if (!wait_until(commit_gap_hurried_nanos, come))
        wait_until(gap, [&] { return come() || wanted_ > folded().value(); });
    wake_at_ = no_number;
}

void LiveViews::fail_with(const Error& error) {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    failure_ = error.message();
}

Status LiveViews::catch_up(const std::function<void(Offset folded, Offset end)>& progress) {
    const auto reader = journal_.reader(folded());
    bool idle = false;
    while (!idle) {
        ARK_TRY_STATUS(drain(*reader, idle));
        ARK_TRY_STATUS(flush_if_due(false));
        if (!idle && progress) progress(folded(), journal_.end());
    }
    return ok();
}

ViewsStatus LiveViews::status() {
    ViewsStatus status;
    const auto end = journal_.end().value();
    {
        const std::lock_guard lock(mutex_);
        status.traces = progress_.traces;
        status.sessions = progress_.sessions;
        status.queries = progress_.queries;
        status.spans = progress_.spans;
        status.events = progress_.events;
        status.failed = failed_;
        status.failure = failure_;
    }
    status.folded = folded();
    status.lag_items = end > status.folded.value() ? end - status.folded.value() : 0;
    status.bytes_on_disk = kv_->bytes_on_disk();
    status.bytes_in_memory = kv_->bytes_in_memory() + session_heads_.bytes() + query_heads_.bytes();
    return status;
}

}  // namespace ark::views
