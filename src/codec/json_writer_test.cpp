#include "codec/json_writer.hpp"

#include "codec/json_pen.hpp"
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
TEST(JsonPen, IsWhatTheWriterWritesOrSaysSo) {
    constexpr std::size_t room = 96;
    for (std::size_t length = 0; length < room + 4; ++length) {
        for (std::size_t at = 0; at <= length; ++at) {
            for (const char special : {'"', '\\', '\n', '\x1f'}) {
                std::string text(length, 'x');
                if (at < length) text[at] = special;
                // In memory of its own size, so that a checker sees a read beyond it.
                const std::vector<char> exact(text.begin(), text.end());
                char place[room];
                JsonPen piece(place);
                piece.add("\"").text({exact.data(), exact.size()}).add("\"");
                const bool fits = length == 0 || length + 16 + 1 <= room;
                ASSERT_EQ(piece.sound(), at == length && fits) << length << " " << at;
                if (!piece.sound()) continue;
                ASSERT_EQ(piece.view(), '"' + escaped(text) + '"');
            }
        }
    }
}

TEST(JsonPen, WritesNumbersAndHex) {
    const std::array<std::uint8_t, 8> bytes{0, 0x0f, 0xa5, 0xff, 0x9a, 0xa9, 0x01, 0x80};
    std::array<std::uint8_t, 16> more{};
    for (std::size_t i = 0; i < more.size(); ++i)
        more[i] = static_cast<std::uint8_t>(0x11 * i);
    char place[160];
    JsonPen pen(place);
    pen.decimal(std::numeric_limits<std::int64_t>::min()).add(",");
    pen.decimal(std::numeric_limits<std::uint64_t>::max()).add(std::string_view(",")).hex(bytes).add(",").hex(more);
    ASSERT_TRUE(pen.sound());
    EXPECT_EQ(pen.view(),
              "-9223372036854775808,18446744073709551615,000fa5ff9aa90180,00112233445566778899aabbccddeeff");
    char little[8];
    JsonPen small(little);
    small.add(std::string_view()).text({});
    EXPECT_FALSE(small.hex(bytes).add("1").sound()) << "the zero behind a literal needs room too";
}

// Goal: times are written as any number. Method: numbers of every length, with zeros and nines at every place.
TEST(JsonPen, WritesTimesAsNumbers) {
    const auto nanos = [](std::uint64_t number) {
        char place[32];
        JsonPen pen(place);
        pen.nanos(number);
        return std::string(pen.view());
    };
    for (std::uint64_t power = 1, length = 1; length <= 20; ++length, power *= 10) {
        for (const auto factor : {1, 2, 9}) {
            for (const std::int64_t off : {-1, 0, 1, 5}) {
                const auto number = power * static_cast<std::uint64_t>(factor) + static_cast<std::uint64_t>(off);
                ASSERT_EQ(nanos(number), std::to_string(number));
            }
        }
    }
    std::uint64_t number = 1'796'057'321'609'837'384;
    for (int i = 0; i < 10'000; ++i, number = number * 6'364'136'223'846'793'005 + 1)
        ASSERT_EQ(nanos(number), std::to_string(number));
    EXPECT_EQ(nanos(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
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
