#include "emit/outbox.hpp"

#include "disk/faulty_disk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace ark::emit {
namespace {

class OutboxTest : public testing::Test {
protected:
    OutboxTest() {
        config_.directory = "spill";
        config_.file_bytes = 400;
        config_.memory_bytes = 300;
    }
    void open() {
        outbox_.reset();
        auto opened = Outbox::open(disk_, pool_, config_, {"a", "b"});
        ASSERT_TRUE(opened) << opened.error().message();
        outbox_ = std::move(*opened);
    }
    template <class T>
    T run(awaitable<T> task) {
        auto result = asio::co_spawn(context_, std::move(task), asio::use_future);
        context_.restart();
        context_.run();
        return result.get();
    }
    void add(int from, int to) {
        for (int i = from; i < to; ++i) {
            Parcel parcel;
            auto body = std::make_shared<const std::string>(std::string(80, 'x') + std::to_string(i));
            (i % 2 == 0 ? parcel.traces : parcel.logs) = body;
            if (i % 3 == 0) parcel.notes = std::make_shared<const Parcel::Notes>(Parcel::Notes{"note", *body});
            const auto make = [&] { return std::move(parcel); };
            const auto added = run(outbox_->add(make, i % 4 == 0 ? Outbox::Sync::yes : Outbox::Sync::no));
            EXPECT_EQ(!added, outbox_->counters().disk_failed);
        }
    }
    /// Everything that the target gets now, each delivered.
    std::vector<int> take(std::size_t target, std::size_t at_most = 1000) {
        std::vector<int> taken;
        while (taken.size() < at_most) {
            auto next = run(outbox_->next(target, 200));
            if (next.parcels.empty()) break;
            for (const auto& parcel : next.parcels) {
                const auto& body = parcel.traces ? parcel.traces : parcel.logs;
                taken.push_back(std::stoi(body->substr(80)));
                EXPECT_EQ(parcel.traces != nullptr, taken.back() % 2 == 0);
                EXPECT_EQ(parcel.logs != nullptr, taken.back() % 2 == 1);
                EXPECT_EQ(parcel.notes != nullptr, taken.back() % 3 == 0);
                if (parcel.notes) {
                    EXPECT_EQ(*parcel.notes, (Parcel::Notes{"note", *body}));
                }
            }
            outbox_->delivered(target, next.after);
        }
        return taken;
    }
    static std::vector<int> numbers(int from, int to) {
        std::vector<int> all;
        for (int i = from; i < to; ++i)
            all.push_back(i);
        return all;
    }

