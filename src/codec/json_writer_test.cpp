#include "codec/json_writer.hpp"

#include "codec/json_piece.hpp"
#include "codec/json_value.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ark::codec {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    append_json_escaped(out, text);
    return out;
}

TEST(JsonWriter, WritesNestedDocumentsWithCommasOnlyBetween) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.field("a", 1).field("b", "x").field("c", true);
    json.key("d").begin_array().number(-1).unsigned_number(18446744073709551615u).null().begin_object().end_object();
    json.end_array();
    json.key("e").plain("0af7").key("f").raw("[1,2]");
    json.end_object();
    EXPECT_EQ(out, R"({"a":1,"b":"x","c":true,"d":[-1,18446744073709551615,null,{}],"e":"0af7","f":[1,2]})");
}

TEST(JsonWriter, RealsReadBackAndNonFiniteOnesAreNull) {
    for (const double value : {0.0, -0.5, 1.0 / 3, 1e300, 5e-324, 123456789.0}) {
        std::string out;
        JsonWriter(out).real(value);
        EXPECT_EQ(std::strtod(out.c_str(), nullptr), value) << out;
    }
    std::string out;
    JsonWriter json(out);
    json.begin_array().real(NAN).real(INFINITY).real(-INFINITY).end_array();
    EXPECT_EQ(out, "[null,null,null]");
}

TEST(JsonWriter, EscapesWhatJsonRequires) {
    EXPECT_EQ(escaped("a\"b\\c\n\t\r\b\f"), R"(a\"b\\c\n\t\r\b\f)");
    EXPECT_EQ(escaped(std::string_view("\0\x01\x1f\x7f", 4)), "\\u0000\\u0001\\u001f\x7f");
    EXPECT_EQ(escaped("żółw 🐢"), "żółw 🐢");
    EXPECT_EQ(escaped(""), "");
}

// Goal: the block-wise escaper is right wherever a special byte falls in a block.
// Method: every length around the block and buffer sizes with a special byte at every place; all-special text; compare
// with a bytewise escape.
TEST(JsonWriter, EscapesAtEveryPlaceOfABlock) {
    for (std::size_t length = 1; length < 70; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            std::string text(length, 'x');
            text[at] = '"';
            std::string expected(length + 1, 'x');
            expected[at] = '\\';
            expected[at + 1] = '"';
            ASSERT_EQ(escaped(text), expected);
        }
    }
    for (const std::size_t length : {15u, 16u, 17u, 511u, 512u, 513u, 5000u}) {
        const std::string text(length, '\x02');
        std::string expected;
        for (std::size_t i = 0; i < length; ++i)
            expected += "\\u0002";
        ASSERT_EQ(escaped(text), expected);
        ASSERT_EQ(escaped(std::string(length, 'y')), std::string(length, 'y'));
    }
}

// Goal: short keys and values, which are written in one piece, are no different. Method: every length around a block,
// clean and with a quote at every place, behind a comma and without.
TEST(JsonWriter, ShortTextsAreQuotedLikeLongOnes) {
    for (std::size_t length = 0; length < 20; ++length) {
        for (std::size_t at = 0; at <= length; ++at) {
            std::string text(length, 'x');
            if (at < length) text[at] = '"';
            std::string out;
            JsonWriter json(out);
            json.begin_object().field(text, text).field(text, text).end_object();
            const auto quoted = '"' + escaped(text) + '"';
            ASSERT_EQ(out, "{" + quoted + ":" + quoted + "," + quoted + ":" + quoted + "}");
        }
    }
}

// Goal: a piece has what the writer would write, or says that it has not. Method: texts of every length around its
// blocks and its room, clean and with what needs an escape at every place.
TEST(JsonPiece, IsWhatTheWriterWritesOrSaysSo) {
    constexpr std::size_t room = 96;
    for (std::size_t length = 0; length < room + 4; ++length) {
        for (std::size_t at = 0; at <= length; ++at) {
            for (const char special : {'"', '\\', '\n', '\x1f'}) {
                std::string text(length, 'x');
                if (at < length) text[at] = special;
                // In memory of its own size, so that a checker sees a read beyond it.
                const std::vector<char> exact(text.begin(), text.end());
                JsonPiece<room> piece;
                piece.add("\"").text({exact.data(), exact.size()}).add("\"");
                const bool fits = length == 0 || length + 16 + 1 <= room;
                ASSERT_EQ(piece.sound(), at == length && fits) << length << " " << at;
                if (!piece.sound()) continue;
                ASSERT_EQ(piece.view(), '"' + escaped(text) + '"');
            }
        }
    }
}

TEST(JsonPiece, WritesNumbersAndHex) {
    const std::array<std::uint8_t, 4> bytes{0, 0x0f, 0xa5, 0xff};
    JsonPiece<128> piece;
    piece.decimal(std::numeric_limits<std::int64_t>::min()).add(",");
    piece.decimal(std::numeric_limits<std::uint64_t>::max()).add(std::string_view(",")).hex(bytes);
    ASSERT_TRUE(piece.sound());
    EXPECT_EQ(piece.view(), "-9223372036854775808,18446744073709551615,000fa5ff");
    piece.decimal(1).decimal(2).decimal(3).hex(bytes);
    JsonPiece<8> small;
    small.add(std::string_view()).text({});
    EXPECT_FALSE(small.hex(bytes).add("1").sound()) << "the zero behind a literal needs room too";
}

TEST(JsonWriter, WhatItWritesParses) {
    std::string every_ascii;
    for (char c = 0; c < 127; ++c)
        every_ascii.push_back(c);
    std::string out;
    JsonWriter(out).string(every_ascii);
    const auto parsed = JsonValue::parse(out);
    ASSERT_TRUE(parsed) << out;
    EXPECT_EQ(parsed->text(), every_ascii);
}

}  // namespace
}  // namespace ark::codec
