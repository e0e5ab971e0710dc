#include "items/records.hpp"

#include "items/items.hpp"

#include <gtest/gtest.h>

namespace ark::items {
namespace {

std::vector<Record> all_of(Status (*walk)(std::string_view, const RecordVisitor&), std::string_view payload) {
    std::vector<Record> records;
    EXPECT_TRUE(walk(payload, [&](const Record& record) {
                    records.push_back(record);
                    return true;
                }).has_value());
    return records;
}

bool fails(Status (*walk)(std::string_view, const RecordVisitor&), std::string_view payload) {
    return !walk(payload, [](const Record&) { return true; });
}

TEST(Records, AreTheBytesOfTheDocumentedExample) {
    const std::vector<std::string> texts = {R"({"text":"hi"})", "null"};
    const auto payload = encode_messages("c1", "q", std::chrono::seconds(60), texts);
    EXPECT_EQ(payload.view(), std::string("\x01\x02"
                                          "c1\x01"
                                          "q\x3c\x0d{\"text\":\"hi\"}\x04null"));
}

TEST(Records, ComeBackAsTheyWere) {
    const std::vector<std::string> texts = {"1", "\"zwei\"", ""};
    const auto messages = encode_messages("", std::string(1000, 'q'), std::chrono::seconds(0), texts);
    const auto opened = all_of(for_each_message, messages.view());
    ASSERT_EQ(opened.size(), 3u);
    EXPECT_EQ(opened[1].text, "\"zwei\"");
    EXPECT_EQ(opened[1].query, std::string(1000, 'q'));
    EXPECT_EQ(opened[2].ttl.count(), 0);

    const auto chunks = encode_chunks("q", texts);
    EXPECT_EQ(all_of(for_each_chunk, chunks.view()).size(), 3u);
    const auto completion = encode_completion("q");
    const auto last = all_of(for_each_chunk, completion.view());
    ASSERT_EQ(last.size(), 1u);
    EXPECT_TRUE(last[0].completes);
    EXPECT_EQ(last[0].text, completion_text);

    Record wanted;
    wanted.target = Target::messages;
    wanted.of_query = true;
    wanted.query = "q/1";
    const auto deletion = encode_deletion(wanted);
    const auto deletions = all_of(for_each_deletion, deletion.view());
    ASSERT_EQ(deletions.size(), 1u);
    EXPECT_TRUE(deletions[0].of_query);
    EXPECT_FALSE(deletions[0].of_conversation);
    EXPECT_EQ(deletions[0].query, "q/1");

    const auto update = encode_session_update("{}");
    EXPECT_EQ(all_of(for_each_session_update, update.view())[0].text, "{}");
}

TEST(Records, RefuseWhatIsNotTheirs) {
    const std::vector<std::string> texts = {"1"};
    const auto chunks = encode_chunks("q", texts);
    for (std::size_t size = 0; size < chunks.size(); ++size) {
        if (size == 3) continue;  // head only: a payload without items
        EXPECT_TRUE(fails(for_each_chunk, chunks.view().substr(0, size))) << size;
    }
    EXPECT_TRUE(fails(for_each_chunk, "\x02\x01q"));  // another version
    EXPECT_TRUE(fails(for_each_chunk, std::string_view("\x01\x01q\x02\x01"
                                                       "1",
                                                       6)));                             // unknown flag
    EXPECT_TRUE(fails(for_each_deletion, std::string_view("\x01\x06\x00\x00\x00", 5)));  // unknown target
    EXPECT_TRUE(fails(for_each_deletion, std::string_view("\x01\x01\x04\x00\x00", 5)));  // unknown scope
}

TEST(Records, AreItemsOfABatch) {
    const std::vector<std::string> texts = {"1", "2"};
    model::BatchHeader header;
    header.kind = model::BatchKind::messages;
    header.item_count = 2;
    header.base = Offset(7);
    header.received = UnixNanos(5);
    const model::Batch batch(header, encode_messages("c", "q", std::chrono::seconds(0), texts));
    std::vector<std::uint64_t> offsets;
    ASSERT_TRUE(for_each_item(batch, [&](const Item& item) {
                    offsets.push_back(item.offset.value());
                    EXPECT_EQ(item.type, ItemType::message);
                    EXPECT_EQ(item.facts.query_id, "q");
                    EXPECT_EQ(item.facts.conversation_id, "c");
                    EXPECT_EQ(item.time, UnixNanos(5));
                    return true;
                }).has_value());
    EXPECT_EQ(offsets, (std::vector<std::uint64_t>{7, 8}));
}

}  // namespace
}  // namespace ark::items
