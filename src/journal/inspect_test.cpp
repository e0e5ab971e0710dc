#include "journal/inspect.hpp"

#include "codec/json_writer.hpp"
#include "disk/faulty_disk.hpp"
#include "journal/format.hpp"
#include "journal/patch.hpp"
#include "journal/test_support.hpp"

#include <gmock/gmock.h>

namespace ark::journal {
namespace {

using disk::FaultyDisk;
using testing::append;
using ::testing::HasSubstr;
using testing::make_batch;
using testing::payload_of;
using testing::small_config;

class Inspect : public ::testing::Test {
protected:
    static constexpr std::uint64_t count = 300;

    Inspect() { write(); }

    void write() {
        FakeClock clock;
        const auto journal = open_embedded(disk, small_config(), clock).value();
        epoch = journal->epoch();
        for (std::uint64_t i = 0; i < count; ++i) {
            ASSERT_TRUE(append(*journal, make_batch(payload_of(i), 2, i % 3 == 0 ? "a" : "b")).get());
        }
    }
    static std::string segment(int number) { return "j/000000000" + std::to_string(number) + ".seg"; }

    std::vector<std::string> names() { return disk.list("j").value(); }
    Result<VerifyReport> check() { return verify(disk, "j", {}); }

    /// After repair: opens, is intact, and holds exactly the batches that are not in `lost`.
    void expect_repaired(const RepairReport& report) {
        const auto after = check().value();
        EXPECT_TRUE(after.intact()) << after.to_text();
        FakeClock clock;
        const auto journal = open_embedded(disk, small_config(), clock);
        ASSERT_TRUE(journal) << journal.error().message();
        EXPECT_EQ((*journal)->epoch(), report.epoch);
        std::uint64_t expected = 0;
        const auto lost = [&](std::uint64_t number) {
            for (const auto& range : report.lost) {
                if (Offset{number * 2} >= range.first && Offset{number * 2} < range.end) return true;
            }
            return false;
        };
        const auto reader = (*journal)->reader(Offset{0});
        for (;;) {
            const auto batch = reader->next();
            ASSERT_TRUE(batch) << batch.error().message();
            if (!*batch) break;
            while (lost(expected))
                ++expected;
            ASSERT_EQ((*batch)->base(), Offset{expected * 2});
            ASSERT_EQ((*batch)->payload(), payload_of(expected));
            ++expected;
        }
        while (lost(expected))
            ++expected;
        EXPECT_EQ(expected, count);
        ASSERT_TRUE(append(**journal, make_batch("goes on")).get());
    }

