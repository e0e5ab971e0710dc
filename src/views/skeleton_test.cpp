#include "views/skeleton.hpp"

#include "base/hex.hpp"
#include "views/span_table.hpp"

#include <gtest/gtest.h>

namespace ark::views {
namespace {

SpanId span_id(std::uint8_t byte) {
    SpanId id;
    id.bytes.fill(byte);
    return id;
}

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes)
        append_hex_number(out, static_cast<std::uint8_t>(c), 2);
    return out;
}

// The worked example of docs/views.md.
TEST(Chunk, LooksAsDocumented) {
    Record record;
    record.what = Record::What::span;
    record.offset = 42;
    record.time = record.start = 2'000'000'000;
    record.end = 3'000'000'000;
    record.span_id = span_id(0xaa);
    record.name = "GET /";
    ChunkWriter writer;
    writer.append(record, 1, 0);
    EXPECT_EQ(writer.first_offset(), 42u);
    EXPECT_EQ(hex(writer.take()),
              "01"
              "04000080d0acf30e"
              "aaaaaaaaaaaaaaaa"
              "000080a8d6b907"
              "0005474554202f0000");
    EXPECT_TRUE(writer.empty());
}

TEST(Chunk, ReadsBackWhatWasWritten) {
    ChunkWriter writer;
    for (std::uint8_t i = 1; i <= 100; ++i) {
        Record record;
        record.what = static_cast<Record::What>(i % 3);
        record.flags = i;
        record.kind = model::Kind::tool;
        record.offset = 1000 + i * 7u;
        record.time = 5000 - i;
        record.span_id = i % 5 == 0 ? SpanId() : span_id(i);
        if (record.what != Record::What::item) {
            record.parent = i % 2 == 0 ? span_id(200) : SpanId();
            record.start = 4000 + i;
            record.end = i % 4 == 0 ? 0 : 4500;
            record.name = i % 2 == 0 ? "even" : "odd";
            record.subject = "tool";
            if (i % 7 == 0) record.usage.input = i;
        }
        writer.append(record, i % 2 == 0 ? 1 : 2, 3);
    }
    const auto first = writer.first_offset();
    const auto chunk = writer.take();
    ChunkReader reader(chunk, first);
    Record record;
    std::uint8_t i = 0;
    while (reader.next(record)) {
        ++i;
        EXPECT_EQ(record.offset, 1000 + i * 7u);
        EXPECT_EQ(record.time, 5000u - i);
        EXPECT_EQ(record.span_id, i % 5 == 0 ? SpanId() : span_id(i));
        if (record.what == Record::What::item) continue;
        EXPECT_EQ(record.end, i % 4 == 0 ? 0u : 4500u);
        EXPECT_EQ(record.name, i % 2 == 0 ? "even" : "odd");
        EXPECT_EQ(record.subject, "tool");
        EXPECT_EQ(record.usage.input, i % 7 == 0 ? i : 0u);
    }
    EXPECT_EQ(i, 100);
    EXPECT_TRUE(reader.ok());
}

TEST(Chunk, EndsEarlyWhenItIsCutAnywhere) {
    ChunkWriter writer;
    Record record;
    record.what = Record::What::span;
    record.span_id = record.parent = span_id(1);
    record.name = "name";
    record.usage.input = 5;
    writer.append(record, 1, 0);
    const auto chunk = writer.take();
    for (std::size_t size = 2; size < chunk.size(); ++size) {
        ChunkReader reader(std::string_view(chunk).substr(0, size), 0);
        EXPECT_FALSE(reader.next(record)) << size;
        EXPECT_FALSE(reader.ok());
    }
}

TEST(SpanTable, FindsEachOfMany) {
    SpanTable table;
    std::vector<SpanId> ids;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        SpanId id;
        id.bytes[0] = 1;
        id.bytes[6] = static_cast<std::uint8_t>(i >> 8);
        id.bytes[7] = static_cast<std::uint8_t>(i);
        table.add(id).name = table.texts().number("name " + std::to_string(i % 300));
        ids.push_back(id);
    }
    for (std::uint32_t i = 0; i < 5000; ++i) {
        const auto* span = table.find(ids[i]);
        ASSERT_NE(span, nullptr);
        EXPECT_EQ(table.name(*span), "name " + std::to_string(i % 300));
    }
    EXPECT_EQ(table.find(span_id(9)), nullptr);
}

TEST(NameList, CountsLateNamesAsTheRestAndStaysFull) {
    NameList list;
    for (std::size_t i = 0; i < names_max + 3; ++i) {
        const auto name = "n" + std::to_string(i);
        list.admit(name);
        list.count(name, Part::traces, 2);
    }
    auto names = list.names(Part::traces);
    ASSERT_EQ(names.size(), names_max + 1);
    EXPECT_EQ(names.back().name, "…");
    EXPECT_EQ(names.back().count, 6u);
    list.release("n0");
    EXPECT_FALSE(list.admit("late"));
    std::string packed;
    list.pack(packed);
    NameList read;
    Unpacker in(packed);
    read.unpack(in);
    EXPECT_TRUE(in.ok() && in.at_end());
    EXPECT_FALSE(read.admit("late"));
}

}  // namespace
}  // namespace ark::views
