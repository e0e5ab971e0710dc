#pragma once
// The real store over real views and a journal in memory: what its tests stand in.
#include "base/time.hpp"
#include "items/json_events.hpp"
#include "items/records.hpp"
#include "journal/testing/memory_journal.hpp"
#include "otlp/build.hpp"
#include "reference/store.hpp"

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace ark::reference::testing {

class StoreWorld {
public:
    explicit StoreWorld(const KeepConfig& keep = {}) : keep_(keep) {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        views_config_.directory = ::testing::TempDir() + "ark_reference_" + test->name();
        std::filesystem::remove_all(views_config_.directory);
        admission_ = std::make_unique<receive::Admission>(
            receive::Admission::Limits{1u << 20, 1u << 20, 1u << 30, std::chrono::milliseconds(0)}, journal,
            std::function<Offset()>());
        open();
    }
    ~StoreWorld() {
        close();
        std::filesystem::remove_all(views_config_.directory);
    }
    StoreWorld(const StoreWorld&) = delete;
    StoreWorld& operator=(const StoreWorld&) = delete;

    /// Ends and begins again; what was folded is kept.
    void restart() {
        close();
        open();
    }
    /// Throws the views away and folds the journal anew.
    void rebuild() {
        close();
        Projection projection(keep_);
        ASSERT_TRUE(views::rebuild(views_config_, journal, clock, {}, &projection.of_views()));
        open();
    }
    std::string fingerprint() {
        settle();
        const auto print = views_->fingerprint();
        return print ? *print : print.error().message();
    }
    /// Everything that was appended is folded.
    void settle() {
        while (views_->folded() < journal.end() && !views_->status().failed)
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        EXPECT_FALSE(views_->status().failed) << views_->status().failure;
    }

    /// Runs a coroutine on a net thread and waits for what it comes to.
    template <class T>
    T run(awaitable<T> task) {
        return start(std::move(task)).get();
    }
    template <class T>
    std::future<T> start(awaitable<T> task) {
        return asio::co_spawn(net_->context(0), std::move(task), asio::use_future);
    }

    void add(model::BatchKind kind, const Buffer& payload, std::size_t items, const std::string& tenant = "default") {
        journal.add(kind, payload.view(), items, clock.now(), tenant);
    }
    void add_messages(const std::string& conversation, const std::string& query, const std::vector<std::string>& texts,
                      std::chrono::seconds ttl = std::chrono::seconds(0)) {
        add(model::BatchKind::messages, items::encode_messages(conversation, query, ttl, texts), texts.size());
    }
    void add_chunks(const std::string& query, const std::vector<std::string>& texts) {
        add(model::BatchKind::chunks, items::encode_chunks(query, texts), texts.size());
    }
    void add_completion(const std::string& query) { add(model::BatchKind::chunks, items::encode_completion(query), 1); }
    void add_event(const std::string& json) {
        auto events = items::events_from_json(json, clock.now());
        ASSERT_TRUE(events) << json;
        add(model::BatchKind::logs, events->payload, events->count);
    }
    void add_spans(const std::vector<otlp::Span>& spans) {
        add(model::BatchKind::traces, Buffer::copy_of(otlp::encode_traces({{"service.name", "svc"}}, {}, spans)),
            spans.size());
    }
    void add_deletion(Kind kind, const std::string& conversation = "", const std::string& query = "") {
        items::Record record;
        record.target = static_cast<items::Target>(kind);
        record.conversation = conversation;
        record.query = query;
        record.of_conversation = !conversation.empty();
        record.of_query = !query.empty();
        add(model::BatchKind::deletions, items::encode_deletion(record), 1);
    }

    RowsPage page(Kind kind, const Filter& filter = {}, std::uint64_t after = 0, std::size_t limit = 100) {
        settle();
        auto page = store->page("default", kind, filter, after, limit);
        EXPECT_TRUE(page) << page.error().message();
        return page ? std::move(*page) : RowsPage();
    }

    FakeClock clock;
    journal::testing::MemoryJournal journal;
    std::unique_ptr<Store> store;

private:
    void open() {
        work_ = std::make_unique<runtime::WorkPool>(2);
        net_ = std::make_unique<runtime::IoPool>(1);
        projection_ = std::make_unique<Projection>(keep_);
        auto views = views::Views::open(views_config_, journal, clock, &projection_->of_views());
        ASSERT_TRUE(views) << views.error().message();
        views_ = std::move(*views);
        store = Store::create({}, {*projection_, *views_, journal, *admission_, *net_, *work_, clock});
        views_->start();
        net_->start();
    }
    void close() {
        if (store) store->stop();
        if (work_) work_->stop();
        if (net_) net_->stop();
        if (views_) views_->stop();
        store.reset();
        views_.reset();
        projection_.reset();
        net_.reset();
        work_.reset();
    }

    const KeepConfig keep_;
    views::ViewsConfig views_config_;
    std::unique_ptr<receive::Admission> admission_;
    std::unique_ptr<runtime::WorkPool> work_;
    std::unique_ptr<runtime::IoPool> net_;
    std::unique_ptr<Projection> projection_;
    std::unique_ptr<views::Views> views_;
};

}  // namespace ark::reference::testing
