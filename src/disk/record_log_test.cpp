#include "disk/record_log.hpp"

#include "disk/faulty_disk.hpp"

#include <gtest/gtest.h>

namespace ark::disk {
namespace {

std::vector<std::string> payloads_of(Disk& disk, const std::string& path) {
    std::vector<std::string> seen;
    auto opened = RecordLog::open(disk, path, [&](const LoggedRecord& record) {
        seen.push_back(std::to_string(record.kind) + ":" + std::string(record.payload));
        return ok();
    });
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
    return seen;
}

// Goal: a torn end is cut at any byte, and what was written before it is all there, once.
TEST(RecordLog, CutsATornEndAtAnyByte) {
    FaultyDisk whole(1);
    {
        auto log = std::move(*RecordLog::open(whole, "x"));
        ASSERT_TRUE(log->append(1, "first"));
        ASSERT_TRUE(log->append(2, ""));
        ASSERT_TRUE(log->append(3, "third, which is torn"));
    }
    const auto bytes = whole.contents("x");
    const auto kept = RecordLog::frame_bytes(5) + RecordLog::frame_bytes(0);
    for (std::size_t size = kept; size < bytes.size(); ++size) {
        FaultyDisk disk(1);
        disk.set_contents("x", bytes.substr(0, size));
        EXPECT_EQ(payloads_of(disk, "x"), (std::vector<std::string>{"1:first", "2:"})) << size;
        EXPECT_EQ(disk.contents("x").size(), kept);
        auto log = std::move(*RecordLog::open(disk, "x"));
        ASSERT_TRUE(log->append(4, "next"));
        EXPECT_EQ(payloads_of(disk, "x").back(), "4:next");
    }
}

TEST(RecordLog, SaysSoWhenTheMiddleIsDamaged) {
    FaultyDisk disk(1);
    {
        auto log = std::move(*RecordLog::open(disk, "x"));
        ASSERT_TRUE(log->append(1, "first"));
        ASSERT_TRUE(log->append(1, "second"));
    }
    disk.flip_bit("x", RecordLog::frame_bytes(5) - 1, 3);
    auto opened = RecordLog::open(disk, "x");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST(RecordLog, RefusesAppendsAfterAFailedOne) {
    FaultyDisk disk(1);
    auto log = std::move(*RecordLog::open(disk, "x"));
    disk.fail_write(1, 7);
    EXPECT_FALSE(log->append(1, "lost"));
    EXPECT_EQ(log->append(1, "after").error().code, Errc::unavailable);
    EXPECT_TRUE(payloads_of(disk, "x").empty());
}

TEST(RecordLog, ReadsOnFromAnyRecord) {
    FaultyDisk disk(1);
    auto log = std::move(*RecordLog::open(disk, "x"));
    RecordLog::Frames frames;
    for (int i = 0; i < 5; ++i)
        frames.add(1, std::string(100, static_cast<char>('a' + i)));
    ASSERT_TRUE(log->append(frames));
    std::string seen;
    std::uint64_t from = 0;
    while (from < log->end()) {
        const auto before = from;
        // Less than one record: each read still brings one.
        ASSERT_TRUE(log->read(from, log->end(), 10, [&](const LoggedRecord& record) {
            seen += record.payload[0];
            from = record.end;
            return ok();
        }));
        ASSERT_GT(from, before);
    }
    EXPECT_EQ(seen, "abcde");
}

}  // namespace
}  // namespace ark::disk
