#include "codec/compression.hpp"

#include "base/hex.hpp"

#include <random>

#include <gtest/gtest.h>
#include <zstd.h>

namespace ark::codec {
namespace {

std::string some_text(std::size_t size) {
    std::mt19937 random(1);
    std::string text;
    while (text.size() < size)
        text += "span " + std::to_string(random() % 1000) + " of a trace; ";
    text.resize(size);
    return text;
}

using Inflate = Result<Buffer> (*)(std::string_view, const InflateLimits&);
using Deflate = Buffer (*)(std::string_view, int);
struct Format {
    const char* name;
    Inflate inflate;
    Deflate deflate;
};
const Format formats[] = {{"gzip", gunzip, gzip}, {"zstd", unzstd, zstd}};

TEST(Compression, RoundTripsEverySize) {
    for (const auto& format : formats) {
        for (const std::size_t size : {0u, 1u, 100u, 4096u, 70'000u, 3'000'000u}) {
            const auto text = some_text(size);
            const auto packed = format.deflate(text, 1);
            const auto back = format.inflate(packed.view(), {});
            ASSERT_TRUE(back) << format.name << size << back.error().message();
            EXPECT_EQ(back->view(), text);
        }
    }
}

TEST(Compression, ReadsSeveralMembers) {
    for (const auto& format : formats) {
        const auto first = some_text(1000);
        const std::string second(2'000'000, 'z');  // far above what the first guess of the size allows
        std::string packed(format.deflate(first, 1).view());
        packed += format.deflate(second, 1).view();
        packed += format.deflate("", 1).view();
        const auto back = format.inflate(packed, InflateLimits{4u << 20, 100'000});
        ASSERT_TRUE(back) << format.name << back.error().message();
        EXPECT_EQ(back->view(), first + second);
    }
}

TEST(Compression, NeverGrowsBeyondTheLimits) {
    const std::string bomb(64u << 20, '\0');
    for (const auto& format : formats) {
        const auto packed = format.deflate(bomb, 3);
        const auto by_size = format.inflate(packed.view(), InflateLimits{1u << 20, 1'000'000});
        ASSERT_FALSE(by_size);
        EXPECT_EQ(by_size.error().code, Errc::too_large) << format.name;
        const auto by_ratio = format.inflate(packed.view(), InflateLimits{128u << 20, 100});
        ASSERT_FALSE(by_ratio);
        EXPECT_EQ(by_ratio.error().code, Errc::too_large) << format.name;
        EXPECT_TRUE(format.inflate(packed.view(), InflateLimits{64u << 20, 100'000})) << "exactly at the limit";
    }
}

TEST(Compression, RefusesDamageAtEveryByte) {
    const auto text = some_text(2000);
    const auto packed = gzip(text);
    for (std::size_t size = 0; size < packed.size(); ++size) {
        const auto cut = gunzip(packed.view().substr(0, size), {});
        ASSERT_FALSE(cut) << size;
        ASSERT_EQ(cut.error().code, Errc::bad_payload);
    }
    const auto frame = zstd(text);
    for (std::size_t size = 0; size < frame.size(); ++size) {
        const auto cut = unzstd(frame.view().substr(0, size), {});
        ASSERT_FALSE(cut) << size;
        ASSERT_EQ(cut.error().code, Errc::bad_payload);
    }
    std::string flipped(packed.view());
    flipped[packed.size() / 2] = static_cast<char>(flipped[packed.size() / 2] ^ 1);
    EXPECT_FALSE(gunzip(flipped, {}));
    EXPECT_FALSE(gunzip(std::string(packed.view()) + "x", {})) << "rubbish behind the last member";
}

TEST(Compression, ClaimedSizesAreNotTrusted) {
    std::string packed(gzip(some_text(5000)).view());
    packed.replace(packed.size() - 4, 4, "\xff\xff\xff\x7f");
    EXPECT_FALSE(gunzip(packed, {})) << "the size is part of the checksum";
    packed.replace(packed.size() - 4, 4, std::string(4, '\0'));
    EXPECT_FALSE(gunzip(packed, {}));
}

/// A frame as a streaming sender writes it: without its content's size.
std::string stream_zstd(std::string_view text, int window_log) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    while (in.pos < in.size)
        ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
    while (ZSTD_compressStream2(context, &out, &in, ZSTD_e_end) != 0) {
    }
    ZSTD_freeCCtx(context);
    packed.resize(out.pos);
    return packed;
}

// Bytes made by zlib and brotli themselves.
TEST(Compression, ReadsDeflateAndBrotli) {
    const auto from_hex = [](std::string_view hex) {
        std::string bytes(hex.size() / 2, '\0');
        EXPECT_TRUE(parse_hex(hex, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
        return bytes;
    };
    const auto zlib = from_hex("789ccb48cdc9c957c8402701680308b1");
    const auto brotli = from_hex("1b1600f88d946ede445586966c206f214f1ce038");
    for (auto [inflate, body] : {std::pair(&unzlib, zlib), std::pair(&unbrotli, brotli)}) {
        const auto plain = inflate(body, {});
        ASSERT_TRUE(plain);
        EXPECT_EQ(plain->view(), "hello hello hello hello");
        EXPECT_EQ(inflate(body, {8, 1000}).error().code, Errc::too_large);
        EXPECT_EQ(inflate(body + "x", {}).error().code, Errc::bad_payload);
        EXPECT_EQ(inflate(body.substr(0, body.size() - 1), {}).error().code, Errc::bad_payload);
        EXPECT_EQ(inflate("", {}).error().code, Errc::bad_payload);
    }
}

TEST(Compression, ReadsZstdFramesWithoutContentSize) {
    const auto text = some_text(500'000);
    const auto back = unzstd(stream_zstd(text, 20), {});
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->view(), text);
}

TEST(Compression, RefusesZstdWindowsAboveEightMebibytes) {
    const auto text = some_text(1'000'000);
    EXPECT_TRUE(unzstd(stream_zstd(text, 23), {}));
    const auto back = unzstd(stream_zstd(text, 24), {});
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code, Errc::bad_payload);
}

}  // namespace
}  // namespace ark::codec