    FaultyDisk disk;
    Epoch epoch;
};

TEST_F(Inspect, VerifiesAnIntactJournal) {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    const auto report = verify(disk, "j", [&](std::uint64_t d, std::uint64_t t) {
                            EXPECT_GE(d, done);
                            done = d;
                            total = t;
                        }).value();
    EXPECT_TRUE(report.intact()) << report.to_text();
    EXPECT_EQ(report.records, count);
    EXPECT_EQ(report.items, count * 2);
    EXPECT_EQ(report.begin, Offset{0});
    EXPECT_EQ(report.end, Offset{count * 2});
    EXPECT_EQ(report.epoch, epoch);
    EXPECT_EQ(report.torn_bytes, 0u);
    EXPECT_EQ(done, total);
    EXPECT_THAT(report.to_text(), HasSubstr("intact\n"));
    std::string json;
    codec::JsonWriter writer(json);
    report.write_json(writer);
    EXPECT_THAT(json, HasSubstr("\"intact\":true"));
}

TEST_F(Inspect, ReportsAllDamageAtOnce) {
    disk.flip_bit(segment(1), 4096 + 400, 0);
    disk.zero(segment(2), 8192, 4096);
    ASSERT_TRUE(disk.remove(segment(3)));
    disk.flip_bit("j/MANIFEST", 30, 0);
    const auto report = check().value();
    EXPECT_EQ(report.damage.size(), 4u) << report.to_text();
    EXPECT_THAT(report.to_text(), HasSubstr("DAMAGED MANIFEST"));
    EXPECT_THAT(report.to_text(), HasSubstr("DAMAGED 0000000001.seg at position 4096"));
    EXPECT_THAT(report.to_text(), HasSubstr("DAMAGED 0000000002.seg at position 8192"));
    EXPECT_THAT(report.to_text(), HasSubstr("DAMAGED 0000000003.seg at position 0, 0 bytes: the segment is missing"));
}

TEST_F(Inspect, IsNotFooledByWhatIsNoJournal) {
    EXPECT_EQ(verify(disk, "elsewhere", {}).error().code, Errc::not_found);
}

TEST_F(Inspect, DumpsRecords) {
    std::vector<std::string> lines;
    DumpOptions options;
    options.from = Offset{11};
    options.until = Offset{20};
    ASSERT_TRUE(dump(disk, "j", options, [&](std::string_view line) { lines.emplace_back(line); }));
    ASSERT_EQ(lines.size(), 5u);
    EXPECT_THAT(lines[0], HasSubstr("10 +2"));
    EXPECT_THAT(lines[0], HasSubstr("traces"));

    lines.clear();
    options.json = true;
    options.payload = true;
    options.tenant = "a";
    ASSERT_TRUE(dump(disk, "j", options, [&](std::string_view line) { lines.emplace_back(line); }));
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_THAT(lines[0],
                HasSubstr("{\"offset\":12,\"items\":2,\"kind\":\"traces\",\"encoding\":\"identity\",\"tenant\":\"a\""));
    EXPECT_THAT(lines[0], HasSubstr("\"payload\":\"62617463682036"));  // "batch 6"
}

TEST_F(Inspect, CountsForStat) {
    const auto report = stat(disk, "j").value();
    EXPECT_EQ(report.records, count);
    EXPECT_EQ(report.trace_items, count * 2);
    EXPECT_EQ(report.log_items, 0u);
    ASSERT_EQ(report.tenants.size(), 2u);
    EXPECT_EQ(report.tenants[0].name, "a");
    EXPECT_EQ(report.tenants[0].records, count / 3);
    EXPECT_FALSE(report.damaged);
    EXPECT_THAT(report.to_text(), HasSubstr("tenant b: 200 records"));
    std::string json;
    codec::JsonWriter writer(json);
    report.write_json(writer);
    EXPECT_THAT(json, HasSubstr("\"tenants\":[{\"name\":\"a\""));
}

TEST_F(Inspect, RepairsNothingWhereNothingIsWrong) {
    const auto before = disk.contents(segment(1));
    const auto report = repair(disk, "j").value();
    EXPECT_FALSE(report.changed);
    EXPECT_EQ(report.epoch, epoch);
    EXPECT_EQ(disk.contents(segment(1)), before);
}

TEST_F(Inspect, RepairNeedsTheLock) {
    const auto lock = disk.lock("j/LOCK");
    EXPECT_EQ(repair(disk, "j").error().code, Errc::conflict);
}

TEST_F(Inspect, RepairKeepsWhatIsIntact) {
    disk.flip_bit(segment(1), 4096 + 400, 0);
    disk.zero(segment(2), 8192, 4096);
    const auto report = repair(disk, "j").value();
    EXPECT_TRUE(report.changed);
    EXPECT_NE(report.epoch, epoch);
    EXPECT_FALSE(report.lost.empty());
    EXPECT_THAT(report.rewritten, ::testing::ElementsAre("0000000001.seg", "0000000002.seg"));
    EXPECT_THAT(names(), ::testing::Contains("0000000001.seg.damaged"));
    EXPECT_THAT(report.to_text(), HasSubstr("lost for good: offsets"));
    expect_repaired(report);
}

TEST_F(Inspect, RepairReplacesAMissingSegment) {
    ASSERT_TRUE(disk.remove(segment(2)));
    const auto report = repair(disk, "j").value();
    ASSERT_EQ(report.lost.size(), 1u);
    EXPECT_GT(report.lost[0].end - report.lost[0].first, 50u);
    expect_repaired(report);
}

TEST_F(Inspect, RepairRebuildsManifestAndHeaderWithoutLoss) {
    ASSERT_TRUE(disk.remove("j/MANIFEST"));
    disk.zero(segment(2), 0, 4096);
    const auto report = repair(disk, "j").value();
    EXPECT_TRUE(report.changed);
    EXPECT_TRUE(report.lost.empty()) << report.to_text();
    expect_repaired(report);
}

TEST_F(Inspect, RepairWritesDownALossThatNothingElseTells) {
    // The end of one segment, its footer, and the header of the next, which knew where it ended.
    disk.zero(segment(2), 100'000, 28 << 10);
    disk.zero(segment(3), 0, 4096);
    const auto report = repair(disk, "j").value();
    ASSERT_EQ(report.lost.size(), 1u) << report.to_text();
    expect_repaired(report);
}

// Goal: whatever is damaged, repair makes a journal that opens, with every batch that verify called intact.
// Method: many seeds; bits flipped, stretches zeroed, files removed, several at once.
TEST_F(Inspect, RepairsRandomDamage) {
    std::map<std::string, std::string> files;
    for (const auto& name : names())
        files["j/" + name] = disk.contents("j/" + name);
    for (std::uint64_t seed = 1; seed <= 60 && !HasFatalFailure(); ++seed) {
        SCOPED_TRACE(seed);
        for (const auto& name : names())
            ASSERT_TRUE(disk.remove("j/" + name));
        for (const auto& [path, bytes] : files)
            disk.set_contents(path, bytes);
        Random random(seed);
        // The last segment stays whole: what is cut from its end is a torn tail by definition.
        const auto segments = stat(disk, "j").value().segments;
        for (auto i = random.below(4) + 1; i > 0; --i) {
            const auto path = segment(1 + static_cast<int>(random.below(segments - 1)));
            const auto at = random.below(128 << 10);
            if (random.chance(0.1)) static_cast<void>(disk.remove(path));
            if (random.chance(0.4)) disk.zero(path, at, random.below(20'000));
            if (random.chance(0.6)) disk.flip_bit(path, at, static_cast<unsigned>(random.below(8)));
        }
        if (!disk.exists(segment(1))) continue;  // then the journal just begins later
        const auto before = check().value();
        const auto report = repair(disk, "j");
        ASSERT_TRUE(report) << report.error().message();
        EXPECT_EQ(report->changed, !before.intact()) << before.to_text();
        expect_repaired(*report);
    }
}

TEST(Repair, SaysWhenMoreIsLostThanItCanStandInFor) {
    DamagedStretch stretch;
    stretch.from = 4096;
    stretch.until = stretch.from + format::block_bytes;
    stretch.end = Offset{1ull << 33};
    EXPECT_TRUE(patch_of(stretch, format::seed_of(1, 1), 1));
    stretch.end = Offset{1ull << 60};
    const auto patch = patch_of(stretch, format::seed_of(1, 1), 1);
    ASSERT_FALSE(patch);
    EXPECT_EQ(patch.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace ark::journal
