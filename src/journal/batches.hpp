#pragma once
#include "journal/journal.hpp"

#include <memory>

namespace ark::journal {

/// Batches of the journal by the offset of an item in them. Keeps the last one: neighbours usually share it.
/// One per read; not thread-safe; may block on disk.
class Batches {
public:
    explicit Batches(Journal& journal) : journal_(journal) {}

    /// The batch that holds the offset; nothing when it is not durable yet. expired: retention removed it.
    Result<model::BatchPtr> holding(Offset offset) {
        if (last_ && last_->base() <= offset && offset < last_->end()) return last_;
        if (!reader_) reader_ = journal_.reader(offset);
        if (reader_->position() != offset) reader_->seek(offset);
        ARK_TRY(last_, reader_->next());
        return last_;
    }

    /// Memory that waits for the next call.
    std::size_t bytes() const { return last_ ? last_->bytes() : 0; }

private:
    Journal& journal_;
    std::unique_ptr<Reader> reader_;
    model::BatchPtr last_;
};

}  // namespace ark::journal
