#include "store/kv.hpp"

#include <atomic>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace ark::store {
namespace {

/// What is written but not flushed is kept in a table of ours: these look at it through the store.
class MemtableTest : public testing::Test {
protected:
    MemtableTest() {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        config.directory = testing::TempDir() + "ark_memtable_" + test->name();
        std::filesystem::remove_all(config.directory);
        auto opened = Kv::open(config);
        EXPECT_TRUE(opened);
        kv = std::move(*opened);
    }
    ~MemtableTest() override {
        kv.reset();
        std::filesystem::remove_all(config.directory);
    }

    std::map<std::string, std::string> all(Space space, bool backwards) const {
        std::map<std::string, std::string> found;
        const auto snapshot = kv->snapshot();
        const auto iterator = snapshot->iterate(space, {}, {});
        std::string before;
        for (iterator->seek_for_prev(std::string(64, '\xff')); backwards && iterator->valid(); iterator->prev()) {
            EXPECT_TRUE(before.empty() || iterator->key() < before);
            before = iterator->key();
            found.emplace(iterator->key(), iterator->value());
        }
        for (iterator->seek({}); !backwards && iterator->valid(); iterator->next()) {
            EXPECT_LT(before, iterator->key());
            before = iterator->key();
            found.emplace(iterator->key(), iterator->value());
        }
        return found;
    }

    KvConfig config;
    std::unique_ptr<Kv> kv;
};

/// Keys as the views have them, and such that differ in length, end within a word or hold zeros.
std::string key_from(std::mt19937_64& random) {
    static constexpr char kinds[] = {'k', 't', 'q', '\0', '\xff'};
    std::string key(1, kinds[random() % std::size(kinds)]);
    const auto size = random() % 24;
    const auto letters = random() % 2 == 0 ? 2 : 256;
    for (std::uint64_t i = 0; i < size; ++i)
        key.push_back(static_cast<char>(random() % static_cast<std::uint64_t>(letters)));
    return key;
}

// Goal: whatever is written in whatever order is found again: by key, forwards, backwards, from anywhere.
// Method: random runs of ascending keys and single ones, beside a std::map; nothing is flushed.
TEST_F(MemtableTest, HoldsWhatAMapHolds) {
    std::mt19937_64 random(7);
    std::map<std::string, std::string> model;
    for (int commit = 0; commit < 200; ++commit) {
        std::map<std::string, std::string> run;
        for (auto count = random() % 80; count > 0; --count)
            run[key_from(random)] = std::to_string(random());
        WriteBatch batch;
        for (const auto& [key, value] : run) {
            if (random() % 5 == 0) {
                batch.remove(Space::rows, key);
                model.erase(key);
            } else {
                batch.put(Space::rows, key, value);
                model[key] = value;
            }
        }
        for (int i = 0; i < 5; ++i) {  // out of order, and some of them twice in a commit
            const auto key = key_from(random);
            model[key] = std::to_string(i);
            batch.put(Space::rows, key, "first");
            batch.put(Space::rows, key, model[key]);
        }
        ASSERT_TRUE(kv->commit(batch));
    }
    EXPECT_EQ(all(Space::rows, false), model);
    EXPECT_EQ(all(Space::rows, true), model);
    const auto snapshot = kv->snapshot();
    const auto iterator = snapshot->iterate(Space::rows, {}, {});
    for (int i = 0; i < 5000; ++i) {
        const auto key = key_from(random);
        const auto value = kv->get(Space::rows, key);
        ASSERT_TRUE(value);
        const auto known = model.find(key);
        EXPECT_EQ(*value, known == model.end() ? std::nullopt : std::optional(known->second));
        iterator->seek(key);
        const auto next = model.lower_bound(key);
        ASSERT_EQ(iterator->valid(), next != model.end());
        if (iterator->valid()) {
            EXPECT_EQ(iterator->key(), next->first);
        }
        iterator->seek_for_prev(key);
        const auto behind = model.upper_bound(key);
        ASSERT_EQ(iterator->valid(), behind != model.begin());
        if (iterator->valid()) {
            EXPECT_EQ(iterator->key(), std::prev(behind)->first);
        }
    }
    ASSERT_TRUE(kv->flush());
    EXPECT_EQ(all(Space::rows, false), model);
}

// Goal: readers need no lock. They see each commit whole, in order, while the next ones are written.
TEST_F(MemtableTest, IsReadWhileItIsWritten) {
    constexpr int commits = 300;
    std::atomic<bool> done{false};
    std::thread reader([&] {
        std::size_t seen = 0;
        while (!done) {
            const auto found = all(Space::ids, false);
            EXPECT_EQ(found.size() % 10, 0u);
            EXPECT_GE(found.size(), seen);
            seen = found.size();
        }
    });
    std::mt19937_64 random(11);
    for (int commit = 0; commit < commits; ++commit) {
        WriteBatch batch;
        for (int i = 0; i < 10; ++i)
            batch.put(Space::ids, std::to_string(random()) + "-" + std::to_string(commit * 10 + i), "value");
        ASSERT_TRUE(kv->commit(batch));
    }
    done = true;
    reader.join();
    EXPECT_EQ(all(Space::ids, true).size(), commits * 10u);
}

// Goal: what is there is found while neighbours are put right before it.
// Method: keys that ascend towards one that a reader looks up all the time, by key and by iterators in both directions.
TEST_F(MemtableTest, FindsAKeyWhileOthersComeInBeforeIt) {
    const std::string wanted = "m";
    WriteBatch first;
    first.put(Space::rows, wanted, "here");
    first.put(Space::rows, "a", "before");
    ASSERT_TRUE(kv->commit(first));
    std::atomic<bool> done{false};
    std::atomic<int> looks{0};
    std::thread reader([&] {
        while (!done) {
            const auto value = kv->get(Space::rows, wanted);
            ASSERT_TRUE(value);
            ASSERT_EQ(*value, "here") << looks;
            const auto snapshot = kv->snapshot();
            const auto iterator = snapshot->iterate(Space::rows, {}, {});
            iterator->seek(wanted);
            ASSERT_TRUE(iterator->valid());
            ASSERT_EQ(iterator->key(), wanted);
            iterator->prev();
            ASSERT_TRUE(iterator->valid());
            ASSERT_LT(iterator->key(), wanted);
            iterator->next();
            ASSERT_EQ(iterator->key(), wanted);
            ++looks;
        }
    });
    constexpr int commits = 2'000, puts = 100;
    for (int commit = 0; commit < commits; ++commit) {
        WriteBatch batch;
        for (int i = 0; i < puts; ++i)
            batch.put(Space::rows, "l" + std::to_string(10'000'000 + commit * puts + i), {});
        ASSERT_TRUE(kv->commit(batch));
    }
    done = true;
    reader.join();
    EXPECT_GT(looks, 0);
}

}  // namespace
}  // namespace ark::store
