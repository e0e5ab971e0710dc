#include "journal/inspect.hpp"
#include "journal/names.hpp"
#include "journal/patch.hpp"
#include "journal/survey.hpp"

#include <algorithm>

namespace ark::journal {
namespace {

/// Goes over the segments in order, prepares a replacement for each that needs one, then puts all of them in place.
class Repair {
public:
    Repair(disk::Disk& disk, Survey survey) : disk_(disk), survey_(std::move(survey)) {}

    Result<RepairReport> run() {
        report_.directory = survey_.directory;
        report_.epoch = report_.epoch_before = survey_.manifest ? survey_.manifest->epoch : Epoch{};
        for (std::size_t i = 0; i < survey_.segments.size(); ++i) {
            ARK_TRY_STATUS(survey_.segments[i].missing ? replace(i) : examine(i));
        }
        report_.end = end_;
        report_.changed = !prepared_.empty() || !survey_.manifest;
        if (report_.changed) {
            ARK_TRY_STATUS(put_in_place());
        }
        return std::move(report_);
    }

private:
    format::SegmentHeader header_for(std::size_t at, Offset base) const {
        const auto& segment = survey_.segments[at];
        format::SegmentHeader header = segment.header.value_or(format::SegmentHeader{});
        header.journal_id = survey_.journal_id;
        header.sequence = segment.sequence;
        header.base = base;
        header.previous_end = at == 0 ? header.previous_end : previous_end_;
        return header;
    }

    Status examine(std::size_t at) {
        const auto& segment = survey_.segments[at];
        std::uint64_t records = 0;
        SegmentVisitor visitor;
        visitor.record = [&](const ScannedRecord& record) { records += record.header.lost() ? 0 : 1; };
        ARK_TRY(auto findings, walk_segment(disk_, survey_, at, end_, visitor));
        if (at == 0) report_.begin = end_ = findings.base;
        ARK_TRY_STATUS(bridge(at, findings.base));

        const auto header = header_for(at, findings.base);
        const bool header_wrong = !segment.header || segment.header->previous_end != header.previous_end;
        if (header_wrong || findings.footer_damaged || !findings.stretches.empty()) {
            ARK_TRY_STATUS(write_repaired(disk_, survey_, at, header, findings));
            prepared_.push_back(segment.name);
            report_.records_kept += records;
            for (const auto& stretch : findings.stretches) {
                for (const auto& range : stretch.lost())
                    report_.lost.push_back(range);
            }
        }
        previous_header_ = header;
        previous_end_ = findings.body_end;
        end_ = findings.end;
        return ok();
    }

    /// A segment that begins behind the end of the one before: its predecessor lost its end, and nothing else says so.
    Status bridge(std::size_t at, Offset base) {
        if (base == end_) return ok();
        if (base < end_) {
            return corrupt_error(survey_.directory, survey_.segments[at].name, 0,
                                 "it repeats offsets of the segment before it, which repair cannot decide");
        }
        const auto& before = survey_.segments[at - 1].name;
        if (prepared_.empty() || prepared_.back() != before) {
            SegmentFindings nothing;
            nothing.body_end = previous_end_;
            ARK_TRY_STATUS(write_repaired(disk_, survey_, at - 1, previous_header_, nothing));
            prepared_.push_back(before);
        }
        ARK_TRY_STATUS(append_loss(disk_, survey_, at - 1, previous_header_, previous_end_, end_, base));
        report_.lost.push_back({end_, base});
        previous_end_ += loss_bytes;
        return ok();
    }

    Status replace(std::size_t at) {
        const bool next_missing = survey_.segments[at + 1].missing;  // a missing one is never the last
        const auto& next = survey_.segments[at + 1].header;
        auto body_end = static_cast<std::uint64_t>(format::segment_header_bytes);
        Offset end = end_;
        if (!next_missing && next) {
            body_end = std::max(body_end, disk::align_down(next->previous_end));
            end = std::max(end_, next->base);
            if (end > end_) body_end = std::max<std::uint64_t>(body_end, 2 * format::block_bytes);
        }
        previous_header_ = header_for(at, end_);
        ARK_TRY_STATUS(write_replacement(disk_, survey_, at, previous_header_, body_end, end));
        prepared_.push_back(survey_.segments[at].name);
        if (end > end_) report_.lost.push_back({end_, end});
        previous_end_ = body_end;
        end_ = end;
        return ok();
    }

    /// A crash between any two steps leaves a journal that is still refused, and repairs to the same.
    Status put_in_place() {
        auto manifest = survey_.manifest.value_or(Manifest{});
        manifest.id = survey_.journal_id;
        const bool renewed = !report_.lost.empty() || !survey_.manifest;
        if (renewed) {
            manifest.epoch = new_epoch(report_.epoch_before);
            ARK_TRY_STATUS(manifest.save(disk_, survey_.directory));
        }
        report_.epoch = manifest.epoch;
        for (const auto& name : prepared_) {
            const auto path = in_directory(survey_.directory, name);
            if (disk_.exists(path)) {
                ARK_TRY_STATUS(copy_file(disk_, path, path + ".damaged"));
            }
            ARK_TRY_STATUS(disk_.rename(path + ".repair", path));
        }
        report_.rewritten = prepared_;
        return disk_.sync_directory(survey_.directory);
    }

    disk::Disk& disk_;
    const Survey survey_;
    RepairReport report_;
    std::vector<std::string> prepared_;
    Offset end_;                             // of the segment before
    format::SegmentHeader previous_header_;  // its header, as it is or will be
    std::uint64_t previous_end_ = 0;         // where its body ends
};

}  // namespace

Result<RepairReport> repair(disk::Disk& disk, const std::string& directory) {
    ARK_TRY(auto surveyed, survey(disk, directory));
    ARK_TRY(const auto lock, disk.lock(lock_path(directory)));
    ARK_TRY(surveyed, survey(disk, directory));  // again: a writer may have stopped in between
    return Repair(disk, std::move(surveyed)).run();
}

}  // namespace ark::journal
