#include "expr/texts.hpp"

#include "expr/map_table.hpp"
#include "expr/times.hpp"
#include "expr/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace ark::expr {

namespace {

constexpr int depth_max = 100;  // of values that an embedding gives; those of expressions nest less

std::string real_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    const auto size = std::fabs(value);
    const bool plain = size == 0 || (size >= 1e-4 && size < 1e21);  // beyond, the zeros would only tire
    char buffer[400];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific)
                         .ptr;
    return {buffer, end};
}

void append_quoted(std::string& out, std::string_view text, bool bytes) {
    out += bytes ? "b\"" : "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out.append("\\").push_back(c);
        else if (c == '\n')
            out += "\\n";
        else if (byte < 0x20 || byte == 0x7f || (bytes && byte > 0x7f))
            out += fmt::format("\\x{:02x}", byte);
        else
            out.push_back(c);
    }
    out.push_back('"');
}

class Writer {
public:
    Writer(std::string& out, Style style, Evaluation& evaluation, std::size_t bytes_max)
        : out_(out), style_(style), evaluation_(evaluation), bytes_max_(out.size() + bytes_max) {}

    void write(const Value& value, int depth = 0) {
        if (out_.size() > bytes_max_ || depth > depth_max || !evaluation_.step()) return;
        switch (value.kind()) {
            case Kind::null:
                out_ += "null";
                break;
            case Kind::boolean:
                out_ += value.as_boolean() ? "true" : "false";
                break;
            case Kind::integer:
            case Kind::unsigned_integer:
            case Kind::real:
                number(value);
                break;
            case Kind::string:
            case Kind::bytes:
                text(value);
                break;
            case Kind::type:
                out_ += value.as_text();
                break;
            case Kind::timestamp:
                time(to_text(Instant{value.unix_seconds(), value.nanos()}), "timestamp");
                break;
            case Kind::duration:
                time(duration_text(value.duration_nanos()), "duration");
                break;
            case Kind::list:
                list(value, depth);
                break;
            case Kind::map:
                map(value, depth);
                break;
            case Kind::optional:
                optional(value, depth);
                break;
            case Kind::opaque:
                out_ += value.as_opaque().text();
                break;
            case Kind::error:
                out_ += name(value.failure().code);
                break;
        }
    }

private:
    bool expression() const { return style_ == Style::expression; }

    void number(const Value& value) {
        out_ += number_text(value);
        if (!expression()) return;
        if (value.is(Kind::unsigned_integer)) out_ += 'u';
        const bool whole = value.is(Kind::real) && std::isfinite(value.as_real()) &&
                           std::fabs(value.as_real()) < 1e21 && std::trunc(value.as_real()) == value.as_real();
        if (whole) out_ += ".0";
    }
    void text(const Value& value) {
        const auto text = value.as_text().substr(0, bytes_max_ + 1);
        if (expression())
            append_quoted(out_, text, value.is(Kind::bytes));
        else
            out_ += text;
    }
    void time(const std::string& text, std::string_view function) {
        out_ += expression() ? fmt::format("{}(\"{}\")", function, text) : text;
    }
    void list(const Value& value, int depth) {
        out_ += '[';
        for (std::size_t i = 0; i < value.size() && out_.size() <= bytes_max_; ++i) {
            if (i > 0) out_ += ", ";
            write(value.at(i, evaluation_), depth + 1);
        }
        out_ += ']';
    }
    void map(const Value& value, int depth) {
        const auto keys = value.keys(evaluation_);
        if (keys.is_error()) return;
        std::vector<std::pair<std::string, Value>> entries;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            std::string key;
            Writer(key, style_, evaluation_, bytes_max_).write(keys.at(i, evaluation_), depth + 1);
            entries.emplace_back(std::move(key), value.find(keys.at(i, evaluation_), evaluation_).value_or(Value()));
        }
        if (!expression())
            std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.first < b.first; });
        out_ += '{';
        for (std::size_t i = 0; i < entries.size() && out_.size() <= bytes_max_; ++i) {
            if (i > 0) out_ += ", ";
            out_.append(entries[i].first).append(": ");
            write(entries[i].second, depth + 1);
        }
        out_ += '}';
    }
    void optional(const Value& value, int depth) {
        if (value.held() == nullptr) {
            out_ += "optional.none()";
            return;
        }
        out_ += "optional.of(";
        write(*value.held(), depth + 1);
        out_ += ')';
    }

    std::string& out_;
    const Style style_;
    Evaluation& evaluation_;
    const std::size_t bytes_max_;
};

}  // namespace

std::string number_text(const Value& number) {
    if (number.is(Kind::integer)) return std::to_string(number.as_integer());
    if (number.is(Kind::unsigned_integer)) return std::to_string(number.as_unsigned_integer());
    return real_text(number.as_real());
}

void append_text(std::string& out, const Value& value, Style style, Evaluation& evaluation, std::size_t bytes_max) {
    Writer(out, style, evaluation, bytes_max).write(value);
}

std::string to_text(const Value& value, Evaluation& evaluation, std::size_t bytes_max) {
    std::string out;
    append_text(out, value, Style::expression, evaluation, bytes_max);
    return out;
}

}  // namespace ark::expr
