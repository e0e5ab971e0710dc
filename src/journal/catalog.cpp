#include "journal/catalog.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace ark::journal {

void Catalog::add(SegmentPtr segment) {
    const std::lock_guard lock(mutex_);
    ARK_CHECK(segments_.empty() || segments_.back()->base <= segment->base, "segment {} goes back", segment->sequence);
    segments_.push_back(std::move(segment));
}

void Catalog::remove_first() {
    const std::lock_guard lock(mutex_);
    ARK_CHECK(segments_.size() > 1, "the last segment is never given away");
    files_.erase(segments_.front()->sequence);
    segments_.pop_front();
}

SegmentPtr Catalog::find(Offset offset) const {
    const std::lock_guard lock(mutex_);
    // The last segment that begins at or before the offset: an empty one may begin where its successor does.
    const auto behind = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                         [](Offset wanted, const SegmentPtr& s) { return wanted < s->base; });
    return behind == segments_.begin() ? nullptr : *std::prev(behind);
}

SegmentPtr Catalog::first() const {
    const std::lock_guard lock(mutex_);
    return segments_.empty() ? nullptr : segments_.front();
}

SegmentPtr Catalog::last() const {
    const std::lock_guard lock(mutex_);
    return segments_.empty() ? nullptr : segments_.back();
}

std::vector<SegmentPtr> Catalog::all() const {
    const std::lock_guard lock(mutex_);
    return {segments_.begin(), segments_.end()};
}

Offset Catalog::begin() const {
    const std::lock_guard lock(mutex_);
    return segments_.empty() ? Offset{} : segments_.front()->base;
}

Result<std::shared_ptr<disk::File>> Catalog::file_of(const Segment& segment) {
    const std::lock_guard lock(mutex_);
    auto& entry = files_[segment.sequence];
    entry.used = ++uses_;
    if (!entry.file) {
        auto opened = disk_.open(segment.path, disk::OpenMode::read);
        if (!opened) {
            files_.erase(segment.sequence);
            return std::move(opened).error();
        }
        entry.file = std::move(*opened);
    }
    auto file = entry.file;
    if (files_.size() > open_files_max) close_oldest_locked();
    return file;
}

void Catalog::close_oldest_locked() {
    const auto oldest = std::min_element(files_.begin(), files_.end(),
                                         [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    files_.erase(oldest);  // readers that use it hold it
}

}  // namespace ark::journal
