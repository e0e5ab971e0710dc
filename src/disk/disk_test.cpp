#include "disk/aligned.hpp"
#include "disk/faulty_disk.hpp"

#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>
#include <unistd.h>

namespace ark::disk {
namespace {

using Unsynced = FaultyDisk::Unsynced;

std::string text_of(Disk& disk, const std::string& path) {
    auto text = disk.read_file(path);
    return text ? *text : "error " + text.error().message();
}

/// What every Disk promises, on the real one and on FaultyDisk.
class AnyDisk : public ::testing::TestWithParam<bool> {
protected:
    AnyDisk() : real_(GetParam()) {
        if (real_)
            directory_ = (std::filesystem::temp_directory_path() / ("ark-disk-" + std::to_string(::getpid()))).string();
        EXPECT_TRUE(disk().create_directories(directory_));
    }
    ~AnyDisk() override {
        if (real_) std::filesystem::remove_all(directory_);
    }
    Disk& disk() { return real_ ? real_disk() : faulty_; }
    std::string path(const char* name) const { return directory_ + "/" + name; }

    const bool real_;
    FaultyDisk faulty_;
    std::string directory_ = "d";
};

TEST_P(AnyDisk, WritesAndReadsBlocks) {
    const auto file = disk().open(path("blocks"), OpenMode::create_direct).value();
    ASSERT_TRUE(file->allocate(4 * block_bytes));
    EXPECT_EQ(file->size().value(), 4 * block_bytes);
    AlignedBuffer block(block_bytes);
    std::memset(block.data(), 'a', block_bytes);
    ASSERT_TRUE(file->write_at(block_bytes, block.data(), block_bytes));
    ASSERT_TRUE(file->sync());

    const auto reading = disk().open(path("blocks"), OpenMode::read_direct).value();
    AlignedBuffer all(8 * block_bytes);
    EXPECT_EQ(reading->read_at(0, all.data(), 8 * block_bytes).value(), 4 * block_bytes);
    EXPECT_EQ(all.data()[0], '\0');
    EXPECT_EQ(all.data()[block_bytes], 'a');
    EXPECT_EQ(reading->read_at(16 * block_bytes, all.data(), block_bytes).value(), 0u);
}

TEST_P(AnyDisk, ReplacesFilesAtomically) {
    ASSERT_TRUE(disk().write_file(path("f"), "one"));
    ASSERT_TRUE(disk().write_file(path("f"), "two"));
    EXPECT_EQ(text_of(disk(), path("f")), "two");
    EXPECT_THAT(disk().list(directory_).value(), ::testing::ElementsAre("f"));
}

TEST_P(AnyDisk, NamesFiles) {
    ASSERT_TRUE(disk().write_file(path("a"), "x"));
    ASSERT_TRUE(disk().rename(path("a"), path("b")));
    EXPECT_FALSE(disk().exists(path("a")));
    EXPECT_TRUE(disk().exists(path("b")));
    ASSERT_TRUE(disk().remove(path("b")));
    EXPECT_FALSE(disk().exists(path("b")));
    EXPECT_EQ(disk().open(path("b"), OpenMode::read).error().code, Errc::not_found);
}

TEST_P(AnyDisk, LocksOnce) {
    auto lock = disk().lock(path("LOCK"));
    ASSERT_TRUE(lock);
    EXPECT_EQ(disk().lock(path("LOCK")).error().code, Errc::conflict);
    lock->reset();
    EXPECT_TRUE(disk().lock(path("LOCK")));
}

TEST_P(AnyDisk, KnowsSpaceAndBoot) {
    EXPECT_GT(disk().free_bytes(directory_).value(), 0u);
    EXPECT_FALSE(disk().boot_id().empty());
}

INSTANTIATE_TEST_SUITE_P(Disks, AnyDisk, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Real" : "Faulty"; });

TEST(FaultyDisk, ForgetsWhatWasNotSynced) {
    FaultyDisk disk;
    ASSERT_TRUE(disk.write_file("d/f", "kept"));
    {
        const auto file = disk.open("d/f", OpenMode::write).value();
        ASSERT_TRUE(file->write_at(0, "gone", 4));
        const auto other = disk.open("d/new", OpenMode::create).value();
        ASSERT_TRUE(other->write_at(0, "x", 1));
        ASSERT_TRUE(other->sync());  // the file is safe, its name is not
        disk.crash(Unsynced::lost);
        EXPECT_EQ(file->sync().error().code, Errc::io);
    }
    EXPECT_EQ(text_of(disk, "d/f"), "kept");
    EXPECT_FALSE(disk.exists("d/new"));
}

TEST(FaultyDisk, KeepsEverythingWhenOnlyTheProcessDies) {
    FaultyDisk disk;
    const auto boot = disk.boot_id();
    const auto file = disk.open("d/f", OpenMode::create).value();
    ASSERT_TRUE(file->write_at(0, "text", 4));
    disk.crash(Unsynced::kept);
    EXPECT_EQ(text_of(disk, "d/f"), "text");
    EXPECT_EQ(disk.boot_id(), boot);
}

TEST(FaultyDisk, NeverPersistsAfterAFailedSync) {
    FaultyDisk disk;
    ASSERT_TRUE(disk.write_file("d/f", "old"));
    const auto file = disk.open("d/f", OpenMode::write).value();
    ASSERT_TRUE(file->write_at(0, "new", 3));
    disk.fail_sync(1);
    EXPECT_EQ(file->sync().error().code, Errc::io);
    EXPECT_TRUE(file->sync());  // lies, as the kernel's does
    EXPECT_EQ(text_of(disk, "d/f"), "new");
    disk.crash(Unsynced::lost);
    EXPECT_EQ(text_of(disk, "d/f"), "old");
}

TEST(FaultyDisk, TearsAWriteAtAnyByte) {
    FaultyDisk disk;
    const auto file = disk.open("d/f", OpenMode::create).value();
    disk.fail_write(1, 3);
    EXPECT_EQ(file->write_at(0, "abcdef", 6).error().code, Errc::io);
    EXPECT_EQ(text_of(disk, "d/f"), "abc");
}

TEST(FaultyDisk, RunsFull) {
    FaultyDisk disk;
    disk.set_capacity(1000);
    const auto file = disk.open("d/f", OpenMode::create).value();
    EXPECT_EQ(file->allocate(1001).error().code, Errc::disk_full);
    EXPECT_TRUE(file->allocate(1000));
    disk.set_capacity(std::nullopt);
    EXPECT_TRUE(file->allocate(2000));
}

}  // namespace
}  // namespace ark::disk
