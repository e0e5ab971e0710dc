#include "journal/retention.hpp"

#include "disk/faulty_disk.hpp"
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

void fill(Journal& journal, int count) {
    for (int i = 0; i < count; ++i)
        ASSERT_TRUE(append(journal, make_batch(payload_of(static_cast<std::uint64_t>(i)))).get());
}

TEST(Retention, KeepsTheSizeAndRecyclesSegments) {
    FaultyDisk disk;
    FakeClock clock;
    auto config = small_config();
    config.retention_bytes = 3 * config.segment_bytes;
    const auto journal = open_embedded(disk, config, clock).value();
    fill(*journal, 600);
    const auto status = journal->status();
    EXPECT_LE(status.segments, 4u);
    EXPECT_GT(status.begin, Offset{0});
    EXPECT_EQ(read_all(*journal, status.begin).size(), status.end - status.begin);
    unsigned spares = 0;
    for (const auto& name : disk.list("j").value())
        spares += name.starts_with("spare-") ? 1 : 0;
    EXPECT_LE(spares, config.recycled_segments_max);
}

TEST(Retention, ForgetsByAge) {
    FaultyDisk disk;
    FakeClock clock;
    auto config = small_config();
    config.retention_age = std::chrono::hours(1);
    const auto journal = open_embedded(disk, config, clock).value();
    fill(*journal, 200);
    ASSERT_EQ(journal->begin(), Offset{0});
    clock.advance_ms(3'601'000);
    fill(*journal, 1);
    journal->stop();  // the writer looks at retention after it has acknowledged
    EXPECT_GT(journal->begin(), Offset{0});
    EXPECT_EQ(journal->status().segments, 1u);  // the last one stays, whatever its age
}

TEST(Retention, NeverPassesAPin) {
    FaultyDisk disk;
    FakeClock clock;
    auto config = small_config();
    config.retention_bytes = 1;
    const auto journal = open_embedded(disk, config, clock).value();
    journal->pin("sink", Offset{0});
    journal->pin("other", Offset{500});
    fill(*journal, 300);
    EXPECT_EQ(journal->begin(), Offset{0});
    journal->pin("sink", Offset{100});
    fill(*journal, 100);
    EXPECT_GT(journal->begin(), Offset{0});
    EXPECT_LE(journal->begin(), Offset{100});
    journal->unpin("sink");
    journal->unpin("other");
    fill(*journal, 100);
    EXPECT_GT(journal->begin(), Offset{300});
}

TEST(Retention, TriesAgainWhenASegmentCannotBeGivenAway) {
    FakeClock clock;
    auto config = small_config();
    config.retention_age = std::chrono::hours(1);
    for (std::uint64_t nth = 1; nth <= 6; ++nth) {
        FaultyDisk disk;
        {
            const auto journal = open_embedded(disk, config, clock).value();
            fill(*journal, 200);
            clock.advance_ms(3'601'000);
            disk.fail_sync(nth);  // of a group, or of the directory while a segment is given away
            static_cast<void>(append(*journal, make_batch("x")).get());
            clock.advance_ms(2'000);
            static_cast<void>(append(*journal, make_batch("y")).get());
        }
        const auto journal = open_embedded(disk, config, clock);
        ASSERT_TRUE(journal) << journal.error().message();
        EXPECT_FALSE(read_all(**journal, (*journal)->begin()).empty());
    }
}

TEST(Retention, TellsReadersThatTheyAreTooLate) {
    FaultyDisk disk;
    FakeClock clock;
    auto config = small_config();
    config.retention_bytes = 1;
    config.tail_bytes_max = 0;
    const auto journal = open_embedded(disk, config, clock).value();
    fill(*journal, 1);
    const auto reader = journal->reader(Offset{0});
    ASSERT_TRUE(reader->next().value());
    fill(*journal, 400);
    EXPECT_EQ(reader->next().error().code, Errc::expired);
    reader->seek(journal->begin());
    EXPECT_TRUE(reader->next());
    EXPECT_EQ(journal->reader(Offset{0})->next().error().code, Errc::expired);
}

}  // namespace
}  // namespace ark::journal
