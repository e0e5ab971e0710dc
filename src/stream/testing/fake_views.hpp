#pragma once
#include "stream/stream.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ark::stream::testing {

/// Views that know what traces say about themselves: a session and a query each, inherited by all their items. Rows
/// count items. Folds when told. Thread-safe.
class FakeViews final : public Correlation {
public:
    explicit FakeViews(journal::Journal& journal)
        : journal_(journal), reader_(journal.reader(journal.begin())), folded_(journal.begin()) {}

    /// Folds everything that is durable; true to do so after every append.
    void fold() {
        std::vector<std::function<void(Offset)>> listeners;
        Offset folded;
        {
            const std::lock_guard lock(mutex_);
            while (true) {
                const auto batch = reader_->next();
                if (!batch || !*batch) break;
                fold_batch(**batch);
                folded_ = (*batch)->end();
            }
            folded = folded_;
            for (const auto& [number, listener] : listeners_)
                listeners.push_back(listener);
        }
        for (const auto& listener : listeners)
            listener(folded);
    }
    void follow() {
        following_ = journal_.on_end([this](Offset) { fold(); });
    }

    Offset folded() const override {
        const std::lock_guard lock(mutex_);
        return folded_;
    }
    void hurry_behind(Offset seen) override { hurried_ = seen.value(); }
    /// What the stream last said it has seen.
    Offset hurried() const { return Offset{hurried_}; }
    std::shared_ptr<void> on_folded(std::function<void(Offset)> listener) override {
        const std::lock_guard lock(mutex_);
        const auto number = next_listener_++;
        listeners_[number] = std::move(listener);
        return {this, [number](FakeViews* self) {
                    const std::lock_guard unlock(self->mutex_);
                    self->listeners_.erase(number);
                }};
    }
    items::Context context_of(std::string_view tenant, const items::Item& item) override {
        const std::lock_guard lock(mutex_);
        const auto found = contexts_.find(std::string(tenant) + item.trace_id.hex());
        return found == contexts_.end() ? items::Context{} : found->second;
    }
    bool derives_events(std::string_view, const items::Item& span) override { return span.facts.agentic; }

    Row row(std::string_view topic, std::string_view tenant, std::string_view id) override {
        const std::lock_guard lock(mutex_);
        const auto found = rows_.find(key(topic, tenant, id));
        if (found == rows_.end()) return {};
        return {"{\"id\":\"" + std::string(id) + "\",\"items\":" + std::to_string(found->second.items) + "}",
                found->second.rev};
    }
    std::vector<std::string> snapshot(std::string_view topic, std::string_view tenant, const items::Filter& filter,
                                      std::size_t limit) override {
        const std::lock_guard lock(mutex_);
        std::multimap<std::uint64_t, std::string, std::greater<>> by_rev;
        const auto prefix = key(topic, tenant, "");
        for (auto at = rows_.lower_bound(prefix); at != rows_.end() && at->first.starts_with(prefix); ++at) {
            auto id = at->first.substr(prefix.size());
            if (topic == "session" && !filter.session.empty() && filter.session != id) continue;
            by_rev.emplace(at->second.rev.value(), std::move(id));
        }
        std::vector<std::string> ids;
        for (auto& [rev, id] : by_rev) {
            if (ids.size() < limit) ids.push_back(std::move(id));
        }
        return ids;
    }

private:
    struct Count {
        std::uint64_t items = 0;
        Offset rev;
    };
    static std::string key(std::string_view topic, std::string_view tenant, std::string_view id) {
        return std::string(topic) + '\n' + std::string(tenant) + '\n' + std::string(id);
    }

    void fold_batch(const model::Batch& batch) {
        const auto& tenant = batch.header().tenant;
        const auto visit = [&](const items::Item& item) {
            auto& context = contexts_[tenant + item.trace_id.hex()];
            if (!item.facts.session_id.empty()) context.session_id = item.facts.session_id;
            if (!item.facts.query_id.empty()) context.query_id = item.facts.query_id;
            touch("session", tenant, context.session_id, item);
            touch("query", tenant, context.query_id, item);
            if (item.trace_id.valid()) touch("trace", tenant, item.trace_id.hex(), item);
            return true;
        };
        static_cast<void>(items::for_each_item(batch, visit));
    }
    void touch(std::string_view topic, std::string_view tenant, std::string_view id, const items::Item& item) {
        if (id.empty()) return;
        auto& row = rows_[key(topic, tenant, id)];
        ++row.items;
        row.rev = item.offset + 1;
    }

    std::atomic<std::uint64_t> hurried_{0};
    journal::Journal& journal_;
    mutable std::mutex mutex_;
    std::unique_ptr<journal::Reader> reader_;
    Offset folded_;
    std::map<std::string, items::Context> contexts_;
    std::map<std::string, Count> rows_;
    std::map<int, std::function<void(Offset)>> listeners_;
    int next_listener_ = 0;
    std::shared_ptr<void> following_;
};

}  // namespace ark::stream::testing
