#include "store/kv.hpp"

#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>
namespace ark::store {
namespace {

class KvTest : public testing::Test {
protected:
    KvTest() {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        config.directory = testing::TempDir() + "ark_kv_" + test->name();
        std::filesystem::remove_all(config.directory);
        config.memtable_bytes = 1u << 20;
        config.cache_bytes = 1u << 20;
    }
    ~KvTest() override { std::filesystem::remove_all(config.directory); }

    std::unique_ptr<Kv> open() {
        auto kv = Kv::open(config);
        EXPECT_TRUE(kv) << (kv ? "" : kv.error().message());
        return std::move(*kv);
    }

    KvConfig config;
};

std::string text(const Result<std::optional<std::string>>& value) {
    if (!value) return "error";
    return *value ? **value : "none";
}

TEST_F(KvTest, CommitsAllSpacesTogetherAndSurvivesReopenAfterFlush) {
    auto kv = open();
    WriteBatch batch;
    batch.put(Space::ids, "k", "1");
    batch.put(Space::rows, "k", "2");
    batch.put(Space::postings, "k", "3");
    EXPECT_GT(batch.bytes(), 0u);
    ASSERT_TRUE(kv->commit(batch));
    EXPECT_EQ(batch.bytes(), 0u);
    ASSERT_TRUE(kv->flush());
    kv.reset();
    kv = open();
    EXPECT_EQ(text(kv->get(Space::ids, "k")), "1");
    EXPECT_EQ(text(kv->get(Space::rows, "k")), "2");
    EXPECT_EQ(text(kv->get(Space::postings, "k")), "3");
    EXPECT_EQ(text(kv->get(Space::rows, "other")), "none");
    EXPECT_GT(kv->bytes_on_disk(), 0u);
    EXPECT_GT(kv->bytes_in_memory(), 0u);
}

TEST_F(KvTest, RemovesKeysAndRanges) {
    auto kv = open();
    WriteBatch batch;
    for (const char* key : {"a", "b", "c", "d"})
        batch.put(Space::projected, key, "x");
    batch.remove(Space::projected, "a");
    batch.remove_range(Space::projected, "b", "d");
    ASSERT_TRUE(kv->commit(batch));
    EXPECT_EQ(text(kv->get(Space::projected, "a")), "none");
    EXPECT_EQ(text(kv->get(Space::projected, "c")), "none");
    EXPECT_EQ(text(kv->get(Space::projected, "d")), "x");
}

TEST_F(KvTest, SnapshotDoesNotSeeLaterCommits) {
    auto kv = open();
    WriteBatch batch;
    batch.put(Space::rows, "k", "old");
    ASSERT_TRUE(kv->commit(batch));
    const auto snapshot = kv->snapshot();
    batch.put(Space::rows, "k", "new");
    batch.put(Space::rows, "l", "new");
    ASSERT_TRUE(kv->commit(batch));
    EXPECT_EQ(text(snapshot->get(Space::rows, "k")), "old");
    const auto iterator = snapshot->iterate(Space::rows, "", "");
    iterator->seek("");
    ASSERT_TRUE(iterator->valid());
    EXPECT_EQ(iterator->value(), "old");
    iterator->next();
    EXPECT_FALSE(iterator->valid());
}

TEST_F(KvTest, IteratesWithinBoundsBothWays) {
    auto kv = open();
    WriteBatch batch;
    for (const char* key : {"a1", "a2", "b1", "b2", "c1"})
        batch.put(Space::postings, key, key);
    ASSERT_TRUE(kv->commit(batch));
    const auto snapshot = kv->snapshot();
    const auto iterator = snapshot->iterate(Space::postings, "b", "c");
    std::string seen;
    for (iterator->seek("b"); iterator->valid(); iterator->next())
        seen += iterator->key();
    EXPECT_EQ(seen, "b1b2");
    iterator->seek_for_prev("b2");
    ASSERT_TRUE(iterator->valid());
    iterator->prev();
    EXPECT_EQ(iterator->value(), "b1");
    iterator->prev();
    EXPECT_FALSE(iterator->valid());
}

TEST_F(KvTest, RefusesADirectoryThatIsOpenElsewhere) {
    const auto first = open();
    const auto second = Kv::open(config);
    EXPECT_FALSE(second);
}

// Goal: what a crash loses is a suffix of the commits, the same one in every space.
// Method: a process of its own commits enough that memtables are flushed on the way, and is killed.
TEST_F(KvTest, CrashLosesOnlyASuffixOfTheCommits) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // executed anew: RocksDB's threads do not survive a fork
    const auto commit_and_die = [&] {
        const std::string filler(2000, 'x');
        auto kv = open();
        for (int i = 0; i < 3000; ++i) {
            WriteBatch batch;
            auto key = std::to_string(100'000 + i);
            batch.put(Space::ids, key, "");
            batch.put(Space::rows, key, filler);
            batch.put(Space::postings, key, "");
            ASSERT_TRUE(kv->commit(batch));
        }
        std::raise(SIGKILL);
    };
    EXPECT_EXIT(commit_and_die(), testing::KilledBySignal(SIGKILL), "");
    auto reopened = Kv::open(config);
    ASSERT_TRUE(reopened) << reopened.error().message();
    auto snapshot = (*reopened)->snapshot();
    int last[space_count] = {};
    for (std::size_t space = 0; space < space_count; ++space) {
        int count = 0;
        const auto iterator = snapshot->iterate(static_cast<Space>(space), "", "");
        for (iterator->seek(""); iterator->valid(); iterator->next()) {
            ASSERT_EQ(iterator->key(), std::to_string(100'000 + count));
            ++count;
        }
        last[space] = count;
    }
    EXPECT_EQ(last[0], last[1]);
    EXPECT_EQ(last[1], last[2]);
    EXPECT_GT(last[0], 0);
}

}  // namespace
}  // namespace ark::store
