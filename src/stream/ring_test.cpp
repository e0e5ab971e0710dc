#include "stream/ring.hpp"

#include "base/random.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ark::stream {
namespace {

std::string unit(std::uint64_t number, std::size_t size) {
    std::string text = "<" + std::to_string(number) + ">";
    text.resize(std::max(size, text.size()), 'x');
    return text;
}

TEST(Ring, ReaderSeesWhatIsAppendedAfterItJoined) {
    std::size_t total = 0;
    Ring ring(1 << 20, total);
    ring.append("before", 1, Offset{1});
    Ring::Reader reader;
    ring.join(reader);
    EXPECT_TRUE(ring.at_end(reader));
    ring.append("one", 1, Offset{2});
    ring.append("two", 1, Offset{3});
    const auto slice = ring.next(reader);
    EXPECT_EQ(slice.bytes, "onetwo");
    EXPECT_EQ(slice.covered, Offset{3});
    EXPECT_EQ(slice.frames_end, 3u);
    ring.advance(reader, slice);
    EXPECT_TRUE(ring.at_end(reader));
    ring.leave(reader);
}

TEST(Ring, SliceOutlivesItsBlock) {
    std::size_t total = 0;
    Ring ring(8 << 10, total);
    Ring::Reader reader;
    ring.join(reader);
    ring.append(unit(1, 4000), 1, Offset{1});
    const auto slice = ring.next(reader);
    for (std::uint64_t i = 2; i < 40; ++i)
        ring.append(unit(i, 4000), 1, Offset{i});
    EXPECT_TRUE(slice.bytes.starts_with("<1>"));
    ring.advance(reader, slice);
    EXPECT_TRUE(ring.fell_out(reader));
    ring.leave(reader);
    EXPECT_LE(ring.bytes(), (8u << 10) + 4096u);
}

TEST(Ring, GivesMemoryBackWhenEverybodyHasEverything) {
    std::size_t total = 0;
    Ring ring(1 << 20, total);
    Ring::Reader first;
    Ring::Reader second;
    ring.join(first);
    ring.join(second);
    ring.append(unit(1, 100'000), 1, Offset{1});
    ring.advance(first, ring.next(first));
    ring.release_if_idle();
    EXPECT_GE(total, 100'000u) << "the second reader still needs it";
    ring.advance(second, ring.next(second));
    ring.release_if_idle();
    EXPECT_EQ(total, 0u);
    ring.append("later", 1, Offset{2});
    EXPECT_EQ(ring.next(first).bytes, "later");
    ring.leave(first);
    ring.advance(second, ring.next(second));
    ring.leave(second);
    ring.release_if_idle();
    EXPECT_EQ(total, 0u);
}

// Goal: readers at any pace see every byte in order or learn that they fell out; memory stays bounded.
// Method: random appends and reads against the whole text.
TEST(Ring, AgreesWithTheWholeText) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        std::size_t total = 0;
        Ring ring(32 << 10, total);
        std::string whole;
        std::uint64_t frames = 0;
        struct Model {
            Ring::Reader reader;
            std::size_t position = 0;
            bool joined = false;
        };
        std::vector<Model> readers(5);
        for (int step = 0; step < 3000; ++step) {
            auto& chosen = readers[random.below(readers.size())];
            switch (random.below(8)) {
                case 0:
                case 1:
                case 2: {
                    const auto text = unit(++frames, random.chance(0.02) ? 50'000 : 10 + random.below(900));
                    ring.append(text, 1, Offset{frames});
                    whole += text;
                    break;
                }
                case 3:
                    if (chosen.joined) {
                        ring.leave(chosen.reader);
                    } else {
                        ring.join(chosen.reader);
                        chosen.position = whole.size();
                    }
                    chosen.joined = !chosen.joined;
                    break;
                case 4:
                    ring.release_if_idle();
                    break;
                default: {
                    if (!chosen.joined) break;
                    if (ring.fell_out(chosen.reader)) {
                        ring.leave(chosen.reader);
                        ring.join(chosen.reader);
                        chosen.position = whole.size();
                        break;
                    }
                    ASSERT_EQ(ring.lag(chosen.reader), whole.size() - chosen.position);
                    if (ring.at_end(chosen.reader)) break;
                    const auto slice = ring.next(chosen.reader);
                    ASSERT_FALSE(slice.bytes.empty());
                    ASSERT_EQ(slice.bytes, std::string_view(whole).substr(chosen.position, slice.bytes.size()));
                    ring.advance(chosen.reader, slice);
                    chosen.position += slice.bytes.size();
                }
            }
            ASSERT_LE(ring.bytes(), std::max<std::size_t>(32u << 10, 50'000) + (64u << 10));
            ASSERT_EQ(total, ring.bytes());
        }
        for (auto& reader : readers) {
            if (reader.joined) ring.leave(reader.reader);
        }
        ring.release_if_idle();
        EXPECT_EQ(total, 0u);
    }
}

}  // namespace
}  // namespace ark::stream
