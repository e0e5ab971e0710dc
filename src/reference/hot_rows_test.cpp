#include "reference/hot_rows.hpp"

#include "reference/rows.hpp"
#include "store/kv.hpp"

#include <filesystem>
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ark::reference {
namespace {

struct HotRowsTest : ::testing::Test {
    HotRowsTest() {
        std::string name = ::testing::TempDir() + "ark-hot-rows-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        directory = name;
        store::KvConfig config;
        config.directory = directory;
        kv = std::move(*store::Kv::open(config));
        staged = std::make_unique<Staged>(*kv);
        rows = std::make_unique<HotRows<NumberRow>>(*staged, 400);
    }
    ~HotRowsTest() override {
        kv.reset();
        std::filesystem::remove_all(directory);
    }

    void commit() {
        store::WriteBatch batch;
        ASSERT_TRUE(staged->write(batch));
        rows->write(batch);
        ASSERT_TRUE(kv->commit(batch));
    }
    std::optional<std::uint64_t> committed(std::string_view key) const {
        const auto stored = *kv->get(store::Space::projected, key);
        NumberRow row;
        return stored && row.unpack(*stored) ? std::optional(row.number) : std::nullopt;
    }

    std::string directory;
    std::unique_ptr<store::Kv> kv;
    std::unique_ptr<Staged> staged;
    std::unique_ptr<HotRows<NumberRow>> rows;
};

TEST_F(HotRowsTest, ChangesAreReadAtOnceAndWrittenWithTheDrain) {
    EXPECT_EQ(rows->find("a"), nullptr);
    rows->change("a").number = 1;
    rows->change("a").number += 1;
    ASSERT_NE(rows->find("a"), nullptr);
    EXPECT_EQ(rows->find("a")->number, 2u);
    EXPECT_EQ(committed("a"), std::nullopt);
    commit();
    EXPECT_EQ(committed("a"), 2u);
    rows->remove("a");
    EXPECT_EQ(rows->find("a"), nullptr);
    commit();
    EXPECT_EQ(committed("a"), std::nullopt);
}

TEST_F(HotRowsTest, AStretchThatIsTakenAwayTakesWhatIsStoredAndWhatIsKept) {
    rows->change("ab").number = 1;
    rows->change("b").number = 2;
    commit();
    rows->change("ac").number = 3;
    rows->remove_all("a");
    EXPECT_EQ(rows->find("ab"), nullptr);
    EXPECT_EQ(rows->find("ac"), nullptr);
    rows->change("ac").number = 4;
    commit();
    EXPECT_EQ(committed("ab"), std::nullopt);
    EXPECT_EQ(committed("ac"), 4u);
    EXPECT_EQ(committed("b"), 2u);
}

// Goal: whatever is kept or forgotten, the rows are those of a plain map. Method: random changes, and generations so
// small that most rows are read again.
TEST_F(HotRowsTest, WhatIsForgottenIsReadAgain) {
    std::mt19937 random(7);
    std::map<std::string, std::uint64_t> model;
    for (int i = 0; i < 3000; ++i) {
        const auto key = "key" + std::to_string(random() % 40);
        switch (random() % 6) {
            case 0:
                model.erase(key);
                rows->remove(key);
                break;
            case 1: {
                const auto fresh = "new" + std::to_string(i);
                model[fresh] = 5;
                rows->add(fresh).number = 5;
                break;
            }
            case 2:
                commit();
                break;
            case 3: {
                const auto* row = rows->find(key);
                ASSERT_EQ(row != nullptr, model.contains(key)) << i;
                if (row != nullptr) {
                    ASSERT_EQ(row->number, model[key]) << i;
                }
                break;
            }
            default:
                ++model[key];
                ++rows->change(key).number;
        }
    }
    commit();
    for (int i = 0; i < 40; ++i) {
        const auto key = "key" + std::to_string(i);
        if (!model.contains(key)) {
            EXPECT_EQ(committed(key), std::nullopt) << key;
        }
    }
    for (const auto& [key, number] : model)
        EXPECT_EQ(committed(key), number) << key;
}

}  // namespace
}  // namespace ark::reference
