#include "journal/scan.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::journal {
namespace {

// 4 MiB: at the ~2 GB/s of direct reads the call itself is noise, and the memory is gone right after recovery.
constexpr std::uint64_t window_bytes = 4ull << 20;

bool known_kind(std::uint8_t kind) {
    return model::is_batch_kind(kind) || kind == format::kind_lost;
}

}  // namespace

Result<std::string_view> FileWindow::at(std::uint64_t position, std::uint64_t size) {
    if (position >= file_bytes_) return std::string_view();
    size = std::min(size, file_bytes_ - position);
    if (position < start_ || position + size > start_ + filled_) {
        const auto start = disk::align_down(position);
        const auto wanted = std::max(window_bytes, disk::align_up(position + size) - start);
        buffer_.reserve(wanted);
        filled_ = 0;
        ARK_TRY(filled_, file_.read_at(start, buffer_.data(), wanted));
        start_ = start;
        if (position + size > start_ + filled_) size = start_ + filled_ > position ? start_ + filled_ - position : 0;
    }
    return std::string_view(buffer_.data() + (position - start_), size);
}

Result<ScannedGroup> SegmentScanner::group_at(std::uint64_t position, Offset expected_base) {
    ScannedGroup group;
    records_.clear();
    ARK_TRY(const auto head, window_.at(position, format::group_header_bytes));
    const auto header = format::decode_group_header(head, seed_, sequence_, position);
    if (!header) return group;

    group.verdict = ScannedGroup::Verdict::damaged;
    group.header = *header;
    if (header->base != expected_base) {
        group.what =
            fmt::format("the group begins at offset {} instead of {}", header->base.value(), expected_base.value());
        return group;
    }
    if (header->length > file_bytes_ - position - format::group_header_bytes) {
        group.what = "the group is longer than the file";
        return group;
    }
    ARK_TRY(const auto whole, window_.at(position, format::group_header_bytes + header->length));
    if (whole.size() != format::group_header_bytes + header->length) {
        group.what = "the file ends within the group";
        return group;
    }
    const auto body = whole.substr(format::group_header_bytes);
    const bool right = header->kind == format::GroupKind::footer
                           ? format::checksum(body, seed_) == header->body_checksum
                           : check_records(*header, body, group.what);
    if (right) {
        group.verdict = ScannedGroup::Verdict::valid;
    } else if (group.what.empty()) {
        group.what = "the footer does not match its checksum";
    }
    return group;
}

bool SegmentScanner::check_records(const format::GroupHeader& header, std::string_view body, std::string& what) {
    const auto wrong = [&](std::uint64_t at, std::string_view why) {
        what = fmt::format("record at position {}: {}", header.position + format::group_header_bytes + at, why);
        records_.clear();
        return false;
    };
    std::uint64_t at = 0;
    Offset next = header.base;
    for (std::uint32_t i = 0; i < header.records; ++i) {
        const auto record = format::decode_record_header(body.substr(at), seed_);
        if (!record || !known_kind(record->kind)) return wrong(at, "its header does not match its checksum");
        if (record->total_bytes() > body.size() - at) return wrong(at, "it is longer than its group");
        if (record->base != next) return wrong(at, "its offset does not follow the one before");
        if (record->items == 0 && !record->lost()) return wrong(at, "it has no items");
        if (record->last_of_group != (i + 1 == header.records)) return wrong(at, "it is not the last of its group");
        const auto payload = body.substr(at + record->payload_at(), record->payload_bytes);
        if (!record->lost() && format::payload_checksum(payload) != record->payload_checksum) {
            return wrong(at, "its payload does not match its checksum");
        }
        records_.push_back(ScannedRecord{*record, header.position + format::group_header_bytes + at, payload});
        at += record->total_bytes();
        next = record->end();
    }
    if (at != body.size() || next != header.end) return wrong(at, "the group holds something else than it says");
    return true;
}

Result<std::optional<format::GroupHeader>> SegmentScanner::find_header(std::uint64_t from, std::uint64_t until) {
    until = std::min(until, file_bytes_);
    for (auto position = from; position < until; position += format::block_bytes) {
        ARK_TRY(const auto head, window_.at(position, format::group_header_bytes));
        auto header = format::decode_group_header(head, seed_, sequence_, position);
        if (header) return header;
    }
    return std::optional<format::GroupHeader>();
}

Result<std::optional<ScannedRecord>> SegmentScanner::intact_record_at(std::uint64_t position, std::uint64_t until) {
    const auto room = until - position;
    ARK_TRY(const auto head, window_.at(position, std::min<std::uint64_t>(room, format::record_header_bytes_max)));
    const auto record = format::decode_record_header(head, seed_);
    if (!record || !known_kind(record->kind) || record->total_bytes() > room) return std::optional<ScannedRecord>();

    ARK_TRY(const auto whole, window_.at(position, record->total_bytes()));
    if (whole.size() < record->total_bytes()) return std::optional<ScannedRecord>();
    const auto header =
        format::decode_record_header(whole, seed_);  // again: the window may have moved under the tenant
    const auto payload = whole.substr(header->payload_at(), header->payload_bytes);
    if (!header->lost() && format::payload_checksum(payload) != header->payload_checksum) {
        return std::optional<ScannedRecord>();
    }
    return std::optional<ScannedRecord>(ScannedRecord{*header, position, payload});
}

Result<std::optional<Footer>> SegmentScanner::footer_at(std::uint64_t position) {
    ARK_TRY(const auto head, window_.at(position, format::group_header_bytes));
    const auto header = format::decode_group_header(head, seed_, sequence_, position);
    if (!header || header->kind != format::GroupKind::footer) return std::optional<Footer>();
    ARK_TRY(const auto whole, window_.at(position, format::group_header_bytes + header->length));
    if (whole.size() != format::group_header_bytes + header->length) return std::optional<Footer>();
    const auto body = whole.substr(format::group_header_bytes);
    if (format::checksum(body, seed_) != header->body_checksum) return std::optional<Footer>();
    return Footer::decode(body);
}

Result<ScannedBody> scan_body(SegmentScanner& scanner, Offset base, std::uint64_t until) {
    ScannedBody body;
    body.position = format::segment_header_bytes;
    body.end = base;
    while (body.position < until) {
        ARK_TRY(auto group, scanner.group_at(body.position, body.end));
        if (group.verdict != ScannedGroup::Verdict::valid) {
            body.stopped_by = std::move(group);
            break;
        }
        body.synced = group.header.synced;
        if (group.header.kind == format::GroupKind::footer) {
            body.sealed = true;
            body.footer_end = group.header.next_position();
            break;
        }
        for (const auto& record : scanner.records()) {
            body.footer.note(record.header, record.header.base - base, record.position);
            if (!record.header.lost()) body.items += record.header.items;
        }
        ++body.groups;
        body.position = group.header.next_position();
        body.end = group.header.end;
    }
    return body;
}

}  // namespace ark::journal
