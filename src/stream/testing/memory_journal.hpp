#pragma once
#include "journal/journal.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

namespace ark::stream::testing {

/// A journal in memory: every append is durable at once, retention happens when told. Thread-safe.
class MemoryJournal final : public journal::Journal {
public:
    explicit MemoryJournal(Epoch epoch = Epoch{7}) : epoch_(epoch) {}

    void append(std::shared_ptr<model::Batch> batch, journal::AppendDone done) override {
        std::vector<journal::EndListener> listeners;
        journal::Receipt receipt;
        {
            const std::lock_guard lock(mutex_);
            batch->assign_base(end_);
            receipt = {epoch_, end_, end_ + batch->header().item_count, journal::Durability::os};
            end_ = receipt.end;
            batches_.push_back(std::move(batch));
            for (const auto& [number, listener] : listeners_)
                listeners.push_back(listener);
        }
        for (const auto& listener : listeners)
            listener(receipt.end);
        if (done) done(receipt);
    }

    std::unique_ptr<journal::Reader> reader(Offset from) override {
        return std::make_unique<MemoryReader>(*this, from);
    }

    std::shared_ptr<void> on_end(journal::EndListener listener) override {
        const std::lock_guard lock(mutex_);
        const auto number = next_listener_++;
        listeners_[number] = std::move(listener);
        return {this, [number](MemoryJournal* self) {
                    const std::lock_guard unlock(self->mutex_);
                    self->listeners_.erase(number);
                }};
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
    journal::JournalStatus status() const override { return {}; }
    void pin(const std::string&, Offset) override {}
    void unpin(const std::string&) override {}
    void stop() override {}

    /// What retention does: whole batches before `offset` are gone.
    void expire_before(Offset offset) {
        const std::lock_guard lock(mutex_);
        while (!batches_.empty() && batches_.front()->end() <= offset)
            batches_.erase(batches_.begin());
        begin_ = batches_.empty() ? end_ : batches_.front()->base();
    }

private:
    class MemoryReader final : public journal::Reader {
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

    const Epoch epoch_;
    mutable std::mutex mutex_;
    std::vector<model::BatchPtr> batches_;
    Offset begin_;
    Offset end_;
    std::map<int, journal::EndListener> listeners_;
    int next_listener_ = 0;
};

}  // namespace ark::stream::testing
