#include "journal/inspect.hpp"
#include "journal/survey.hpp"

#include <fmt/format.h>

namespace ark::journal {
namespace {

class Verifier {
public:
    Verifier(disk::Disk& disk, const Survey& survey, const Progress& progress)
        : disk_(disk), survey_(survey), progress_(progress) {}

    Result<VerifyReport> run() {
        report_.directory = survey_.directory;
        if (survey_.manifest) {
            report_.epoch = survey_.manifest->epoch;
        } else {
            add("MANIFEST", 0, 0, "damaged or missing", false);
        }
        if (!survey_.segments.empty() && survey_.segments.front().header) {
            report_.begin = report_.end = survey_.segments.front().header->base;
        }
        for (std::size_t i = 0; i < survey_.segments.size(); ++i) {
            ARK_TRY_STATUS(check_segment(i));
            done_ += survey_.segments[i].file_bytes;
            if (progress_) progress_(done_, survey_.bytes());
        }
        report_.bytes = done_;
        return std::move(report_);
    }

private:
    Status check_segment(std::size_t at) {
        const auto& segment = survey_.segments[at];
        if (segment.missing) {
            const auto* next = at + 1 < survey_.segments.size() ? &survey_.segments[at + 1] : nullptr;
            auto& damage = add(segment.name, 0, 0, "the segment is missing", true);
            damage.first = report_.end;
            if (next != nullptr && next->header) report_.end = next->header->base;
            damage.end = report_.end;
            return ok();
        }
        ++report_.segments;
        if (!segment.header) add(segment.name, 0, format::segment_header_bytes, "the header is damaged", false);

        SegmentVisitor visitor;
        visitor.record = [this](const ScannedRecord& record) {
            if (record.header.lost()) return;
            ++report_.records;
            report_.items += record.header.items;
        };
        visitor.damage = [&](const DamagedStretch& stretch) { note(segment.name, stretch); };
        visitor.progress = [this](std::uint64_t bytes) {
            if (progress_) progress_(done_ + bytes, survey_.bytes());
        };
        ARK_TRY(const auto findings, walk_segment(disk_, survey_, at, report_.end, visitor));
        if (at != 0 && findings.base != report_.end && !survey_.segments[at - 1].missing) {
            auto& damage = add(segment.name, 0, 0, "it does not begin where its predecessor ends", true);
            damage.first = report_.end;
            damage.end = findings.base;
        }
        if (findings.footer_damaged) {
            add(segment.name, findings.body_end, 0, "no intact footer: the segment is scanned when it is read", false);
        }
        report_.groups += findings.groups;
        report_.torn_bytes += findings.torn_bytes;
        report_.end = findings.end;
        return ok();
    }

    void note(const std::string& name, const DamagedStretch& stretch) {
        const auto lost = stretch.lost();
        auto& damage = add(name, stretch.from, stretch.until - stretch.from, stretch.what, !lost.empty());
        damage.first = stretch.first;
        damage.end = stretch.end;
        if (!stretch.kept.empty()) damage.what += fmt::format(" ({} records inside are intact)", stretch.kept.size());
    }

    Damage& add(const std::string& file, std::uint64_t position, std::uint64_t bytes, std::string what,
                bool loses_items) {
        Damage damage;
        damage.file = file;
        damage.position = position;
        damage.bytes = bytes;
        damage.loses_items = loses_items;
        damage.what = std::move(what);
        return report_.damage.emplace_back(std::move(damage));
    }

    disk::Disk& disk_;
    const Survey& survey_;
    const Progress& progress_;
    VerifyReport report_;
    std::uint64_t done_ = 0;
};

}  // namespace

Result<VerifyReport> verify(disk::Disk& disk, const std::string& directory, const Progress& progress) {
    ARK_TRY(const auto surveyed, survey(disk, directory));
    return Verifier(disk, surveyed, progress).run();
}

}  // namespace ark::journal
