// Goal: what was acknowledged is there after every kind of crash, what was refused is not, nothing is half there.
#include "resources/ledger.hpp"
#include "resources/testing/test_store.hpp"

#include <map>

#include <gmock/gmock.h>

namespace ark::resources {
namespace {

using ::testing::HasSubstr;

constexpr const char* ledger_path = "/data/resources.ledger";

std::string config_map(std::string_view name, std::uint64_t value) {
    return R"({"metadata":{"name":")" + std::string(name) + R"("},"data":{"v":")" + std::to_string(value) + R"("}})";
}

/// Everything that is stored, by name.
std::map<std::string, std::string> contents(TestStore& t) {
    std::map<std::string, std::string> out;
    const auto page = t.run(t.store().list(kind_named("ConfigMap"), {}));
    for (const auto& item : page->items)
        out[std::string(item->name())] = item->json;
    return out;
}

/// Random writes; gives back what the store then says, which is what was acknowledged.
std::map<std::string, std::string> work(TestStore& t, Random& random, int writes) {
    for (int i = 0; i < writes; ++i) {
        const auto name = "m" + std::to_string(random.below(12));
        switch (random.below(4)) {
            case 0:
                static_cast<void>(t.create("ConfigMap", config_map(name, random.next())));
                break;
            case 1:
                static_cast<void>(t.remove("ConfigMap", name));
                break;
            default:
                static_cast<void>(t.merge("ConfigMap", name, config_map(name, random.next())));
                break;
        }
    }
    return contents(t);
}

TEST(Durability, WhatWasAnsweredSurvivesCrashes) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        TestStore t;
        Random random(seed);
        for (int round = 0; round < 6; ++round) {
            const auto before = work(t, random, 25);
            const auto how = static_cast<disk::FaultyDisk::Unsynced>(random.below(3));
            t.close();
            t.disk.crash(how);
            t.open();
            ASSERT_EQ(contents(t), before) << "seed " << seed << ", round " << round;
        }
    }
}

TEST(Durability, AFailedWriteIsRefusedAndNotThereLater) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        TestStore t;
        Random random(seed);
        const auto before = work(t, random, 10);
        if (random.chance(0.5)) {
            t.disk.fail_write(1, random.below(200));
        } else {
            t.disk.fail_sync(1);
        }
        EXPECT_EQ(t.create("ConfigMap", config_map("lost", 1)).error().reason, Reason::unavailable);
        EXPECT_EQ(t.create("ConfigMap", config_map("later", 1)).error().reason, Reason::unavailable);
        EXPECT_TRUE(t.store().status().failed);
        EXPECT_EQ(contents(t), before) << "reads go on, and show nothing that is not durable";
        t.close();
        t.disk.crash(disk::FaultyDisk::Unsynced::lost);
        t.open();
        EXPECT_EQ(contents(t), before) << "seed " << seed;
        EXPECT_TRUE(t.create("ConfigMap", config_map("again", 1)));
    }
}

// Goal: a disk that was full is written to again without a restart, and what was refused has not happened.
TEST(Durability, GoesOnWhenTheDiskTakesWritesAgain) {
    TestStore t;
    Random random(3);
    work(t, random, 10);
    const auto before = contents(t);
    t.disk.set_capacity(0);
    EXPECT_EQ(t.create("ConfigMap", config_map("lost", 1)).error().reason, Reason::unavailable);
    t.clock.advance_ms(2'000);
    EXPECT_EQ(t.create("ConfigMap", config_map("lost", 1)).error().reason, Reason::unavailable) << "it is still full";
    t.disk.set_capacity(std::nullopt);
    t.clock.advance_ms(2'000);
    // The disk is tried after a write, or a second later.
    auto again = t.create("ConfigMap", config_map("again", 1));
    for (int attempt = 0; !again && attempt < 10; ++attempt) {
        t.clock.advance_ms(2'000);
        again = t.create("ConfigMap", config_map("again", 1));
    }
    ASSERT_TRUE(again);
    EXPECT_FALSE(t.store().status().failed);
    const auto after = contents(t);
    t.close();
    t.disk.crash(disk::FaultyDisk::Unsynced::lost);
    t.open();
    EXPECT_EQ(contents(t), after);
    EXPECT_EQ(after.find("lost"), after.end());
    EXPECT_EQ(after.size(), before.size() + 1);
}

TEST(Durability, ATornEndIsCutAtAnyByte) {
    TestStore t;
    static_cast<void>(t.create("ConfigMap", config_map("a", 1)));
    const auto before = contents(t);
    const auto whole = t.disk.contents(ledger_path).size();
    static_cast<void>(t.create("ConfigMap", config_map("b", 2)));
    const auto all = t.disk.contents(ledger_path);
    for (auto size = whole; size < all.size(); size += 7) {
        t.close();
        t.disk.set_contents(ledger_path, all.substr(0, size));
        t.open();
        ASSERT_EQ(contents(t), before) << "cut at " << size;
        ASSERT_EQ(t.disk.contents(ledger_path).size(), whole);
    }
}

TEST(Durability, DamageInTheMiddleIsSaidNotHidden) {
    TestStore t;
    static_cast<void>(t.create("ConfigMap", config_map("a", 1)));
    const auto middle = t.disk.contents(ledger_path).size() - 10;
    static_cast<void>(t.create("ConfigMap", config_map("b", 2)));
    t.close();
    t.disk.flip_bit(ledger_path, middle, 3);
    const auto opened = Ledger::open(t.disk, "/data");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);
    EXPECT_THAT(opened.error().context, HasSubstr("is damaged, and there are intact ones behind it"));
}

TEST(Durability, GarbageGoesWithItsOwnerOrNotAtAll) {
    TestStore t;
    static_cast<void>(t.create("ConfigMap", config_map("owner", 1)));
    const auto uid = std::string(t.get("ConfigMap", "owner")->uid());
    static_cast<void>(
        t.create("ConfigMap", R"({"metadata":{"name":"child","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap",
        "name":"owner","uid":")" + uid +
                                  R"("}]}})"));
    const auto before = t.disk.contents(ledger_path).size();
    static_cast<void>(t.remove("ConfigMap", "owner"));
    const auto all = t.disk.contents(ledger_path);
    for (auto size = before; size < all.size(); size += 11) {
        t.close();
        t.disk.set_contents(ledger_path, all.substr(0, size));
        t.open();
        EXPECT_EQ(contents(t).size(), 2u) << "cut at " << size;
    }
}

