#include "journal/tail_cache.hpp"

#include "disk/faulty_disk.hpp"
#include "journal/test_support.hpp"

#include <gtest/gtest.h>

namespace ark::journal {
namespace {

constexpr std::uint64_t batch_bytes = 32u << 10;  // more than is handed out together

/// A cache for some twenty batches, and the batches of one item that went through it.
struct World {
    TailCache cache{20 * batch_bytes};
    std::uint64_t end = 0;

    void push(std::uint64_t count) {
        for (; count > 0; --count, ++end) {
            auto batch = testing::make_batch(std::string(batch_bytes - 1024, 'x'));
            batch->assign_base(Offset{end});
            const model::BatchPtr one = std::move(batch);
            cache.push({&one, 1});
        }
    }
    std::deque<model::BatchPtr> find(std::uint64_t offset, Held* held) const {
        std::deque<model::BatchPtr> found;
        cache.find(Offset{offset}, found, held);
        return found;
    }
};

// Goal: who is near the end takes what it reads next, and who is about to lose it everything; what is not here any more
// is not found.
TEST(TailCache, WhoFallsBehindIsGivenAllThereIs) {
    World world;
    Held held;
    EXPECT_TRUE(world.find(0, &held).empty());
    world.push(100);
    EXPECT_TRUE(world.find(100, &held).empty());
    EXPECT_TRUE(world.find(10, &held).empty());
    const auto near = world.find(95, &held);
    ASSERT_EQ(near.size(), 1u);
    EXPECT_EQ(near.front()->base(), Offset{95});
    EXPECT_FALSE(held.any());

    EXPECT_EQ(world.find(83, nullptr).size(), 1u) << "who looks up an item needs no more";
    auto all = world.find(83, &held);
    ASSERT_EQ(all.size(), 17u);
    EXPECT_EQ(all.front()->base(), Offset{83});
    EXPECT_EQ(all.back()->end(), Offset{100});
    EXPECT_TRUE(held.any());
    world.push(10);
    world.cache.find_more(all, held);
    ASSERT_EQ(all.size(), 27u);
    EXPECT_EQ(all.back()->end(), Offset{110});
    world.cache.find_more(all, held);
    EXPECT_EQ(all.size(), 27u);
    world.push(50);
    world.cache.find_more(all, held);
    EXPECT_EQ(all.size(), 27u) << "a hole is not stepped over";
}

// Goal: all readers together hold no more than twice what the cache has; the others get what they read next.
TEST(TailCache, WhatReadersHoldHasABound) {
    World world;
    world.push(100);
    std::deque<Held> readers;
    std::uint64_t batches = 0;
    for (int i = 0; i < 8; ++i) {
        const auto found = world.find(83, &readers.emplace_back());
        ASSERT_FALSE(found.empty());
        if (readers.back().any()) batches += found.size();
    }
    EXPECT_GE(batches, 34u);
    EXPECT_LE(batches, 44u);
    EXPECT_FALSE(readers.back().any());
    EXPECT_EQ(world.find(83, &readers.back()).size(), 1u);
    readers.pop_front();
    EXPECT_GE(world.find(83, &readers.back()).size(), 17u) << "what one let go of";
}

// Goal: a reader that has fallen behind reads on without a hole, whatever was dropped meanwhile, and after seeks.
TEST(TailCache, ReadersGoOnFromWhatTheyHold) {
    disk::FaultyDisk disk;
    FakeClock clock;
    auto config = testing::small_config();
    config.tail_bytes_max = 64 << 10;
    auto opened = open_embedded(disk, config, clock);
    ASSERT_TRUE(opened);
    auto& journal = **opened;
    std::vector<std::string> payloads;
    const auto add = [&](std::uint64_t count) {
        for (; count > 0; --count) {
            payloads.push_back(testing::payload_of(payloads.size()));
            ASSERT_TRUE(testing::append(journal, testing::make_batch(payloads.back())).get());
        }
    };
    add(60);
    const auto reader = journal.reader(Offset{20});
    std::uint64_t next = 20;
    const auto expect = [&](std::uint64_t count) {
        for (; count > 0; --count, ++next) {
            const auto batch = reader->next();
            ASSERT_TRUE(batch);
            ASSERT_TRUE(*batch);
            ASSERT_EQ((*batch)->payload(), payloads[next]) << next;
        }
    };
    expect(10);
    add(30);
    expect(20);
    add(100);
    expect(40);
    next = 100;
    reader->seek(Offset{next});
    expect(30);
    next = 15;
    reader->seek(Offset{next});
    expect(payloads.size() - next);
    const auto nothing = reader->next();
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(*nothing);
    journal.stop();
}

}  // namespace
}  // namespace ark::journal
