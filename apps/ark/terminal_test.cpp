#include "terminal.hpp"

#include "text_table.hpp"

#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ark::cli {
namespace {

/// What an Out writes, through a pipe.
template <class Write>
std::string written(Write write) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    {
        Out out(ends[1]);
        write(out);
    }
    ::close(ends[1]);
    std::string text(4096, '\0');
    const auto n = ::read(ends[0], text.data(), text.size());
    ::close(ends[0]);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
    EXPECT_EQ(display_width("plain"), 5u);
    EXPECT_EQ(display_width("naïve"), 5u);
    EXPECT_EQ(display_width("日本"), 4u);
    EXPECT_EQ(display_width("e\xcc\x81"), 1u);
    EXPECT_EQ(display_width("🚀"), 2u);
    EXPECT_EQ(display_width("\xff\xfe"), 2u);
}

TEST(Fit, CutsAtColumnsAndSaysSo) {
    EXPECT_EQ(fit("short", 10), "short");
    EXPECT_EQ(fit("exactly", 7), "exactly");
    EXPECT_EQ(fit("too long", 5), "too …");
    EXPECT_EQ(fit("日本語", 4), "日…");
    EXPECT_EQ(fit("anything", 0), "");
}

// Goal: text from outside cannot drive the terminal: no escape, no cursor movement, no reordering.
TEST(Printable, DefusesControlCharacters) {
    EXPECT_EQ(printable("a\x1b[31mred"), "a?[31mred");
    EXPECT_EQ(printable("two\nlines\tand"), "two lines and");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "?31m");
    EXPECT_EQ(printable("abc\xe2\x80\xae"
                        "def"),
              "abc?def");
    EXPECT_EQ(printable("bad \xc3("), "bad ?(");
}

TEST(Color, FollowsFlagThenEnvironment) {
    ::unsetenv("CLICOLOR_FORCE");
    ::unsetenv("FORCE_COLOR");
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    EXPECT_FALSE(wants_color(ColorMode::automatic, ends[1])) << "a pipe is no terminal";
    EXPECT_TRUE(wants_color(ColorMode::always, ends[1]));
    ::setenv("CLICOLOR_FORCE", "1", 1);
    EXPECT_TRUE(wants_color(ColorMode::automatic, ends[1]));
    ::setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(wants_color(ColorMode::automatic, ends[1]));
    EXPECT_FALSE(wants_color(ColorMode::never, ends[1]));
    ::unsetenv("NO_COLOR");
    ::unsetenv("CLICOLOR_FORCE");
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(TextTable, AlignsByDisplayWidth) {
    TextTable table({{"NAME", Align::left, false}, {"N", Align::right, false}, {"LAST", Align::left, false}});
    table.add({{"日本", Style::plain}, {"1", Style::plain}, {"x", Style::plain}});
    table.add({{"plain", Style::plain}, {"1,902", Style::plain}, {"", Style::plain}});
    EXPECT_EQ(written([&](Out& out) { table.write(out, true, 0, false); }),
              "NAME       N  LAST\n"
              "日本       1  x\n"
              "plain  1,902\n");
}

TEST(TextTable, OneColumnGivesWay) {
    TextTable table({{"ID", Align::left, false}, {"NAME", Align::left, true}, {"N", Align::right, false}});
    table.add({{"s-1", Style::plain}, {"a name that is much too long for this", Style::plain}, {"7", Style::plain}});
    EXPECT_EQ(written([&](Out& out) { table.write(out, false, 30, false); }), "s-1  a name that is much t…  7\n");
    EXPECT_EQ(written([&](Out& out) { table.write(out, false, 5, false); }), "s-1  a name that…  7\n");
}

TEST(TextTable, PaintsWithoutChangingTheLayout) {
    TextTable table({{"A", Align::left, false}, {"B", Align::left, false}});
    table.add({{"x", Style::red}, {"y", Style::plain}});
    EXPECT_EQ(written([&](Out& out) { table.write(out, false, 0, true); }), "\x1b[31mx\x1b[0m  y\n");
}

}  // namespace
}  // namespace ark::cli