TEST(Durability, TheFileIsRewrittenWhenItIsMostlyPast) {
    EmbeddedStoreConfig config;
    config.compact_bytes = 4000;
    TestStore t(config);
    static_cast<void>(t.create("ConfigMap", config_map("a", 0)));
    for (std::uint64_t i = 1; i < 200; ++i)
        ASSERT_TRUE(t.merge("ConfigMap", "a", config_map("a", i)));
    EXPECT_LT(t.disk.contents(ledger_path).size(), 8000u);
    const auto before = contents(t);
    t.close();
    t.disk.crash(disk::FaultyDisk::Unsynced::lost);
    t.open();
    EXPECT_EQ(contents(t), before);
    EXPECT_EQ(t.store().status().version, 200u);
    WatchOptions old;
    old.from = 1;
    EXPECT_EQ(t.store().watch(kind_named("ConfigMap"), old, t.context.get_executor()).error().reason, Reason::expired)
        << "what the rewriting forgot";
}

TEST(Durability, AFullDiskWhileRewritingHurtsNobody) {
    EmbeddedStoreConfig config;
    config.compact_bytes = 2000;
    TestStore t(config);
    static_cast<void>(t.create("ConfigMap", config_map("a", 0)));
    for (std::uint64_t i = 1; i < 8; ++i)
        static_cast<void>(t.merge("ConfigMap", "a", config_map("a", i)));
    t.disk.fail_write(3);
    for (std::uint64_t i = 8; i < 60; ++i)
        static_cast<void>(t.merge("ConfigMap", "a", config_map("a", i)));
    const auto before = contents(t);
    t.close();
    t.disk.crash(disk::FaultyDisk::Unsynced::lost);
    t.open();
    EXPECT_EQ(contents(t), before);
}

TEST(Durability, OneProcessAtATime) {
    TestStore t;
    EXPECT_EQ(Ledger::open(t.disk, "/data").error().code, Errc::conflict);
}

// Goal: the store does what a naive one would: a map, a counter, and the rules in ten lines.
TEST(Durability, AgreesWithANaiveModel) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        TestStore t;
        Random random(seed);
        struct Naive {
            std::string value;
            std::uint64_t version = 0;
        };
        std::map<std::string, Naive> model;
        std::uint64_t version = 0;
        for (int step = 0; step < 300; ++step) {
            const auto name = "m" + std::to_string(random.below(6));
            const auto value = random.below(3);
            const auto known = model.find(name);
            if (random.chance(0.3)) {
                const auto made = t.create("ConfigMap", config_map(name, value));
                ASSERT_EQ(static_cast<bool>(made), known == model.end());
                if (made) model[name] = {std::to_string(value), ++version};
            } else if (random.chance(0.3)) {
                const auto gone = t.remove("ConfigMap", name);
                ASSERT_EQ(static_cast<bool>(gone), known != model.end());
                if (gone) {
                    model.erase(known);
                    ++version;
                }
            } else {
                const auto expected =
                    random.chance(0.5) && known != model.end() ? known->second.version : random.below(9);
                auto object = json(config_map(name, value));
                object.find("metadata")->set("resourceVersion", JsonValue{std::to_string(expected)});
                const auto changed = t.update("ConfigMap", name, std::move(object));
                ASSERT_EQ(static_cast<bool>(changed), known != model.end() && known->second.version == expected);
                if (changed && known->second.value != std::to_string(value))
                    known->second = {std::to_string(value), ++version};
            }
            if (random.chance(0.02)) t.open();
            ASSERT_EQ(t.store().status().version, version) << "seed " << seed << ", step " << step;
        }
        std::map<std::string, Naive>::size_type seen = 0;
        for (const auto& [name, naive] : model) {
            const auto found = t.get("ConfigMap", name);
            ASSERT_NE(found, nullptr);
            EXPECT_EQ(found->value["data"]["v"].text(), naive.value);
            EXPECT_EQ(found->version, naive.version);
            ++seen;
        }
        EXPECT_EQ(contents(t).size(), seen);
    }
}

}  // namespace
}  // namespace ark::resources
