#include "journal/survey.hpp"

#include "journal/names.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::journal {
namespace {

Result<SurveyedSegment> look_at(disk::Disk& disk, const std::string& directory, std::uint64_t sequence) {
    SurveyedSegment segment;
    segment.name = segment_name(sequence);
    segment.sequence = sequence;
    ARK_TRY(const auto file, disk.open(in_directory(directory, segment.name), disk::OpenMode::read));
    ARK_TRY(segment.file_bytes, file->size());
    std::string block(format::segment_header_bytes, '\0');
    ARK_TRY(const auto n, file->read_at(0, block.data(), block.size()));
    segment.header = format::decode_segment_header(std::string_view(block).substr(0, n));
    if (segment.header && segment.header->sequence != sequence) segment.header.reset();
    return segment;
}

void fill_gaps(std::vector<SurveyedSegment>& segments) {
    std::vector<SurveyedSegment> whole;
    for (auto& segment : segments) {
        // A gap of thousands is a stray file, not so many lost ones: repair would fill the disk with empty segments.
        constexpr std::uint64_t gap_max = 4096;
        const auto gap = whole.empty() ? 0 : segment.sequence - whole.back().sequence - 1;
        for (std::uint64_t i = 0; i < std::min(gap, gap_max); ++i) {
            SurveyedSegment missing;
            missing.sequence = whole.back().sequence + 1;
            missing.name = segment_name(missing.sequence);
            missing.missing = true;
            whole.push_back(std::move(missing));
        }
        whole.push_back(std::move(segment));
    }
    segments = std::move(whole);
}

/// The walk over one segment, step by step.
class Walk {
public:
    Walk(const Survey& survey, std::size_t at, SegmentScanner& scanner, const SegmentVisitor& visitor)
        : survey_(survey), at_(at), scanner_(scanner), visitor_(visitor) {}

    Result<SegmentFindings> run(Offset base) {
        findings_.base = findings_.end = base;
        position_ = format::segment_header_bytes;
        limit_ = known_body_end().value_or(scanner_.file_bytes());
        while (position_ < limit_) {
            ARK_TRY(const auto group, scanner_.group_at(position_, findings_.end));
            if (group.verdict != ScannedGroup::Verdict::valid) {
                ARK_TRY(const bool goes_on, step_over(group));
                if (!goes_on) break;
                continue;
            }
            if (group.header.kind == format::GroupKind::footer) break;
            take(group);
        }
        findings_.body_end = position_;
        ARK_TRY(const auto footer, scanner_.footer_at(position_));
        findings_.sealed = footer.has_value();
        findings_.footer_damaged = !footer && !last() && limit_ < scanner_.file_bytes();
        return std::move(findings_);
    }

private:
    bool last() const { return at_ + 1 == survey_.segments.size(); }

    const SurveyedSegment* successor() const {
        return last() || !survey_.segments[at_ + 1].header ? nullptr : &survey_.segments[at_ + 1];
    }

    std::optional<std::uint64_t> known_body_end() const {
        const auto* next = successor();
        if (next == nullptr || next->header->previous_end < format::segment_header_bytes) return std::nullopt;
        return std::min(disk::align_down(next->header->previous_end), disk::align_down(scanner_.file_bytes()));
    }

    void take(const ScannedGroup& group) {
        for (const auto& record : scanner_.records()) {
            if (visitor_.record) visitor_.record(record);
        }
        ++findings_.groups;
        findings_.end = group.header.end;
        position_ = group.header.next_position();
        if (visitor_.progress) visitor_.progress(position_);
    }

    /// Decides what an invalid group is. False: the segment ends here.
    Result<bool> step_over(const ScannedGroup& group) {
        if (last()) {
            ARK_TRY(const auto later, look_behind(scanner_, position_));
            if (!later.any || (survey_.power_failed && !later.proves_loss)) {
                if (later.any) findings_.torn_bytes = later.until - position_;
                if (!later.any && group.verdict == ScannedGroup::Verdict::damaged) {
                    findings_.torn_bytes = group.header.next_position() - position_;
                }
                return false;
            }
        }
        ARK_TRY(const auto next, scanner_.find_header(position_ + format::block_bytes, limit_));
        const auto* behind = successor();
        if (!next && limit_ == scanner_.file_bytes() && behind == nullptr) return false;  // nothing says it was longer

        DamagedStretch stretch;
        stretch.from = position_;
        stretch.until = next ? next->position : limit_;
        stretch.first = findings_.end;
        stretch.end = next ? next->base : behind != nullptr ? behind->header->base : findings_.end;
        stretch.end = std::max(stretch.end, stretch.first);
        stretch.what = group.what.empty() ? "not a group of this segment" : group.what;
        ARK_TRY_STATUS(salvage(stretch));
        if (visitor_.damage) visitor_.damage(stretch);
        findings_.end = stretch.end;
        position_ = stretch.until;
        findings_.stretches.push_back(std::move(stretch));
        return true;
    }

