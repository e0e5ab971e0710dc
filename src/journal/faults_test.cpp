#include "disk/faulty_disk.hpp"
#include "journal/test_support.hpp"

#include <map>
#include <set>

#include <gmock/gmock.h>

namespace ark::journal {
namespace {

using disk::FaultyDisk;
using testing::append;
using testing::make_batch;
using testing::payload_of;
using testing::read_all;
using testing::small_config;

TEST(Faults, RefusesAppendsAfterAFailedSync) {
    FaultyDisk disk;
    FakeClock clock;
    const auto journal = open_embedded(disk, small_config(), clock).value();
    ASSERT_TRUE(append(*journal, make_batch("one")).get());
    disk.fail_sync(1);
    EXPECT_EQ(append(*journal, make_batch("two")).get().error().code, Errc::journal_failed);
    EXPECT_EQ(append(*journal, make_batch("three")).get().error().code, Errc::journal_failed);
    EXPECT_TRUE(journal->status().failed);
    EXPECT_THAT(journal->status().failure, ::testing::HasSubstr("injected"));
    // What was durable stays readable, what was not never becomes visible.
    EXPECT_EQ(read_all(*journal, Offset{0}), std::vector<std::string>{"one"});
}

TEST(Faults, RefusesAppendsAfterAFailedWrite) {
    FaultyDisk disk;
    FakeClock clock;
    {
        const auto journal = open_embedded(disk, small_config(), clock).value();
        ASSERT_TRUE(append(*journal, make_batch("one")).get());
        disk.fail_write(1, 700);
        EXPECT_EQ(append(*journal, make_batch(std::string(2000, 'x'))).get().error().code, Errc::journal_failed);
        EXPECT_EQ(append(*journal, make_batch("three")).get().error().code, Errc::journal_failed);
    }
    const auto journal = open_embedded(disk, small_config(), clock).value();  // the cure is a restart
    ASSERT_TRUE(append(*journal, make_batch("four")).get());
    EXPECT_EQ(read_all(*journal, Offset{0}), (std::vector<std::string>{"one", "four"}));
}

TEST(Faults, StaysUsableWhenTheDiskIsFull) {
    FaultyDisk disk;
    FakeClock clock;
    const auto journal = open_embedded(disk, small_config(), clock).value();
    disk.set_capacity(200 << 10);  // the first segment and some change
    std::vector<std::string> wrote;
    std::uint64_t number = 0;
    const auto write_until_full = [&] {
        for (;; ++number) {
            const auto receipt = append(*journal, make_batch(payload_of(number))).get();
            if (!receipt) return receipt.error().code;
            EXPECT_EQ(receipt->first, Offset{wrote.size()});
            wrote.push_back(payload_of(number));
        }
    };
    EXPECT_EQ(write_until_full(), Errc::disk_full);
    EXPECT_EQ(append(*journal, make_batch(payload_of(5))).get().error().code, Errc::disk_full);
    EXPECT_FALSE(journal->status().failed);
    disk.set_capacity(400 << 10);
    EXPECT_EQ(write_until_full(), Errc::disk_full);
    EXPECT_GT(wrote.size(), 60u);
    EXPECT_EQ(read_all(*journal, Offset{0}), wrote);
}

TEST(Faults, ReportsReadErrors) {
    FaultyDisk disk;
    FakeClock clock;
    auto config = small_config();
    config.tail_bytes_max = 0;
    const auto journal = open_embedded(disk, config, clock).value();
    ASSERT_TRUE(append(*journal, make_batch("one")).get());
    ASSERT_TRUE(append(*journal, make_batch("two")).get());
    const auto reader = journal->reader(Offset{0});
    disk.fail_reads(true);
    EXPECT_EQ(reader->next().error().code, Errc::io);
    disk.fail_reads(false);
    EXPECT_EQ(reader->next().value()->payload(), "one");  // the position did not move
}

// Goal: a segment whose name is not durable yet carries no promise.
// Method: the sync of the directory fails after a segment was named; the process restarts; then the power fails.
TEST(Faults, MakesNamesDurableBeforeUsingThem) {
    FakeClock clock;
    for (std::uint64_t nth = 1; nth <= 8; ++nth) {
        FaultyDisk disk;
        auto config = small_config();
        config.segment_bytes = 64 << 10;
        {
            const auto journal = open_embedded(disk, config, clock).value();
            ASSERT_TRUE(append(*journal, make_batch(std::string(55'000, 'a'))).get());
            disk.fail_sync(nth);
            static_cast<void>(append(*journal, make_batch(std::string(20'000, 'b'))).get());  // begins a segment
            disk.crash(FaultyDisk::Unsynced::kept);
            disk.fail_sync(1'000'000);
        }
        Offset end;
        {
            const auto journal = open_embedded(disk, config, clock).value();
            const auto receipt = append(*journal, make_batch("promised")).get();
            ASSERT_TRUE(receipt);
            end = receipt->end;
            disk.crash(FaultyDisk::Unsynced::lost);
        }
        const auto journal = open_embedded(disk, config, clock);
        ASSERT_TRUE(journal) << journal.error().message();
        EXPECT_EQ((*journal)->end(), end);
        EXPECT_EQ(read_all(**journal, Offset{0}).back(), "promised");
    }
}

/// One journal's life story over many crashes, with everything that was promised.
class CrashLoop {
public:
    CrashLoop(std::uint64_t seed, Durability durability) : random_(seed), disk_(seed * 31 + 7) {
        config_ = small_config();
        config_.segment_bytes = 64 << 10;
        config_.durability = durability;
        config_.group = std::chrono::milliseconds(1);
        config_.tail_bytes_max = random_.below(2) * 8192;
    }

    void run() {
        for (int life = 0; life < 4; ++life) {
            live();
            if (::testing::Test::HasFatalFailure()) return;
        }
    }

private:
    void live() {
        auto opened = open_embedded(disk_, config_, clock_);
        ASSERT_TRUE(opened) << opened.error().message();
        check(**opened);
        if (::testing::Test::HasFatalFailure()) return;
        arm();
        const bool clean = random_.chance(0.2);
        std::vector<std::pair<std::string, std::future<Result<Receipt>>>> waiting;
        const auto count = random_.below(40);
        for (std::uint64_t i = 0; i < count; ++i) {
            auto payload = payload_of(++number_, random_.chance(0.1) ? 30'000 : 2'000);
            sent_.push_back(payload);
            auto batch = make_batch(payload, 1 + static_cast<std::uint32_t>(random_.below(5)));
            waiting.emplace_back(std::move(payload), append(**opened, std::move(batch)));
            if (random_.chance(0.3)) waiting.back().second.wait();
        }
        if (!clean) crash();
        opened->reset();
        if (clean) crash();
        for (auto& [payload, future] : waiting) {
            const auto receipt = future.get();
            if (receipt) promised_[receipt->first.value()] = payload;
        }
    }

    void arm() {
        if (random_.chance(0.3)) disk_.fail_write(1 + random_.below(30), random_.below(5000));
        if (random_.chance(0.2)) disk_.fail_sync(1 + random_.below(30));
        if (random_.chance(0.2)) {
            disk_.set_capacity(random_.below(256 << 10));
        } else {
            disk_.set_capacity(std::nullopt);
        }
    }

    void crash() {
        static constexpr FaultyDisk::Unsynced all[] = {FaultyDisk::Unsynced::lost, FaultyDisk::Unsynced::some,
                                                       FaultyDisk::Unsynced::kept};
        const auto how = all[random_.below(3)];
        power_failed_ = how != FaultyDisk::Unsynced::kept;
        disk_.crash(how);
        disk_.set_capacity(std::nullopt);
        disk_.fail_write(1'000'000);
        disk_.fail_sync(1'000'000);
    }

    /// Every promise is kept, in order, once, and nothing is there that was not sent.
    void check(Journal& journal) {
        const auto reader = journal.reader(journal.begin());
        std::map<std::uint64_t, std::string> found;
        Offset next = journal.begin();
        std::size_t sent_at = 0;
        for (;;) {
            const auto batch = reader->next();
            ASSERT_TRUE(batch) << batch.error().message();
            if (!*batch) break;
            ASSERT_EQ((*batch)->base(), next);
            next = (*batch)->end();
            const std::string payload((*batch)->payload());
            while (sent_at < sent_.size() && sent_[sent_at] != payload)
                ++sent_at;
            ASSERT_LT(sent_at, sent_.size())
                << "a phantom, a repetition, or out of order at " << (*batch)->base().value();
            ++sent_at;
            found[(*batch)->base().value()] = payload;
        }
        ASSERT_EQ(next, journal.end());
        const bool may_lose = config_.durability != Durability::sync && power_failed_;
        for (const auto& [offset, payload] : promised_) {
            const auto there = found.find(offset);
            if (there == found.end() || there->second != payload) {
                ASSERT_TRUE(may_lose) << "lost what was promised at " << offset;
                ASSERT_NE(journal.epoch(), epoch_) << "lost items, and old cursors would still be believed";
            }
        }
        promised_ = std::move(found);
        epoch_ = journal.epoch();
    }

    Random random_;
    FaultyDisk disk_;
    FakeClock clock_;
    EmbeddedConfig config_;
    std::uint64_t number_ = 0;
    std::vector<std::string> sent_;                  // in order
    std::map<std::uint64_t, std::string> promised_;  // by offset
    Epoch epoch_;
    bool power_failed_ = false;
};

// Goal: whatever fails and however it crashes, what was acknowledged is there, in order, and nothing else.
// Method: many seeds, four lives each, with failing writes and syncs, full disks, power failures that keep a random
// part.
TEST(Faults, KeepsEveryPromiseOverCrashes) {
    for (std::uint64_t seed = 1; seed <= 200 && !HasFatalFailure(); ++seed) {
        SCOPED_TRACE(seed);
        CrashLoop(seed, Durability::sync).run();
    }
}

TEST(Faults, LosesOnlyASuffixWithWeakDurability) {
    for (std::uint64_t seed = 1; seed <= 50 && !HasFatalFailure(); ++seed) {
        SCOPED_TRACE(seed);
        CrashLoop(seed, Durability::os).run();
        CrashLoop(seed, Durability::group).run();
    }
}

}  // namespace
}  // namespace ark::journal
