#pragma once
#include <cstddef>
#include <string>
#include <string_view>

/// What the terminal can show, and what is sent to it.
namespace ark::cli {

enum class Style { plain, bold, dim, red, green, yellow, blue, magenta, cyan };
enum class ColorMode { automatic, always, never };

/// Whether to send colours to this file descriptor: --color, then NO_COLOR, CLICOLOR_FORCE / FORCE_COLOR, TERM=dumb,
/// then whether it is a terminal.
bool wants_color(ColorMode mode, int descriptor);
bool is_terminal(int descriptor);
unsigned terminal_width(int descriptor);  ///< columns; 0 when it is no terminal
/// False only where the locale names another encoding: then glyphs are ASCII.
bool locale_is_utf8();

/// How many columns the text takes: combining marks none, East Asian wide characters and emoji two. Control characters
/// and malformed bytes count as one: they are shown as '?'.
std::size_t display_width(std::string_view text);
/// At most `width` columns, with '…' where something was cut. Control characters become spaces or '?': text from the
/// outside must not drive the terminal.
std::string fit(std::string_view text, std::size_t width);
/// The text without anything that drives a terminal, in full length.
std::string printable(std::string_view text);
/// The same, but line ends and tabs stay.
std::string printable_lines(std::string_view text);

/// Wraps the text in escape codes when `color` says so.
std::string paint(std::string_view text, Style style, bool color);

/// Buffered standard output. A closed pipe ends the process quietly, as `head` expects; any other failure with a
/// message.
class Out {
public:
    explicit Out(int descriptor = 1) : descriptor_(descriptor) {}
    ~Out() { flush(); }
    Out(const Out&) = delete;
    Out& operator=(const Out&) = delete;

    void write(std::string_view text);
    void line(std::string_view text);
    void flush();

private:
    int descriptor_;
    std::string pending_;
};

/// One line to standard error. Never buffered.
void say(std::string_view text);

}  // namespace ark::cli
