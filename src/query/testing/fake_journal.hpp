#pragma once
#include "journal/journal.hpp"
#include "otlp/build.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ark::query::testing {

/// A journal in memory: what is put in is durable at once. For tests of one thread, or that only read from several.
class FakeJournal final : public journal::Journal {
public:
    Offset put(model::BatchKind kind, const std::string& payload, std::size_t count, const std::string& tenant) {
        model::BatchHeader header;
        header.kind = kind;
        header.item_count = static_cast<std::uint32_t>(count);
        header.base = end_;
        header.tenant = tenant;
        header.received = UnixNanos{1};
        batches_.push_back(std::make_shared<model::Batch>(std::move(header), Buffer::copy_of(payload)));
        const auto first = end_;
        end_ = end_ + count;
        return first;
    }
    Offset put_spans(const std::vector<otlp::Span>& spans, const std::string& tenant = "default") {
        return put(model::BatchKind::traces, otlp::encode_traces({}, {}, spans), spans.size(), tenant);
    }
    Offset put_events(const std::vector<otlp::LogRecord>& records, const std::string& tenant = "default") {
        return put(model::BatchKind::logs, otlp::encode_logs({}, {}, records), records.size(), tenant);
    }
    /// Removes what is before the batch that holds the offset.
    void expire(Offset until) {
        while (!batches_.empty() && batches_.front()->end() <= until)
            batches_.erase(batches_.begin());
        begin_ = batches_.empty() ? end_ : batches_.front()->base();
    }
    bool failed = false;

    void append(std::shared_ptr<model::Batch>, journal::AppendDone done) override {
        done(fail(Errc::unavailable, "use put()"));
    }
    std::unique_ptr<journal::Reader> reader(Offset from) override { return std::make_unique<FakeReader>(*this, from); }
    std::shared_ptr<void> on_end(journal::EndListener) override { return {}; }
    Epoch epoch() const override { return Epoch{7}; }
    Offset begin() const override { return begin_; }
    Offset end() const override { return end_; }
    journal::JournalStatus status() const override {
        journal::JournalStatus status;
        status.epoch = epoch();
        status.begin = begin_;
        status.end = end_;
        status.failed = failed;
        if (failed) status.failure = "disk on fire";
        return status;
    }
    void pin(const std::string&, Offset) override {}
    void unpin(const std::string&) override {}
    void stop() override {}

private:
    class FakeReader final : public journal::Reader {
    public:
        FakeReader(FakeJournal& journal, Offset from) : journal_(journal), position_(from) {}
        Result<model::BatchPtr> next() override {
            if (position_ < journal_.begin_) return fail(Errc::expired, "gone");
            for (const auto& batch : journal_.batches_) {
                if (position_ >= batch->end()) continue;
                position_ = batch->end();
                return batch;
            }
            return model::BatchPtr{};
        }
        Offset position() const override { return position_; }
        void seek(Offset offset) override { position_ = offset; }

    private:
        FakeJournal& journal_;
        Offset position_;
    };

    std::vector<model::BatchPtr> batches_;
    Offset begin_;
    Offset end_;
};

}  // namespace ark::query::testing
