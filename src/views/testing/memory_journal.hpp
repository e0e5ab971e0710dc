#pragma once
#include "journal/journal.hpp"
#include "otlp/build.hpp"

#include <map>
#include <mutex>
#include <unordered_map>

namespace ark::views::testing {

/// A journal that keeps its batches in memory: for tests of followers. Thread-safe.
class MemoryJournal final : public journal::Journal {
public:
    explicit MemoryJournal(Epoch epoch = Epoch(7)) : epoch_(epoch) {}

    Offset add(model::BatchKind kind, std::string_view payload, std::uint32_t items, UnixNanos received,
               std::string tenant = "default") {
        model::BatchHeader header;
        header.kind = kind;
        header.item_count = items;
        header.received = received;
        header.tenant = std::move(tenant);
        auto batch = std::make_shared<model::Batch>(header, Buffer::copy_of(payload));
        Offset end;
        {
            const std::lock_guard lock(mutex_);
            batch->assign_base(end_);
            end = end_ = end_ + items;
            batches_.push_back(batch);
        }
        const std::lock_guard lock(listeners_->mutex);
        for (const auto& [token, listener] : listeners_->by_token)
            listener(end);
        return end;
    }
    Offset add_spans(const std::vector<otlp::Span>& spans, UnixNanos received, const otlp::ValueMap& resource = {}) {
        return add(model::BatchKind::traces, otlp::encode_traces(resource, {}, spans),
                   static_cast<std::uint32_t>(spans.size()), received);
    }
    Offset add_logs(const std::vector<otlp::LogRecord>& records, UnixNanos received) {
        return add(model::BatchKind::logs, otlp::encode_logs({}, {}, records),
                   static_cast<std::uint32_t>(records.size()), received);
    }
    /// As retention does: the oldest batches go.
    void forget(std::size_t batches) {
        const std::lock_guard lock(mutex_);
        batches_.erase(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(batches));
        begin_ = batches_.empty() ? end_ : batches_.front()->base();
    }

    void append(std::shared_ptr<model::Batch>, journal::AppendDone done) override {
        done(fail(Errc::unsupported, "the memory journal is filled by add()"));
    }
    std::unique_ptr<journal::Reader> reader(Offset from) override {
        return std::make_unique<MemoryReader>(*this, from);
    }
    std::shared_ptr<void> on_end(journal::EndListener listener) override {
        const std::lock_guard lock(listeners_->mutex);
        const auto token = listeners_->next++;
        listeners_->by_token[token] = std::move(listener);
        return std::shared_ptr<void>(nullptr, [listeners = listeners_, token](void*) {
            const std::lock_guard unlock(listeners->mutex);
            listeners->by_token.erase(token);
        });
    }
    Epoch epoch() const override { return epoch_; }
    Offset begin() const override {
        const std::lock_guard lock(mutex_);
        return begin_;
    }
    Offset end() const override {
        const std::lock_guard lock(mutex_);
        return end_;
    }
    journal::JournalStatus status() const override {
        journal::JournalStatus status;
        status.epoch = epoch_;
        status.begin = begin();
        status.end = end();
        return status;
    }
    void pin(const std::string& name, Offset offset) override {
        const std::lock_guard lock(mutex_);
        pins_[name] = offset;
    }
    void unpin(const std::string& name) override {
        const std::lock_guard lock(mutex_);
        pins_.erase(name);
    }
    Offset pinned(const std::string& name) const {
        const std::lock_guard lock(mutex_);
        const auto found = pins_.find(name);
        return found == pins_.end() ? Offset() : found->second;
    }
    void stop() override {}

private:
    class MemoryReader final : public journal::Reader {
    public:
        MemoryReader(MemoryJournal& journal, Offset from) : journal_(journal), position_(from) {}
        Result<model::BatchPtr> next() override {
            const std::lock_guard lock(journal_.mutex_);
            if (position_ < journal_.begin_) return fail(Errc::expired, "memory journal");
            for (const auto& batch : journal_.batches_) {
                if (batch->end() <= position_) continue;
                position_ = batch->end();
                return model::BatchPtr(batch);
            }
            return model::BatchPtr();
        }
        Offset position() const override { return position_; }
        void seek(Offset offset) override { position_ = offset; }

    private:
        MemoryJournal& journal_;
        Offset position_;
    };
    struct Listeners {
        std::mutex mutex;
        std::uint64_t next = 0;
        std::unordered_map<std::uint64_t, journal::EndListener> by_token;
    };

    const Epoch epoch_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<const model::Batch>> batches_;
    Offset begin_, end_;
    std::map<std::string, Offset> pins_;
    const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
};

}  // namespace ark::views::testing
