#include "net/chunked.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ark::net {
namespace {

struct Outcome {
    std::string body;
    std::string rest;
    ChunkDecoder::Step step = ChunkDecoder::Step::more;
};

Outcome decode(std::string_view wire, std::size_t piece) {
    Outcome outcome;
    ChunkDecoder decoder;
    while (!wire.empty() && outcome.step == ChunkDecoder::Step::more) {
        auto input = wire.substr(0, piece);
        const auto size = input.size();
        std::string_view data;
        do {
            outcome.step = decoder.next(input, data);
            if (outcome.step == ChunkDecoder::Step::data) outcome.body += data;
        } while (outcome.step == ChunkDecoder::Step::data);
        wire.remove_prefix(size - input.size());
    }
    outcome.rest = wire;
    return outcome;
}

TEST(ChunkDecoder, DecodesAtEveryCutAndLeavesTheRest) {
    const std::string_view wire =
        "5\r\nhello\r\n00000006 ;a=\"b\"\r\n world\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\nGET /";
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        const auto outcome = decode(wire, piece);
        EXPECT_EQ(outcome.step, ChunkDecoder::Step::done);
        EXPECT_EQ(outcome.body, "hello world");
        EXPECT_EQ(outcome.rest, "GET /");
    }
}

TEST(ChunkDecoder, RefusesEverythingElse) {
    for (const std::string bad : {"\r\n", "g\r\n", "-1\r\n", "1\nx\r\n", "1\r\nxy\r\n", "1\r\nx\n", "0\r\n\n", ";\r\n",
                                  "1\rx", "1000000000000000\r\n", "0x1\r\n"}) {
        EXPECT_EQ(decode(bad, bad.size()).step, ChunkDecoder::Step::bad) << bad;
    }
    EXPECT_EQ(decode("1;" + std::string(20'000, 'x'), 1000).step, ChunkDecoder::Step::bad);
    EXPECT_EQ(decode("0\r\n" + std::string(20'000, 'x'), 1000).step, ChunkDecoder::Step::bad);
}

}  // namespace
}  // namespace ark::net
