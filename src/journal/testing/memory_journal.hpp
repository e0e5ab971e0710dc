#pragma once
#include "journal/journal.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ark::journal::testing {

/// A journal in memory, for tests of its followers: every append is durable at once, retention happens when told.
/// Thread-safe, but for set_failure().
class MemoryJournal : public Journal {
public:
    explicit MemoryJournal(Epoch epoch = Epoch{7}) : epoch_(epoch) {}

    /// Appends a payload as it is and returns the offset behind it.
    Offset add(model::BatchKind kind, std::string_view payload, std::size_t items, UnixNanos received,
               std::string tenant = "default") {
        model::BatchHeader header;
        header.kind = kind;
        header.item_count = static_cast<std::uint32_t>(items);
        header.received = received;
        header.tenant = std::move(tenant);
        return put(std::make_shared<model::Batch>(std::move(header), Buffer::copy_of(payload))).end;
    }
    /// What retention does: whole batches before `offset` are gone.
    void expire_before(Offset offset) {
        const std::lock_guard lock(mutex_);
        while (!batches_.empty() && batches_.front()->end() <= offset)
            batches_.erase(batches_.begin());
        begin_ = batches_.empty() ? end_ : batches_.front()->base();
    }
    /// What status() says from now on; empty: all is well. Appends go on.
    void set_failure(std::string failure) { failure_ = std::move(failure); }
    /// Where the follower of that name holds the journal; 0 when it does not.
    Offset pinned(const std::string& name) const {
        const std::lock_guard lock(mutex_);
        const auto found = pins_.find(name);
        return found == pins_.end() ? Offset() : found->second;
    }

    void append(std::shared_ptr<model::Batch> batch, AppendDone done) override {
        const auto receipt = put(std::move(batch));
        if (done) done(receipt);
    }
    std::unique_ptr<Reader> reader(Offset from) override { return std::make_unique<MemoryReader>(*this, from); }
    std::shared_ptr<void> on_end(EndListener listener) override {
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
    JournalStatus status() const override {
        JournalStatus status;
        status.epoch = epoch_;
        status.begin = begin();
        status.end = end();
        status.failed = !failure_.empty();
        status.failure = failure_;
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
    void stop() override {}

private:
    class MemoryReader final : public Reader {
    public:
        MemoryReader(MemoryJournal& journal, Offset from) : journal_(journal), position_(from) {}
        Result<model::BatchPtr> next() override {
            const std::lock_guard lock(journal_.mutex_);
            if (position_ < journal_.begin_) return fail(Errc::expired, "position is before the oldest item");
            const auto& batches = journal_.batches_;
            const auto found = std::partition_point(batches.begin(), batches.end(),
                                                    [this](const auto& batch) { return batch->end() <= position_; });
            if (found == batches.end()) return model::BatchPtr{};
            position_ = (*found)->end();
            return model::BatchPtr{*found};
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
        std::map<std::uint64_t, EndListener> by_token;
    };

    Receipt put(std::shared_ptr<model::Batch> batch) {
        Receipt receipt;
        {
            const std::lock_guard lock(mutex_);
            batch->assign_base(end_);
            receipt = {epoch_, end_, end_ + batch->header().item_count, Durability::os};
            end_ = receipt.end;
            batches_.push_back(std::move(batch));
        }
        const std::lock_guard lock(listeners_->mutex);
        for (const auto& [token, listener] : listeners_->by_token)
            listener(receipt.end);
        return receipt;
    }

    const Epoch epoch_;
    mutable std::mutex mutex_;
    std::vector<model::BatchPtr> batches_;
    Offset begin_;
    Offset end_;
    std::map<std::string, Offset> pins_;
    std::string failure_;
    const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
};

}  // namespace ark::journal::testing
