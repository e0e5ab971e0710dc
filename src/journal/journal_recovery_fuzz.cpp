// Arbitrary bytes as the segments of a journal: opening, reading, verifying, dumping and repairing may refuse, never
// crash. The checksums would stop every mutation at the door, so each block that looks like a header is sealed again
// first.
#include "codec/json_writer.hpp"
#include "disk/faulty_disk.hpp"
#include "journal/embedded.hpp"
#include "journal/format.hpp"
#include "journal/inspect.hpp"
#include "journal/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ark::journal {
namespace {

constexpr std::uint64_t journal_id = 42;

void put_checksum(std::string& bytes, std::size_t at, std::size_t size, format::Seed seed) {
    const auto sum = format::checksum(std::string_view(bytes).substr(at + 8, size - 8), seed);
    bytes.replace(at, 8, reinterpret_cast<const char*>(&sum), 8);
}

/// Makes the checksums of segment, group and record headers right, wherever their magic is.
std::string sealed(std::string bytes, std::uint64_t sequence) {
    const auto seed = format::seed_of(journal_id, sequence);
    if (bytes.size() >= format::segment_header_bytes)
        put_checksum(bytes, 0, format::segment_header_bytes, format::Seed{0});
    for (std::size_t at = format::segment_header_bytes; at + format::group_header_bytes <= bytes.size(); at += 8) {
        const auto magic = std::string_view(bytes).substr(at + 8, 4);
        if (magic == "AGRP") put_checksum(bytes, at, format::group_header_bytes, seed);
        if (magic != "AREC") continue;
        const std::size_t size = format::record_header_bytes + static_cast<unsigned char>(bytes[at + 14]);
        if (at + size <= bytes.size()) put_checksum(bytes, at, size, seed);
    }
    return bytes;
}

void read_everything(disk::Disk& disk) {
    EmbeddedConfig config;
    config.directory = "j";
    config.segment_bytes = 64 << 10;
    FakeClock clock;
    const auto journal = open_embedded(disk, config, clock);
    if (!journal) return;
    const auto reader = (*journal)->reader((*journal)->begin());
    for (int i = 0; i < 10'000; ++i) {
        const auto batch = reader->next();
        if (!batch || !*batch) break;
    }
}

void try_everything(const std::string& input) {
    disk::FaultyDisk disk;
    Manifest manifest;
    manifest.id = journal_id;
    manifest.epoch = Epoch{7};
    disk.set_contents("j/MANIFEST", manifest.to_text());
    // Two segments: the first half sealed by the second. Both begin at a block.
    const auto half = disk::align_down(input.size() / 2);
    disk.set_contents("j/0000000001.seg", sealed(input.substr(0, half), 1));
    disk.set_contents("j/0000000002.seg", sealed(input.substr(half), 2));

    std::string json;
    codec::JsonWriter writer(json);
    if (const auto report = verify(disk, "j", {})) {
        static_cast<void>(report->to_text());
        report->write_json(writer);
    }
    DumpOptions options;
    options.json = true;
    static_cast<void>(dump(disk, "j", options, [](std::string_view) {}));
    if (const auto report = stat(disk, "j")) static_cast<void>(report->to_text());
    read_everything(disk);
    if (repair(disk, "j")) read_everything(disk);
}

}  // namespace
}  // namespace ark::journal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size <= (256u << 10)) ark::journal::try_everything(std::string(reinterpret_cast<const char*>(data), size));
    return 0;
}