    Status salvage(DamagedStretch& stretch) {
        Offset next = stretch.first;
        return scanner_.salvage(
            stretch.from + format::group_header_bytes, stretch.until, [&](const ScannedRecord& record) {
                if (record.header.base < next || record.header.end() > stretch.end) return;
                next = record.header.end();
                if (visitor_.record) visitor_.record(record);
                DamagedStretch::Kept kept{record.header, std::string(record.header.tenant), record.position};
                stretch.kept.push_back(std::move(kept));
                stretch.kept.back().header.tenant = {};  // repair points it at the copy
            });
    }

    const Survey& survey_;
    const std::size_t at_;
    SegmentScanner& scanner_;
    const SegmentVisitor& visitor_;
    SegmentFindings findings_;
    std::uint64_t position_ = 0;
    std::uint64_t limit_ = 0;
};

}  // namespace

std::uint64_t Survey::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& segment : segments)
        sum += segment.file_bytes;
    return sum;
}

std::vector<RepairReport::Range> DamagedStretch::lost() const {
    std::vector<RepairReport::Range> out;
    Offset next = first;
    for (const auto& record : kept) {
        if (record.header.base > next) out.push_back({next, record.header.base});
        next = record.header.end();
    }
    if (end > next) out.push_back({next, end});
    return out;
}

Result<Survey> survey(disk::Disk& disk, const std::string& directory) {
    Survey out;
    out.directory = directory;
    ARK_TRY(const auto names, disk.list(directory));
    for (const auto& name : names) {
        if (const auto sequence = parse_segment_name(name)) {
            ARK_TRY(auto segment, look_at(disk, directory, *sequence));
            out.segments.push_back(std::move(segment));
        } else if (is_spare_name(name)) {
            ARK_TRY(const auto file, disk.open(in_directory(directory, name), disk::OpenMode::read));
            ARK_TRY(const auto size, file->size());
            out.spares.push_back(name);
            out.spare_bytes += size;
        }
    }
    fill_gaps(out.segments);

    auto manifest = Manifest::load(disk, directory);
    if (manifest) {
        out.journal_id = manifest->id;
        out.power_failed = lost_power(*manifest, disk);
        out.manifest = std::move(*manifest);
    } else if (manifest.error().code != Errc::not_found && manifest.error().code != Errc::corrupt) {
        return manifest.error();
    } else {
        const auto known =
            std::find_if(out.segments.begin(), out.segments.end(), [](const auto& s) { return s.header; });
        if (known == out.segments.end()) {
            return fail(Errc::not_found, directory + ": neither a manifest nor a segment of a journal");
        }
        out.journal_id = known->header->journal_id;
    }
    for (auto& segment : out.segments) {
        if (segment.header && segment.header->journal_id != out.journal_id) segment.header.reset();
    }
    return out;
}

Result<SegmentFindings> walk_segment(disk::Disk& disk, const Survey& survey, std::size_t at, Offset expected,
                                     const SegmentVisitor& visitor) {
    const auto& segment = survey.segments[at];
    ARK_TRY(const auto file, disk.open(in_directory(survey.directory, segment.name), disk::OpenMode::read_direct));
    SegmentScanner scanner(*file, segment.file_bytes, format::seed_of(survey.journal_id, segment.sequence),
                           segment.sequence);
    Offset base = expected;
    if (segment.header) {
        base = segment.header->base;
    } else {
        // The first group knows where it begins, better than a predecessor that may be damaged itself.
        ARK_TRY(const auto first, scanner.find_header(format::segment_header_bytes, segment.file_bytes));
        if (first && first->position == format::segment_header_bytes) base = first->base;
    }
    Walk walk(survey, at, scanner, visitor);
    return walk.run(base);
}

}  // namespace ark::journal
