#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

namespace ark::cli {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return value == nullptr ? std::string_view() : std::string_view(value);
}

struct Range {
    char32_t first;
    char32_t last;
};

// Unicode: the blocks of combining marks and joiners that occur in names and prose, not every script's every mark.
constexpr std::array<Range, 8> zero_width{{{0x0300, 0x036f},
                                           {0x0483, 0x0489},
                                           {0x0591, 0x05bd},
                                           {0x1ab0, 0x1aff},
                                           {0x200b, 0x200f},
                                           {0x20d0, 0x20ff},
                                           {0xfe00, 0xfe0f},
                                           {0xfe20, 0xfe2f}}};
// East_Asian_Width W and F, by block.
constexpr std::array<Range, 13> double_width{{{0x1100, 0x115f},
                                              {0x2e80, 0x303e},
                                              {0x3041, 0x33ff},
                                              {0x3400, 0x4dbf},
                                              {0x4e00, 0x9fff},
                                              {0xa000, 0xa4cf},
                                              {0xac00, 0xd7a3},
                                              {0xf900, 0xfaff},
                                              {0xfe30, 0xfe6f},
                                              {0xff00, 0xff60},
                                              {0xffe0, 0xffe6},
                                              {0x1f300, 0x1faff},
                                              {0x20000, 0x3fffd}}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
    return std::any_of(ranges.begin(), ranges.end(), [c](Range r) { return c >= r.first && c <= r.last; });
}

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool shown = true;  // false: malformed or a control character
};

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {lead, 1, lead >= 0x20 && lead != 0x7f};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (length == 0 || length > text.size()) return {0, 1, false};
    char32_t code = lead & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[i])) return {0, 1, false};
        code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
    }
    // C1 controls, and the marks that reorder text: both change what the reader sees around them.
    const bool drives =
        (code >= 0x80 && code < 0xa0) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return {code, length, !drives};
}

std::size_t width_of(const Character& c) {
    if (!c.shown) return 1;
    if (c.code < 0x300) return 1;
    if (within(zero_width, c.code)) return 0;
    return within(double_width, c.code) ? 2 : 1;
}

void append_shown(std::string& out, std::string_view text, const Character& c) {
    if (c.shown) {
        out.append(text.substr(0, c.bytes));
    } else {
        out.push_back(text.front() == '\n' || text.front() == '\t' || text.front() == '\r' ? ' ' : '?');
    }
}

std::string_view code_of(Style style) {
    switch (style) {
        case Style::plain:
            return "";
        case Style::bold:
            return "1";
        case Style::dim:
            return "2";
        case Style::red:
            return "31";
        case Style::green:
            return "32";
        case Style::yellow:
            return "33";
        case Style::blue:
            return "34";
        case Style::magenta:
            return "35";
        case Style::cyan:
            return "36";
    }
    return "";
}

}  // namespace

bool is_terminal(int descriptor) {
    return ::isatty(descriptor) == 1;
}

bool wants_color(ColorMode mode, int descriptor) {
    if (mode != ColorMode::automatic) return mode == ColorMode::always;
    if (!environment("NO_COLOR").empty()) return false;
    for (const char* name : {"CLICOLOR_FORCE", "FORCE_COLOR"}) {
        const auto value = environment(name);
        if (!value.empty() && value != "0") return true;
    }
    return environment("TERM") != "dumb" && is_terminal(descriptor);
}

unsigned terminal_width(int descriptor) {
    winsize size{};
    if (!is_terminal(descriptor) || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

bool locale_is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const auto value = environment(name);
        if (value.empty()) continue;
        const auto dot = value.find('.');
        if (dot == std::string_view::npos) return true;  // "C", "POSIX", "en_US": terminals of today are UTF-8
        const auto encoding = value.substr(dot + 1, 5);
        return encoding.starts_with("UTF") || encoding.starts_with("utf");
    }
    return true;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto c = first_character(text);
        width += width_of(c);
        text.remove_prefix(c.bytes);
    }
    return width;
}

std::string fit(std::string_view text, std::size_t width) {
    const auto whole = display_width(text) <= width;
    const auto room = whole || width == 0 ? width : width - 1;
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const auto c = first_character(text);
        if (used + width_of(c) > room) break;
        used += width_of(c);
        append_shown(out, text, c);
        text.remove_prefix(c.bytes);
    }
    if (!whole && width > 0) out += "…";
    return out;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto c = first_character(text);
        append_shown(out, text, c);
        text.remove_prefix(c.bytes);
    }
    return out;
}

std::string printable_lines(std::string_view text) {
    std::string out;
    while (true) {
        const auto end = text.find_first_of("\n\t");
        out += printable(text.substr(0, end));
        if (end == text.npos) return out;
        out += text[end];
        text.remove_prefix(end + 1);
    }
}

std::string paint(std::string_view text, Style style, bool color) {
    if (!color || style == Style::plain || text.empty()) return std::string(text);
    std::string out = "\x1b[";
    out += code_of(style);
    out += 'm';
    out += text;
    out += "\x1b[0m";
    return out;
}

void Out::write(std::string_view text) {
    pending_ += text;
    if (pending_.size() >= 64u << 10) flush();
}

void Out::line(std::string_view text) {
    pending_ += text;
    pending_ += '\n';
    if (pending_.size() >= 64u << 10) flush();
}

void Out::flush() {
    std::string_view rest = pending_;
    while (!rest.empty()) {
        const auto n = ::write(descriptor_, rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            if (errno == EPIPE) std::_Exit(0);  // the reader has seen enough
            say(std::string("error: cannot write to standard output: ") + std::strerror(errno));
            std::_Exit(2);
        }
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    pending_.clear();
}

void say(std::string_view text) {
    std::string line(text);
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const auto n = ::write(2, rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;  // nobody is left to be told
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace ark::cli
