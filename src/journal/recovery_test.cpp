#include "disk/faulty_disk.hpp"
#include "journal/format.hpp"
#include "journal/test_support.hpp"

#include <gmock/gmock.h>

namespace ark::journal {
namespace {

using disk::FaultyDisk;
using testing::append;
using testing::make_batch;
using testing::payload_of;
using testing::read_all;
using testing::small_config;

const std::string first_segment = "j/0000000001.seg";

/// A journal with these payloads, one group each, whose process then died.
void write_and_die(FaultyDisk& disk, const std::vector<std::string>& payloads, EmbeddedConfig config = small_config()) {
    FakeClock clock;
    const auto journal = open_embedded(disk, config, clock).value();
    for (const auto& payload : payloads)
        ASSERT_TRUE(append(*journal, make_batch(payload)).get());
    disk.crash(FaultyDisk::Unsynced::kept);
}

/// What a journal on these files says after opening.
std::vector<std::string> reopen(FaultyDisk& disk, EmbeddedConfig config = small_config()) {
    FakeClock clock;
    auto journal = open_embedded(disk, config, clock);
    if (!journal) return {"error " + journal.error().message()};
    auto all = read_all(**journal, (*journal)->begin());
    EXPECT_EQ((*journal)->end() - (*journal)->begin(), all.size());
    disk.crash(FaultyDisk::Unsynced::kept);  // no mark: the next look finds what this one found
    return all;
}

std::uint64_t group_position(std::uint64_t nth, std::size_t payload_bytes) {
    const auto group = format::group_header_bytes + format::record_bytes(7, payload_bytes);
    return format::segment_header_bytes + nth * format::align_up(group);
}

// Goal: a torn tail is cut, never repaired into a phantom record.
// Method: three groups; of the last, keep only the first n bytes, for every n; what follows is zeros, or an old group's
// bytes.
TEST(Recovery, CutsTornTailAtAnyByte) {
    const std::vector<std::string> payloads{std::string(300, 'a'), std::string(300, 'b'), std::string(300, 'c')};
    auto config = small_config();
    config.segment_bytes = 64 << 10;
    FaultyDisk whole;
    write_and_die(whole, payloads, config);
    const auto intact = whole.contents(first_segment);
    const auto manifest = whole.contents("j/MANIFEST");
    const auto start = group_position(2, 300);
    const auto used = format::group_header_bytes + format::record_bytes(7, 300);

    for (const bool zeros : {true, false}) {
        for (std::uint64_t n = 0; n < used; n += 1) {
            auto torn = intact.substr(0, start + n);
            if (zeros) {
                torn.resize(intact.size(), '\0');
            } else {
                torn.append(std::string(intact.size() - torn.size(), '\x5a'));
            }
            FaultyDisk disk;
            disk.set_contents("j/MANIFEST", manifest);
            disk.set_contents(first_segment, torn);
            const auto found = reopen(disk, config);
            // The last bytes of the record are zero padding: without them it is whole.
            const auto expected = found.size() == 3 && n + 4 >= used
                                      ? payloads
                                      : std::vector<std::string>(payloads.begin(), payloads.begin() + 2);
            ASSERT_EQ(found, expected) << "cut after " << n << " bytes";
        }
    }
}

TEST(Recovery, GoesOnBehindACutTail) {
    FaultyDisk disk;
    write_and_die(disk, {"one", "two", "three"});
    disk.zero(first_segment, group_position(2, 3) + 100, 50);
    write_and_die(disk, {"four", "five"});
    EXPECT_EQ(reopen(disk), (std::vector<std::string>{"one", "two", "four", "five"}));
}

// Goal: acknowledged data in the middle is never cut silently.
// Method: flip a bit in every byte of a group that others follow: opening must fail and name place and cure.
TEST(Recovery, RefusesDamageBeforeTheTail) {
    auto config = small_config();
    config.segment_bytes = 64 << 10;
    FaultyDisk disk;
    write_and_die(disk, {std::string(100, 'a'), std::string(100, 'b'), std::string(100, 'c')}, config);
    const auto start = group_position(1, 100);
    const auto record = start + format::group_header_bytes;
    for (std::uint64_t byte = start; byte < record + format::align_up(format::record_header_bytes + 7, 8) + 100;
         ++byte) {
        if (byte == record + format::record_header_bytes + 7) continue;  // one byte of padding behind the tenant
        disk.flip_bit(first_segment, byte, byte % 8);
        const auto found = reopen(disk, config);
        ASSERT_EQ(found.size(), 1u) << byte - start;
        ASSERT_THAT(found[0], ::testing::HasSubstr("corrupt: open journal: j: 0000000001.seg at position 8192"));
        ASSERT_THAT(found[0], ::testing::HasSubstr("ark journal repair j"));
        disk.flip_bit(first_segment, byte, byte % 8);
    }
    EXPECT_EQ(reopen(disk, config).size(), 3u);
}

TEST(Recovery, ACleanStopProtectsTheLastGroup) {
    FaultyDisk disk;
    FakeClock clock;
    {
        const auto journal = open_embedded(disk, small_config(), clock).value();
        ASSERT_TRUE(append(*journal, make_batch("one")).get());
    }
    EXPECT_EQ(reopen(disk), std::vector<std::string>{"one"});
    disk.flip_bit(first_segment, group_position(0, 3) + 100, 0);
    EXPECT_THAT(reopen(disk)[0], ::testing::HasSubstr("corrupt"));
}

TEST(Recovery, RefusesABrokenChain) {
    std::vector<std::string> payloads;
    for (std::uint64_t i = 0; i < 300; ++i)
        payloads.push_back(payload_of(i));
    const auto fresh = [&] {
        auto disk = std::make_unique<FaultyDisk>();
        write_and_die(*disk, payloads);
        return disk;
    };
    {
        const auto disk = fresh();
        ASSERT_TRUE(disk->exists("j/0000000003.seg"));
        ASSERT_TRUE(disk->remove("j/0000000002.seg"));
        EXPECT_THAT(reopen(*disk)[0], ::testing::HasSubstr("0000000002.seg at position 0: the segment is missing"));
    }
    {
        const auto disk = fresh();
        disk->flip_bit("j/0000000002.seg", 40, 1);
        EXPECT_THAT(reopen(*disk)[0], ::testing::HasSubstr("corrupt: open journal: j: 0000000002.seg at position 0"));
    }
    {
        const auto disk = fresh();
        ASSERT_TRUE(disk->remove("j/MANIFEST"));
        EXPECT_THAT(reopen(*disk)[0], ::testing::HasSubstr("corrupt: open journal: j: MANIFEST"));
    }
    {
        const auto disk = fresh();
        disk->flip_bit("j/MANIFEST", 20, 1);
        EXPECT_THAT(reopen(*disk)[0], ::testing::HasSubstr("corrupt: open journal: j: MANIFEST"));
    }
    {
        const auto disk = fresh();
        auto text = disk->contents("j/MANIFEST");
        text.replace(0, 13, "ark-journal 2");
        disk->set_contents("j/MANIFEST", text);
        EXPECT_THAT(reopen(*disk)[0], ::testing::HasSubstr("unsupported"));
    }
}

TEST(Recovery, TellsOfDamageInASealedSegmentWhenItIsRead) {
    std::vector<std::string> payloads;
    for (std::uint64_t i = 0; i < 300; ++i)
        payloads.push_back(payload_of(i));
    FaultyDisk disk;
    write_and_die(disk, payloads);
    disk.flip_bit(first_segment, 8192 + 500, 3);
    FakeClock clock;
    const auto journal = open_embedded(disk, small_config(), clock).value();
    const auto found = read_all(*journal, Offset{0});
    EXPECT_THAT(found.back(), ::testing::HasSubstr("corrupt: j/0000000001.seg at position"));
}

TEST(Recovery, ReadsWithoutFooters) {
    std::vector<std::string> payloads;
    for (std::uint64_t i = 0; i < 300; ++i)
        payloads.push_back(payload_of(i));
    FaultyDisk disk;
    write_and_die(disk, payloads);
    // Where the footer is, the next header says: at 48.
    std::uint64_t footer = 0;
    disk.contents("j/0000000002.seg").copy(reinterpret_cast<char*>(&footer), 8, 48);
    disk.zero(first_segment, footer, 4096);
    EXPECT_EQ(reopen(disk), payloads);
}

// Goal: an old life of a recycled file never comes back.
// Method: retention recycles segments full of large groups, a few small ones follow, the process dies, at several
// lengths.
TEST(Recovery, IgnoresStaleGroupsOfRecycledSegments) {
    auto config = small_config();
    config.retention_bytes = 1;
    config.recycled_segments_max = 4;
    for (std::uint64_t more = 0; more < 40; ++more) {
        FaultyDisk disk;
        FakeClock clock;
        std::string last;
        Offset end;
        {
            const auto journal = open_embedded(disk, config, clock).value();
            for (std::uint64_t i = 0; i < 150 + more; ++i) {
                last = payload_of(i);
                ASSERT_TRUE(append(*journal, make_batch(last)).get());
            }
            end = journal->end();
            ASSERT_LE(journal->status().segments, 2u);
            disk.crash(FaultyDisk::Unsynced::kept);
        }
        const auto journal = open_embedded(disk, config, clock);
        ASSERT_TRUE(journal) << journal.error().message();
        ASSERT_EQ((*journal)->end(), end);
        const auto found = read_all(**journal, (*journal)->begin());
        ASSERT_TRUE(found.empty() || found.back() == last);
    }
}

TEST(Recovery, TakesANewEpochWhenSegmentsAreGone) {
    FaultyDisk disk;
    FakeClock clock;
    Epoch before;
    {
        const auto journal = open_embedded(disk, small_config(), clock).value();
        before = journal->epoch();
        ASSERT_TRUE(append(*journal, make_batch("x")).get());
    }
    ASSERT_TRUE(disk.remove(first_segment));
    const auto journal = open_embedded(disk, small_config(), clock).value();
    EXPECT_NE(journal->epoch(), before);
    EXPECT_EQ(journal->end(), Offset{0});
}

TEST(Recovery, WeakDurabilityKeepsTheEpochUnlessThePowerFailed) {
    auto config = small_config();
    config.durability = Durability::os;
    FaultyDisk disk;
    FakeClock clock;
    Epoch first;
    {
        const auto journal = open_embedded(disk, config, clock).value();
        first = journal->epoch();
        ASSERT_TRUE(append(*journal, make_batch("x")).get());
        disk.crash(FaultyDisk::Unsynced::kept);
    }
    {
        const auto journal = open_embedded(disk, config, clock).value();
        EXPECT_EQ(journal->epoch(), first);
        EXPECT_EQ(journal->end(), Offset{1});
        ASSERT_TRUE(append(*journal, make_batch("y")).get());
    }
    // A clean stop synced it: a restart of the machine changes nothing.
    disk.crash(FaultyDisk::Unsynced::lost);
    {
        const auto journal = open_embedded(disk, config, clock).value();
        EXPECT_EQ(journal->epoch(), first);
        EXPECT_EQ(journal->end(), Offset{2});
        ASSERT_TRUE(append(*journal, make_batch("z")).get());
        disk.crash(FaultyDisk::Unsynced::lost);
    }
    const auto journal = open_embedded(disk, config, clock).value();
    EXPECT_NE(journal->epoch(), first);
    EXPECT_EQ(journal->end(), Offset{2});
}

TEST(Recovery, DropsWhatFollowsAHoleAfterAPowerFailure) {
    auto config = small_config();
    config.durability = Durability::os;
    FaultyDisk disk;
    write_and_die(disk, {"one", "two", "three", "four"}, config);
    disk.zero(first_segment, group_position(1, 3), 4096);
    EXPECT_THAT(reopen(disk, config)[0], ::testing::HasSubstr("corrupt"));  // the same boot: this is rot
    {
        auto manifest = disk.contents("j/MANIFEST");
        disk.crash(FaultyDisk::Unsynced::some);  // another boot
        disk.set_contents(first_segment, disk.contents(first_segment));
    }
    const auto after = reopen(disk, config);
    ASSERT_LE(after.size(), 1u);
    write_and_die(disk, {"five"}, config);
    auto all = after;
    all.push_back("five");
    EXPECT_EQ(reopen(disk, config), all);
}

}  // namespace
}  // namespace ark::journal