    disk::FaultyDisk disk_{1};
    asio::io_context context_;
    runtime::WorkPool pool_{1};
    Outbox::Config config_;
    std::unique_ptr<Outbox> outbox_;
};

TEST_F(OutboxTest, EachTargetGetsEverythingInOrderAtItsOwnPace) {
    open();
    add(0, 20);
    EXPECT_EQ(take(0), numbers(0, 20));  // the first of them from disk: memory holds three
    add(20, 22);
    EXPECT_EQ(take(0), numbers(20, 22));
    EXPECT_EQ(take(1), numbers(0, 22));
    EXPECT_EQ(outbox_->counters().waiting_bytes, 0u);
    EXPECT_EQ(disk_.list("spill")->size(), 3u) << "one file to go on with, two places";
}

// Goal: killed at any moment, everything that was added is delivered after the next start, and what was delivered is
// not delivered again.
TEST_F(OutboxTest, GoesOnAfterKill) {
    open();
    add(0, 10);
    const auto first = take(0, 4);
    disk_.crash(disk::FaultyDisk::Unsynced::kept);
    open();
    add(10, 12);
    auto rest = take(0);
    rest.insert(rest.begin(), first.begin(), first.end());
    EXPECT_EQ(rest, numbers(0, 12));
    EXPECT_EQ(take(1), numbers(0, 12));
}

TEST_F(OutboxTest, BeyondItsBoundTheOldestGoes) {
    config_.bytes_max = 1000;
    open();
    add(0, 40);
    const auto taken = take(0);
    ASSERT_FALSE(taken.empty());
    EXPECT_EQ(taken.back(), 39);
    EXPECT_EQ(taken, numbers(taken.front(), 40));
    EXPECT_GT(taken.front(), 0);
    EXPECT_GT(outbox_->counters().dropped_parcels, 0u);
}

TEST_F(OutboxTest, WithoutADiskMemoryIsWhatThereIs) {
    open();
    add(0, 1);
    disk_.fail_write(1, 5);
    add(1, 20);
    EXPECT_TRUE(outbox_->counters().disk_failed);
    const auto taken = take(0);
    ASSERT_FALSE(taken.empty());
    EXPECT_EQ(taken.back(), 19);
    EXPECT_GT(outbox_->counters().dropped_parcels, 0u);
    // The next start finds what had been written, and works.
    disk_.crash(disk::FaultyDisk::Unsynced::kept);
    open();
    add(20, 21);
    EXPECT_EQ(take(1).back(), 20);
}

// Goal: a disk that was full and is no longer loses nothing that memory held, and the next process finds it all.
TEST_F(OutboxTest, GoesOnWhenTheDiskTakesWritesAgain) {
    config_.memory_bytes = 10'000;
    open();
    add(0, 7);
    disk_.set_capacity(0);
    add(7, 12);
    EXPECT_TRUE(outbox_->counters().disk_failed);
    EXPECT_FALSE(run(outbox_->mend()));
    const auto first = take(0, 3);
    add(12, 14);
    disk_.set_capacity(std::nullopt);
    EXPECT_TRUE(run(outbox_->mend()));
    EXPECT_FALSE(outbox_->counters().disk_failed);
    EXPECT_EQ(outbox_->counters().dropped_parcels, 0u);
    add(14, 20);
    disk_.crash(disk::FaultyDisk::Unsynced::kept);
    open();
    auto rest = take(0);
    EXPECT_EQ(rest.back(), 19);
    EXPECT_EQ(rest.size() + first.size(), 20u) << "each once";
    EXPECT_EQ(take(1), numbers(0, 20));
}

// Goal: what was written without a sync before a sync that failed may be gone with the page cache: it is written again.
TEST_F(OutboxTest, WritesAgainWhatAFailedSyncLeftUnsure) {
    config_.file_bytes = 100'000;
    config_.memory_bytes = 10'000;
    open();
    add(0, 8);  // 4 was synced last
    disk_.fail_sync(1);
    add(8, 10);
    EXPECT_TRUE(outbox_->counters().disk_failed);
    EXPECT_TRUE(run(outbox_->mend()));
    disk_.crash(disk::FaultyDisk::Unsynced::lost);
    open();
    EXPECT_EQ(take(1), numbers(0, 10));
    add(10, 11);
    EXPECT_EQ(take(1), numbers(10, 11));
}

// Goal: killed within a mend, what the file that failed still holds is there.
// Method: the disk fails once more at each write of the mend in turn, and the process dies.
TEST_F(OutboxTest, AMendThatDoesNotEndTakesNothingAway) {
    for (std::uint64_t write = 1; write < 5; ++write) {
        disk_.crash(disk::FaultyDisk::Unsynced::lost);
        for (const auto& name : disk_.exists("spill") ? *disk_.list("spill") : std::vector<std::string>())
            EXPECT_TRUE(disk_.remove("spill/" + name));
        config_.file_bytes = 100'000;
        config_.memory_bytes = 10'000;
        open();
        add(1, 4);
        disk_.fail_write(1, 5);
        add(5, 6);
        disk_.fail_write(write, 120);
        const auto status = run(outbox_->mend());
        disk_.crash(disk::FaultyDisk::Unsynced::kept);
        open();
        // From its second write on (the places) the new file is there, and has everything.
        EXPECT_EQ(static_cast<bool>(status), write == 4);
        EXPECT_EQ(take(0), write == 1 ? numbers(1, 4) : (std::vector<int>{1, 2, 3, 5})) << write;
    }
}

}  // namespace
}  // namespace ark::emit
