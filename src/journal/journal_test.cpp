#include "codec/compression.hpp"
#include "disk/faulty_disk.hpp"
#include "journal/test_support.hpp"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <unistd.h>

namespace ark::journal {
namespace {

using testing::append;
using testing::make_batch;
using testing::payload_of;
using testing::read_all;
using testing::small_config;

std::unique_ptr<Journal> open(disk::Disk& disk, const EmbeddedConfig& config, Clock& clock) {
    auto journal = open_embedded(disk, config, clock);
    EXPECT_TRUE(journal) << (journal ? "" : journal.error().message());
    return journal ? std::move(*journal) : nullptr;
}

class TemporaryDirectory {
public:
    TemporaryDirectory()
        : path(std::filesystem::temp_directory_path() / ("ark-journal-" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(path);
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path); }
    const std::filesystem::path path;
};

TEST(Journal, GivesContiguousOffsetsInCallOrder) {
    disk::FaultyDisk disk;
    FakeClock clock;
    const auto journal = open(disk, small_config(), clock);
    std::vector<std::future<Result<Receipt>>> waiting;
    for (std::uint32_t i = 0; i < 100; ++i)
        waiting.push_back(append(*journal, make_batch(payload_of(i), i % 7 + 1)));
    Offset expected;
    for (std::uint32_t i = 0; i < 100; ++i) {
        const auto receipt = waiting[i].get();
        ASSERT_TRUE(receipt);
        EXPECT_EQ(receipt->first, expected);
        expected = expected + (i % 7 + 1);
        EXPECT_EQ(receipt->end, expected);
        EXPECT_EQ(receipt->epoch, journal->epoch());
    }
    EXPECT_EQ(journal->end(), expected);
}

TEST(Journal, ReadsTheSameAfterReopening) {
    const TemporaryDirectory directory;
    FakeClock clock;
    auto config = small_config(directory.path.string());
    std::vector<std::string> wrote;
    Epoch epoch;
    {
        const auto journal = open(disk::real_disk(), config, clock);
        epoch = journal->epoch();
        for (std::uint64_t i = 0; i < 300; ++i) {
            wrote.push_back(payload_of(i));
            ASSERT_TRUE(append(*journal, make_batch(wrote.back(), 3)).get());
        }
        EXPECT_EQ(read_all(*journal, Offset{0}), wrote);
        EXPECT_GT(journal->status().segments, 3u);
    }
    const auto journal = open(disk::real_disk(), config, clock);
    EXPECT_EQ(journal->epoch(), epoch);
    EXPECT_EQ(journal->end(), Offset{900});
    EXPECT_EQ(read_all(*journal, Offset{0}), wrote);
    ASSERT_TRUE(append(*journal, make_batch("one more")).get());
    wrote.push_back("one more");
    EXPECT_EQ(read_all(*journal, Offset{0}), wrote);
}

TEST(Journal, FindsTheBatchOfAnyOffset) {
    disk::FaultyDisk disk;
    FakeClock clock;
    const auto journal = open(disk, small_config(), clock);
    for (std::uint64_t i = 0; i < 500; ++i)
        ASSERT_TRUE(append(*journal, make_batch(payload_of(i), 2)).get());
    const auto reader = journal->reader(Offset{0});
    Random random(3);
    for (int i = 0; i < 2000; ++i) {
        const auto offset = random.below(1000);
        reader->seek(Offset{offset});
        const auto batch = reader->next();
        ASSERT_TRUE(batch) << batch.error().message();
        ASSERT_TRUE(*batch);
        EXPECT_EQ((*batch)->payload(), payload_of(offset / 2));
        EXPECT_EQ((*batch)->base(), Offset{offset / 2 * 2});
        EXPECT_EQ(reader->position(), (*batch)->end());
    }
}

TEST(Journal, KeepsEverythingAboutABatch) {
    disk::FaultyDisk disk;
    FakeClock clock;
    auto config = small_config();
    config.tail_bytes_max = 0;
    const auto journal = open(disk, config, clock);
    const std::string text(5000, 'x');
    for (const auto encoding : {model::Encoding::identity, model::Encoding::gzip, model::Encoding::zstd}) {
        model::BatchHeader header;
        header.kind = model::BatchKind::logs;
        header.encoding = encoding;
        header.item_count = 5;
        header.received = UnixNanos{11};
        header.time_min = UnixNanos{12};
        header.time_max = UnixNanos{13};
        header.tenant = "team-a";
        Buffer wire = Buffer::copy_of(text);
        if (encoding == model::Encoding::gzip) wire = codec::gzip(text);
        if (encoding == model::Encoding::zstd) wire = codec::zstd(text);
        auto batch = encoding == model::Encoding::identity
                         ? std::make_shared<model::Batch>(header, std::move(wire))
                         : std::make_shared<model::Batch>(header, std::move(wire), Buffer::copy_of(text));
        ASSERT_TRUE(append(*journal, batch).get());
        ASSERT_TRUE(append(*journal, make_batch("pushes the one before out of memory")).get());

        const auto reader = journal->reader(batch->base());
        const auto read = reader->next();
        ASSERT_TRUE(read && *read);
        EXPECT_NE(read->get(), batch.get());
        EXPECT_EQ((*read)->payload(), text);
        EXPECT_EQ((*read)->wire(), batch->wire());
        EXPECT_EQ((*read)->header().kind, model::BatchKind::logs);
        EXPECT_EQ((*read)->header().encoding, encoding);
        EXPECT_EQ((*read)->header().item_count, 5u);
        EXPECT_EQ((*read)->header().received, UnixNanos{11});
        EXPECT_EQ((*read)->header().time_min, UnixNanos{12});
        EXPECT_EQ((*read)->header().time_max, UnixNanos{13});
        EXPECT_EQ((*read)->header().tenant, "team-a");
    }
}

TEST(Journal, FollowersAtTheEndGetTheSameObject) {
    disk::FaultyDisk disk;
    FakeClock clock;
    const auto journal = open(disk, small_config(), clock);
    const auto reader = journal->reader(Offset{0});
    EXPECT_EQ(reader->next().value(), nullptr);
    const auto batch = make_batch("hello");
    ASSERT_TRUE(append(*journal, batch).get());
    disk.fail_reads(true);
    EXPECT_EQ(reader->next().value().get(), batch.get());
    EXPECT_EQ(reader->next().value(), nullptr);
}

TEST(Journal, TakesARecordLargerThanASegment) {
    disk::FaultyDisk disk;
    FakeClock clock;
    auto config = small_config();
    const std::string large(1 << 20, 'L');
    {
        const auto journal = open(disk, config, clock);
        ASSERT_TRUE(append(*journal, make_batch("before")).get());
        ASSERT_TRUE(append(*journal, make_batch(large)).get());
        ASSERT_TRUE(append(*journal, make_batch("behind")).get());
    }
    const auto journal = open(disk, config, clock);
    EXPECT_EQ(read_all(*journal, Offset{0}), (std::vector<std::string>{"before", large, "behind"}));
}

TEST(Journal, RefusesWhatCannotBeWritten) {
    disk::FaultyDisk disk;
    FakeClock clock;
    auto config = small_config();
    config.pending_bytes_max = 1 << 20;
    const auto journal = open(disk, config, clock);
    EXPECT_EQ(append(*journal, make_batch("no items", 0)).get().error().code, Errc::bad_argument);
    EXPECT_EQ(append(*journal, make_batch("x", 1, std::string(129, 't'))).get().error().code, Errc::bad_argument);
    EXPECT_EQ(append(*journal, make_batch(std::string(2 << 20, 'x'))).get().error().code, Errc::too_large);
    journal->stop();
    EXPECT_EQ(append(*journal, make_batch("late")).get().error().code, Errc::stopped);
    EXPECT_EQ(journal->end(), Offset{0});
}

TEST(Journal, IsLockedWhileOpen) {
    disk::FaultyDisk disk;
    FakeClock clock;
    auto journal = open(disk, small_config(), clock);
    EXPECT_EQ(open_embedded(disk, small_config(), clock).error().code, Errc::conflict);
    journal.reset();
    EXPECT_TRUE(open_embedded(disk, small_config(), clock));
}

TEST(Journal, TellsListenersUntilTheTokenIsGone) {
    disk::FaultyDisk disk;
    FakeClock clock;
    const auto journal = open(disk, small_config(), clock);
    std::atomic<std::uint64_t> seen{0};
    auto token = journal->on_end([&](Offset end) { seen = end.value(); });
    ASSERT_TRUE(append(*journal, make_batch("a", 4)).get());
    while (seen == 0)  // the sender hears first
        std::this_thread::yield();
    EXPECT_EQ(seen, 4u);
    token.reset();
    ASSERT_TRUE(append(*journal, make_batch("b", 4)).get());
    EXPECT_EQ(seen, 4u);
}

TEST(Journal, ReportsItsStatus) {
    disk::FaultyDisk disk;
    FakeClock clock;
    const auto journal = open(disk, small_config(), clock);
    EXPECT_EQ(journal->status().oldest_received, UnixNanos{});
    ASSERT_TRUE(append(*journal, make_batch("a")).get());
    const auto status = journal->status();
    EXPECT_EQ(status.durability, "sync");
    EXPECT_EQ(status.appends_total, 1u);
    EXPECT_EQ(status.groups_total, 1u);
    EXPECT_EQ(status.segments, 1u);
    EXPECT_EQ(status.bytes, 128u << 10);
    EXPECT_EQ(status.oldest_received, UnixNanos{1'700'000'000'000'000'000});
    EXPECT_FALSE(status.failed);
}

// Goal: many producers and followers at once see one order, complete.
// Method: four threads append, each checks its own order; two readers follow from 0 to the end while it moves.
TEST(Journal, ServesManyThreads) {
    disk::FaultyDisk disk;
    Clock& clock = system_clock();
    const auto journal = open(disk, small_config(), clock);
    constexpr std::uint64_t each = 300;
    constexpr std::uint64_t producers = 4;
    std::vector<std::thread> threads;
    for (std::uint64_t p = 0; p < producers; ++p) {
        threads.emplace_back([&, p] {
            std::optional<Offset> before;
            for (std::uint64_t i = 0; i < each; ++i) {
                const auto receipt = append(*journal, make_batch(payload_of(p * each + i, 800))).get();
                ASSERT_TRUE(receipt) << receipt.error().message();
                if (before) {
                    ASSERT_GT(receipt->first, *before);
                }
                before = receipt->first;
            }
        });
    }
    for (int r = 0; r < 2; ++r) {
        threads.emplace_back([&] {
            const auto reader = journal->reader(Offset{0});
            std::uint64_t count = 0;
            while (count < each * producers) {
                const auto batch = reader->next();
                ASSERT_TRUE(batch) << batch.error().message();
                if (!*batch) {
                    std::this_thread::yield();
                    continue;
                }
                ASSERT_EQ((*batch)->base(), Offset{count});
                ++count;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(journal->end(), Offset{each * producers});
}

}  // namespace
}  // namespace ark::journal
