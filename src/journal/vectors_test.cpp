#include "codec/compression.hpp"
#include "disk/faulty_disk.hpp"
#include "journal/format.hpp"
#include "journal/inspect.hpp"
#include "journal/manifest.hpp"
#include "journal/test_support.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

namespace ark::journal {
namespace {

using testing::append;
using testing::make_batch;
using testing::read_all;

const std::filesystem::path vectors = ARK_TEST_VECTORS;

std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}

/// The sample is stored without the unused rest of its file, which is zeros.
void load(disk::FaultyDisk& disk, const std::filesystem::path& directory) {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        auto bytes = bytes_of(entry.path());
        if (entry.path().extension() == ".seg") bytes.resize(std::max<std::size_t>(bytes.size(), 64 << 10), '\0');
        disk.set_contents("j/" + entry.path().filename().string(), std::move(bytes));
    }
}

std::shared_ptr<model::Batch> compressed_log() {
    model::BatchHeader header;
    header.kind = model::BatchKind::logs;
    header.encoding = model::Encoding::zstd;
    header.item_count = 3;
    header.received = UnixNanos{1'700'000'001'000'000'000};
    header.tenant = "team-a";
    const std::string text(1000, 'z');
    return std::make_shared<model::Batch>(std::move(header), codec::zstd(text), Buffer::copy_of(text));
}

/// Writes the sample anew: only when a person asks for it, with the directory to write to.
TEST(Vectors, WritesASampleOnRequest) {
    const char* target = std::getenv("ARK_WRITE_JOURNAL_SAMPLE");
    if (target == nullptr) GTEST_SKIP() << "set ARK_WRITE_JOURNAL_SAMPLE=DIR to write one";
    disk::FaultyDisk disk;
    FakeClock clock;
    Manifest manifest;
    manifest.id = 0x0123456789abcdef;
    manifest.epoch = Epoch{0x5f0c9a11};
    manifest.created = clock.now();
    ASSERT_TRUE(manifest.save(disk, "j"));
    auto config = testing::small_config();
    config.segment_bytes = 64 << 10;
    {
        // A segment that exists, so that the manifest's epoch is kept.
        std::string header(format::segment_header_bytes, '\0');
        format::encode(format::SegmentHeader{manifest.id, 1, Offset{0}, 0, clock.now(), manifest.epoch}, header.data());
        header.resize(64 << 10, '\0');
        disk.set_contents("j/0000000001.seg", header);
        const auto journal = open_embedded(disk, config, clock).value();
        ASSERT_TRUE(append(*journal, make_batch("hello, journal", 2)).get());
        ASSERT_TRUE(append(*journal, compressed_log()).get());
        ASSERT_TRUE(append(*journal, make_batch(std::string(50'000, 'r'))).get());  // fills the first segment
        ASSERT_TRUE(append(*journal, make_batch("second segment", 4)).get());
    }
    for (const auto& name : disk.list("j").value()) {
        if (name == "LOCK") continue;
        auto bytes = disk.contents("j/" + name);
        if (name.ends_with(".seg")) bytes.resize(bytes.find_last_not_of('\0') + 1);
        std::ofstream(std::filesystem::path(target) / name, std::ios::binary) << bytes;
    }
}

// A journal written by the first release opens for ever.
TEST(Vectors, OpensVersion1) {
    disk::FaultyDisk disk;
    load(disk, vectors / "v1");
    EXPECT_TRUE(verify(disk, "j", {}).value().intact());

    FakeClock clock;
    auto config = testing::small_config();
    const auto journal = open_embedded(disk, config, clock);
    ASSERT_TRUE(journal) << journal.error().message();
    EXPECT_EQ((*journal)->epoch(), Epoch{0x5f0c9a11});
    EXPECT_EQ(read_all(**journal, Offset{0}), (std::vector<std::string>{"hello, journal", std::string(1000, 'z'),
                                                                        std::string(50'000, 'r'), "second segment"}));
    const auto reader = (*journal)->reader(Offset{3});
    const auto batch = reader->next().value();
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->base(), Offset{2});
    EXPECT_EQ(batch->header().kind, model::BatchKind::logs);
    EXPECT_EQ(batch->header().tenant, "team-a");
    EXPECT_EQ(batch->wire(), compressed_log()->wire());
    ASSERT_TRUE(append(**journal, make_batch("goes on")).get());
}

// The worked example of docs/formats/journal.md is what the code writes.
TEST(Vectors, HoldsTheWorkedExample) {
    const auto bytes = bytes_of(vectors / "v1" / "0000000001.seg");
    ASSERT_GT(bytes.size(), 8192u);
    const auto seed = format::seed_of(0x0123456789abcdef, 1);
    const auto group = format::decode_group_header(std::string_view(bytes).substr(4096), seed, 1, 4096);
    ASSERT_TRUE(group);
    EXPECT_EQ(group->base, Offset{0});
    EXPECT_EQ(group->end, Offset{2});
    EXPECT_EQ(group->records, 1u);
    EXPECT_EQ(group->length, 96u);
    const auto record = format::decode_record_header(std::string_view(bytes).substr(4096 + 80), seed);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->items, 2u);
    EXPECT_EQ(record->payload_bytes, 14u);
    EXPECT_EQ(bytes.substr(4096 + 80 + record->payload_at(), 14), "hello, journal");
}

}  // namespace
}  // namespace ark::journal
