#include "base/hex.hpp"
#include "codec/json_writer.hpp"
#include "journal/inspect.hpp"

#include <fmt/format.h>

namespace ark::journal {
namespace {

std::string hex(Epoch epoch) {
    std::string out;
    append_hex_number(out, epoch.value(), 8);
    return out;
}

std::string mib(std::uint64_t bytes) {
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

void begin(codec::JsonWriter& json, const std::string& directory, Epoch epoch, Offset first, Offset end) {
    json.begin_object().field("directory", directory).field("epoch", hex(epoch));
    json.field("begin", first.value()).field("end", end.value());
}

}  // namespace

std::string VerifyReport::to_text() const {
    std::string out =
        fmt::format("{}: epoch {}, offsets {} to {}\n", directory, hex(epoch), begin.value(), end.value());
    out += fmt::format("{} segments, {} groups, {} records, {} items, {} checked\n", segments, groups, records, items,
                       mib(bytes));
    if (torn_bytes != 0) {
        out +=
            fmt::format("a write of {} bytes was interrupted at the end: nothing acknowledged is in it\n", torn_bytes);
    }
    for (const auto& d : damage) {
        out += fmt::format("DAMAGED {} at position {}, {} bytes: {}", d.file, d.position, d.bytes, d.what);
        if (d.first && d.end) out += fmt::format("; offsets {} to {}", d.first->value(), d.end->value());
        out += d.loses_items ? "; items are lost\n" : "; no item is lost\n";
    }
    out += intact() ? "intact\n" : fmt::format("{} damages; cure: ark journal repair {}\n", damage.size(), directory);
    return out;
}

void VerifyReport::write_json(codec::JsonWriter& json) const {
    journal::begin(json, directory, epoch, begin, end);
    json.field("segments", segments).field("groups", groups).field("records", records).field("items", items);
    json.field("bytes", bytes).field("tornBytes", torn_bytes).field("intact", intact());
    json.key("damage").begin_array();
    for (const auto& d : damage) {
        json.begin_object().field("file", d.file).field("position", d.position).field("bytes", d.bytes);
        if (d.first) json.field("first", d.first->value());
        if (d.end) json.field("end", d.end->value());
        json.field("losesItems", d.loses_items).field("what", d.what).end_object();
    }
    json.end_array().end_object();
}

std::string StatReport::to_text() const {
    std::string out =
        fmt::format("{}: epoch {}, offsets {} to {}\n", directory, hex(epoch), begin.value(), end.value());
    out += fmt::format("{} segments and {} spare ones, {} on disk\n", segments, spare_segments, mib(file_bytes));
    out += fmt::format("{} groups, {} records ({} compressed), {} spans, {} log records, {} others, {} of payload\n",
                       groups, records, compressed_records, trace_items, log_items, record_items, mib(payload_bytes));
    if (records != 0) out += fmt::format("received {} to {}\n", to_rfc3339(received_first), to_rfc3339(received_last));
    for (const auto& tenant : tenants) {
        out += fmt::format("tenant {}: {} records, {} items, {}\n", tenant.name, tenant.records, tenant.items,
                           mib(tenant.payload_bytes));
    }
    if (damaged) out += fmt::format("some of it is damaged: ark journal verify {}\n", directory);
    return out;
}

void StatReport::write_json(codec::JsonWriter& json) const {
    journal::begin(json, directory, epoch, begin, end);
    json.field("segments", segments).field("spareSegments", spare_segments).field("fileBytes", file_bytes);
    json.field("groups", groups).field("records", records).field("compressedRecords", compressed_records);
    json.field("traceItems", trace_items).field("logItems", log_items).field("recordItems", record_items);
    json.field("payloadBytes", payload_bytes);
    if (records != 0) {
        json.field("receivedFirst", to_rfc3339(received_first)).field("receivedLast", to_rfc3339(received_last));
    }
    json.field("damaged", damaged).key("tenants").begin_array();
    for (const auto& tenant : tenants) {
        json.begin_object().field("name", tenant.name).field("records", tenant.records).field("items", tenant.items);
        json.field("payloadBytes", tenant.payload_bytes).end_object();
    }
    json.end_array().end_object();
}

std::string RepairReport::to_text() const {
    if (!changed) return fmt::format("{}: nothing is damaged, nothing was changed\n", directory);
    std::string out = fmt::format("{}: offsets {} to {}\n", directory, begin.value(), end.value());
    if (epoch != epoch_before) out += fmt::format("new epoch {}, was {}\n", hex(epoch), hex(epoch_before));
    for (const auto& range : lost) {
        out += fmt::format("lost for good: offsets {} to {} ({} items)\n", range.first.value(), range.end.value(),
                           range.end - range.first);
    }
    if (lost.empty()) out += "no item was lost\n";
    for (const auto& name : rewritten)
        out += fmt::format("rewritten: {}\n", name);
    out += fmt::format("{} records kept in rewritten segments; the originals are beside them as NAME.damaged\n",
                       records_kept);
    return out;
}

void RepairReport::write_json(codec::JsonWriter& json) const {
    journal::begin(json, directory, epoch, begin, end);
    json.field("changed", changed).field("epochBefore", hex(epoch_before)).field("recordsKept", records_kept);
    json.key("lost").begin_array();
    for (const auto& range : lost) {
        json.begin_object().field("first", range.first.value()).field("end", range.end.value()).end_object();
    }
    json.end_array().key("rewritten").begin_array();
    for (const auto& name : rewritten)
        json.string(name);
    json.end_array().end_object();
}

}  // namespace ark::journal
