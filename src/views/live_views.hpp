#pragma once
#include "store/kv.hpp"
#include "views/fold.hpp"
#include "views/heads.hpp"
#include "views/hot.hpp"
#include "views/rate.hpp"
#include "views/reads.hpp"
#include "views/trimming.hpp"
#include "views/views.hpp"

#include <atomic>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>

namespace ark::views {

/// Stories that are not hot, for context_of and derives_events over history: the few that were asked for lately.
class ColdStories {
public:
    /// The story with its spans as stored; null when there is none. Any thread; may read the disk.
    Result<std::shared_ptr<const Story>> find(const Reads& reads, const StoryKey& key);

private:
    struct Entry {
        StoryKey key;
        std::string row;  // as it was when the story was read: a changed row makes the entry stale
        std::shared_ptr<const Story> story;
        std::size_t bytes = 0;
    };
    std::mutex mutex_;
    std::list<Entry> entries_;  // most recently used first; guarded by mutex_
    std::size_t bytes_ = 0;     // guarded by mutex_
};

/// Views over one store: a thread folds, others read.
class LiveViews final : public Views {
public:
    /// `projection` may be null.
    LiveViews(const ViewsConfig& config, journal::Journal& journal, Clock& clock, std::unique_ptr<store::Kv> kv,
              Projection* projection);
    ~LiveViews() override;

    /// Reads progress and heads. Says in `usable` whether the store belongs to the journal's history.
    Status load(bool& usable);
    /// Folds what the journal holds now, on this thread; for rebuilds. `progress` after each commit.
    Status catch_up(const std::function<void(Offset folded, Offset end)>& progress);
    Status flush();

    void start() override;
    void stop() override;
    Offset folded() const override { return Offset(folded_.load(std::memory_order_acquire)); }
    void hurry_to(Offset until) override;
    std::shared_ptr<void> on_folded(std::function<void(Offset)> listener) override;

    Result<std::optional<TraceRow>> trace(std::string_view tenant, const TraceId& id) override;
    Result<std::optional<QueryRow>> query(std::string_view tenant, std::string_view id_or_name) override;
    Result<std::optional<SessionRow>> session(std::string_view tenant, std::string_view id) override;
    Result<Page<TraceRow>> traces(const ListRequest& request) override;
    Result<Page<QueryRow>> queries(const ListRequest& request) override;
    Result<Page<SessionRow>> sessions(const ListRequest& request) override;
    Result<std::vector<SpanEntry>> trace_spans(std::string_view tenant, const TraceId& id, std::size_t limit) override;
    Result<std::vector<SpanEntry>> session_spans(std::string_view tenant, std::string_view id,
                                                 std::size_t limit) override;
    Result<std::optional<SpanEntry>> span(std::string_view tenant, const TraceId& trace, const SpanId& span) override;
    Result<std::vector<Offset>> items_of_trace(std::string_view tenant, const TraceId& id, Offset from, Offset until,
                                               std::size_t limit) override;
    Result<std::vector<Offset>> items_of_session(std::string_view tenant, std::string_view id, Offset from,
                                                 Offset until, std::size_t limit) override;
    Result<std::vector<Offset>> items_of_query(std::string_view tenant, std::string_view id_or_name, Offset from,
                                               Offset until, std::size_t limit) override;
    items::Context context_of(std::string_view tenant, const items::Item& item) override;
    bool derives_events(std::string_view tenant, const items::Item& span) override;
    ViewsStatus status() override;
    Result<std::string> fingerprint() override;

private:
    struct Listeners {
        std::mutex mutex;
        std::uint64_t next = 0;
        std::unordered_map<std::uint64_t, std::function<void(Offset)>> by_token;
    };

    // live_views.cpp: the fold's thread
    void run();
    Status drain(journal::Reader& reader, bool& idle);
    Status commit(Offset folded);
    Status flush_if_due(bool replayed);
    void wait_for_more(Offset position);
    void wait_for_many(std::uint64_t items, std::uint64_t bytes, std::uint64_t began_at);
    void fail_with(const Error& error);

    // lists.cpp
    Reads reads() const;
    Moment moment() const { return {clock_.now().value(), after_nanos_}; }
    Cursor cursor() const { return {epoch_, folded()}; }
    Result<std::unique_ptr<Story>> find_trace(const Reads& reads, std::string_view tenant, const TraceId& id) const;
    struct Selection;
    Result<Selection> select(const Reads& reads, const ListRequest& request, bool of_sessions) const;
    Result<std::vector<Offset>> merge_offsets(const Reads& reads, const std::vector<Reads::Member>& members,
                                              Offset from, Offset until, std::size_t limit) const;

    // context.cpp
    std::uint32_t tenant_number(std::string_view name);
    items::Context context_without_trace(std::uint32_t tenant, const items::Item& item);

    const ViewsConfig config_;
    const std::uint64_t after_nanos_;
    journal::Journal& journal_;  // outlives us
    Clock& clock_;               // outlives us
    const Epoch epoch_;
    std::unique_ptr<store::Kv> kv_;
    Projection* const projection_;  // outlives us
    HotStories stories_;
    Fold fold_;          // fold's thread only, once started
    Trimming trimming_;  // likewise
    Heads session_heads_, query_heads_;
    ColdStories cold_;
    std::shared_mutex tenants_mutex_;
    std::unordered_map<std::string, std::uint32_t> tenants_;  // guarded by tenants_mutex_
    const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();

    std::atomic<std::uint64_t> folded_{0};
    std::uint64_t unflushed_ = 0;      // items; fold's thread
    std::uint64_t unreleased_ = 0;     // items since memory was given back; fold's thread
    std::uint64_t flushed_at_ = 0;     // monotonic nanoseconds; fold's thread
    Rate rate_{10};                    // of items, a millisecond; likewise
    std::uint64_t drained_bytes_ = 0;  // of the last drain's payloads; likewise

    std::mutex mutex_;
    std::condition_variable wake_;
    std::uint64_t end_ = 0;              // of the journal, as last told; guarded by mutex_
    std::uint64_t wake_at_ = no_number;  // the end that the fold's thread waits for; guarded by mutex_
    std::uint64_t wanted_ = 0;           // somebody waits until this is folded; guarded by mutex_
    bool stopping_ = false;              // guarded by mutex_
    bool failed_ = false;                // guarded by mutex_
    std::string failure_;                // guarded by mutex_
    Progress progress_;                  // of the last commit; guarded by mutex_
    std::shared_ptr<void> end_token_;
    std::thread thread_;
};

}  // namespace ark::views
