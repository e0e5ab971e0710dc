#include "query/item_source.hpp"

#include "query/testing/asking.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ark::query {
namespace {

using testing::FakeJournal;

std::vector<otlp::Span> spans(std::size_t count) {
    std::vector<otlp::Span> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i].trace_id = testing::trace_id(1);
        out[i].span_id = testing::span_id(i + 1);
    }
    return out;
}

std::vector<std::uint64_t> walked(ItemSource& source) {
    std::vector<std::uint64_t> out;
    while (true) {
        auto chunk = source.next();
        EXPECT_TRUE(chunk);
        if (!chunk || !*chunk) return out;
        if ((*chunk)->all) {
            for (auto offset = (*chunk)->begin; offset < (*chunk)->end; ++offset)
                out.push_back(offset.value());
        } else {
            for (const auto offset : (*chunk)->offsets)
                out.push_back(offset.value());
        }
    }
}

std::vector<std::uint64_t> range(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::uint64_t> out;
    for (auto i = begin; i < end; ++i)
        out.push_back(i);
    return out;
}

TEST(ScanSource, WalksEveryItemOnceInEitherDirection) {
    FakeJournal journal;
    for (const std::size_t size : {3, 1, 5, 2})
        journal.put_spans(spans(size));
    EXPECT_EQ(walked(*scan_source(journal, Offset{0}, Offset{11}, views::Order::oldest_first)), range(0, 11));
    EXPECT_EQ(walked(*scan_source(journal, Offset{2}, Offset{8}, views::Order::oldest_first)), range(2, 8));

    // Chunks come newest first, the items of a chunk ascend.
    const auto back = scan_source(journal, Offset{2}, Offset{8}, views::Order::newest_first);
    EXPECT_EQ(walked(*back), (std::vector<std::uint64_t>{4, 5, 6, 7, 3, 2}));
    EXPECT_EQ(back->position(), Offset{2});
}

TEST(ScanSource, EndsWhereRetentionBegins) {
    FakeJournal journal;
    for (int i = 0; i < 4; ++i)
        journal.put_spans(spans(2));
    journal.expire_before(Offset{4});
    EXPECT_EQ(walked(*scan_source(journal, Offset{0}, Offset{8}, views::Order::oldest_first)), range(4, 8));
    EXPECT_EQ(walked(*scan_source(journal, Offset{0}, Offset{8}, views::Order::newest_first)),
              (std::vector<std::uint64_t>{6, 7, 4, 5}));
}

// Goal: whatever the density of a session in the journal, its items are all found, once, and not by reading all of them
// first.
TEST(FoundSource, FindsSparseAndDenseItemsInEitherDirection) {
    for (const std::uint64_t every : {1, 3, 50, 5000}) {
        FakeJournal journal;
        constexpr std::size_t total = 40'000;
        const auto thousand = spans(1000);
        for (std::size_t i = 0; i < total; i += 1000)
            journal.put_spans(thousand);
        std::vector<Offset> known;
        for (std::uint64_t i = 0; i < total; i += every)
            known.emplace_back(i);
        std::size_t fetched = 0;
        const FindOffsets find = [&](Offset from, Offset until, std::size_t limit) -> Result<std::vector<Offset>> {
            std::vector<Offset> out;
            for (const auto offset : known) {
                if (offset >= from && offset < until && out.size() < limit) out.push_back(offset);
            }
            fetched += out.size();
            return out;
        };
        const auto forward = walked(*found_source(journal, find, Offset{0}, Offset{total}, views::Order::oldest_first));
        auto backward = walked(*found_source(journal, find, Offset{0}, Offset{total}, views::Order::newest_first));
        std::vector<std::uint64_t> expected;
        for (const auto offset : known)
            expected.push_back(offset.value());
        EXPECT_EQ(forward, expected) << every;
        std::sort(backward.begin(), backward.end());
        EXPECT_EQ(backward, expected) << every;

        fetched = 0;
        const auto first_chunk =
            found_source(journal, find, Offset{0}, Offset{total}, views::Order::newest_first)->next();
        ASSERT_TRUE(first_chunk && *first_chunk);
        EXPECT_EQ((*first_chunk)->offsets.back(), known.back());
        EXPECT_LE(fetched, 20'000u) << every;
    }
}

}  // namespace
}  // namespace ark::query
