#include "base/hex.hpp"
#include "codec/json_writer.hpp"
#include "codec/utf8.hpp"
#include "journal/inspect.hpp"
#include "journal/survey.hpp"

#include <map>

#include <fmt/format.h>

namespace ark::journal {
namespace {

std::string_view kind_name(const format::RecordHeader& record) {
    return record.lost() ? "lost" : model::name(static_cast<model::BatchKind>(record.kind));
}

std::string hex_of(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    append_hex(out, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    return out;
}

/// Names come from outside: bytes that are not text are shown as hex.
std::string printable(std::string_view name) {
    return codec::valid_utf8(name) ? std::string(name) : "0x" + hex_of(name);
}

std::string text_line(const std::string& file, const ScannedRecord& record) {
    const auto& header = record.header;
    return fmt::format("{:>12} +{:<6} {:<6} {:<8} {:>9} B  {}  {}  {}:{}", header.base.value(), header.items,
                       kind_name(header), model::name(header.encoding), header.payload_bytes,
                       to_rfc3339(header.received), printable(header.tenant), file, record.position);
}

std::string json_line(const std::string& file, const ScannedRecord& record, bool payload) {
    const auto& header = record.header;
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    json.field("offset", header.base.value()).field("items", header.items).field("kind", kind_name(header));
    json.field("encoding", model::name(header.encoding)).field("tenant", printable(header.tenant));
    json.field("received", to_rfc3339(header.received));
    if (header.time_min != UnixNanos{}) json.field("timeMin", to_rfc3339(header.time_min));
    if (header.time_max != UnixNanos{}) json.field("timeMax", to_rfc3339(header.time_max));
    json.field("bytes", header.payload_bytes).field("decodedBytes", header.decoded_bytes);
    json.field("file", file).field("position", record.position);
    if (payload) json.field("payload", hex_of(record.payload));
    json.end_object();
    return out;
}

std::string damage_line(const std::string& file, const DamagedStretch& stretch, bool as_json) {
    if (!as_json) {
        return fmt::format("damage {}:{} {} B, offsets {} to {}: {}", file, stretch.from, stretch.until - stretch.from,
                           stretch.first.value(), stretch.end.value(), stretch.what);
    }
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    json.field("damage", stretch.what).field("file", file).field("position", stretch.from);
    json.field("first", stretch.first.value()).field("end", stretch.end.value());
    json.end_object();
    return out;
}

bool wanted(const format::RecordHeader& record, const DumpOptions& options) {
    if (record.end() <= options.from) return false;
    if (options.until && record.base >= *options.until) return false;
    return options.tenant.empty() || options.tenant == record.tenant;
}

}  // namespace

Status dump(disk::Disk& disk, const std::string& directory, const DumpOptions& options,
            const std::function<void(std::string_view line)>& line) {
    ARK_TRY(const auto surveyed, survey(disk, directory));
    Offset end;
    for (std::size_t i = 0; i < surveyed.segments.size(); ++i) {
        const auto& segment = surveyed.segments[i];
        if (segment.missing) continue;
        if (segment.header && options.until && segment.header->base >= *options.until) break;
        SegmentVisitor visitor;
        visitor.record = [&](const ScannedRecord& record) {
            if (!wanted(record.header, options)) return;
            line(options.json ? json_line(segment.name, record, options.payload) : text_line(segment.name, record));
        };
        visitor.damage = [&](const DamagedStretch& stretch) { line(damage_line(segment.name, stretch, options.json)); };
        ARK_TRY(const auto findings, walk_segment(disk, surveyed, i, end, visitor));
        end = findings.end;
    }
    return ok();
}

Result<StatReport> stat(disk::Disk& disk, const std::string& directory) {
    ARK_TRY(const auto surveyed, survey(disk, directory));
    StatReport report;
    report.directory = directory;
    if (surveyed.manifest) report.epoch = surveyed.manifest->epoch;
    report.spare_segments = surveyed.spares.size();
    report.file_bytes = surveyed.bytes() + surveyed.spare_bytes;
    report.damaged = !surveyed.manifest.has_value();

    std::map<std::string, StatReport::Tenant, std::less<>> tenants;
    const auto take = [&](const ScannedRecord& record) {
        const auto& header = record.header;
        if (header.lost()) return;
        ++report.records;
        const auto kind = static_cast<model::BatchKind>(header.kind);
        auto& items = kind == model::BatchKind::traces ? report.trace_items
                      : kind == model::BatchKind::logs ? report.log_items
                                                       : report.record_items;
        items += header.items;
        report.payload_bytes += header.payload_bytes;
        if (header.encoding != model::Encoding::identity) ++report.compressed_records;
        if (report.received_first == UnixNanos{} || header.received < report.received_first) {
            report.received_first = header.received;
        }
        if (header.received > report.received_last) report.received_last = header.received;
        auto& tenant = tenants[std::string(header.tenant)];
        ++tenant.records;
        tenant.items += header.items;
        tenant.payload_bytes += header.payload_bytes;
    };
    bool first = true;
    for (std::size_t i = 0; i < surveyed.segments.size(); ++i) {
        if (surveyed.segments[i].missing) {
            report.damaged = true;
            continue;
        }
        ++report.segments;
        SegmentVisitor visitor;
        visitor.record = take;
        ARK_TRY(const auto findings, walk_segment(disk, surveyed, i, report.end, visitor));
        if (std::exchange(first, false)) report.begin = findings.base;
        report.end = findings.end;
        report.groups += findings.groups;
        if (!findings.stretches.empty() || !surveyed.segments[i].header) report.damaged = true;
    }
    for (auto& [name, tenant] : tenants) {
        tenant.name = printable(name);
        report.tenants.push_back(std::move(tenant));
    }
    return report;
}

}  // namespace ark::journal
