#include "expr/format.hpp"

#include "expr/texts.hpp"

#include <cctype>
#include <cmath>

namespace ark::expr {

namespace {

constexpr int precision_max = 100;

class Formatter {
public:
    Formatter(std::string_view pattern, const Value& arguments, Evaluation& evaluation)
        : pattern_(pattern), arguments_(arguments), evaluation_(evaluation) {}

    Value run() {
        for (std::size_t at = 0; at < pattern_.size();) {
            const auto percent = std::min(pattern_.find('%', at), pattern_.size());
            out_ += pattern_.substr(at, percent - at);
            if (percent == pattern_.size()) break;
            at = percent + 1;
            if (at < pattern_.size() && pattern_[at] == '%') {
                out_ += '%';
                ++at;
                continue;
            }
            if (const auto failure = clause(at)) return *failure;
            if (out_.size() > evaluation_.limits().string_bytes) break;
        }
        return evaluation_.text(out_);
    }

private:
    // Writes one argument by the clause at `at`, after the percent sign.
    std::optional<Value> clause(std::size_t& at) {
        int precision = -1;
        if (at < pattern_.size() && pattern_[at] == '.') {
            precision = 0;
            for (++at; at < pattern_.size() && std::isdigit(static_cast<unsigned char>(pattern_[at])) != 0; ++at)
                precision = std::min(precision * 10 + (pattern_[at] - '0'), precision_max + 1);
            if (precision > precision_max)
                return evaluation_.fail(Code::invalid_argument, fmt::format("a precision above {}", precision_max));
        }
        const char kind = at < pattern_.size() ? pattern_[at++] : '\0';
        if (std::string_view("sdfeboxX").find(kind) == std::string_view::npos || kind == '\0')
            return evaluation_.fail(Code::invalid_argument, "format() knows %s %d %f %e %b %o %x %X and %%");
        if (next_ >= arguments_.size())
            return evaluation_.fail(Code::index_out_of_range, fmt::format("format() has no argument {}", next_));
        const auto value = arguments_.at(next_++, evaluation_);
        if (value.is_error() || write(kind, precision, value))
            return value.is_error() ? std::optional(value) : std::nullopt;
        return evaluation_.fail(Code::no_such_overload, fmt::format("%{} does not take {}", kind, type_name(value)));
    }

    bool write(char kind, int precision, const Value& value) {
        switch (kind) {
            case 's':
                return text(value);
            case 'd':
                return decimal(value);
            case 'f':
            case 'e':
                return real(kind, precision < 0 ? 6 : precision, value);
            case 'b':
                return value.is(Kind::boolean) ? (out_ += value.as_boolean() ? '1' : '0', true) : base("{:b}", value);
            case 'o':
                return base("{:o}", value);
            case 'x':
                return hex(value, false);
            default:
                return hex(value, true);
        }
    }

    bool text(const Value& value) {
        if (value.is(Kind::optional) || value.is(Kind::opaque)) return false;
        append_text(out_, value, Style::plain, evaluation_, evaluation_.limits().string_bytes);
        return true;
    }

    bool decimal(const Value& value) {
        if (!value.is_number()) return false;
        if (value.is(Kind::real) && std::isfinite(value.as_real())) return false;
        out_ += number_text(value);
        return true;
    }

    bool real(char kind, int precision, const Value& value) {
        if (!value.is_number()) return false;
        const double number = value.is(Kind::real)      ? value.as_real()
                              : value.is(Kind::integer) ? static_cast<double>(value.as_integer())
                                                        : static_cast<double>(value.as_unsigned_integer());
        if (!std::isfinite(number))
            out_ += number_text(value);
        else if (kind == 'f')
            out_ += fmt::format("{:.{}f}", number, precision);
        else
            out_ += fmt::format("{:.{}e}", number, precision);
        return true;
    }

    bool base(const char* format, const Value& value) {
        if (value.is(Kind::integer))
            out_ += fmt::format(fmt::runtime(format), value.as_integer());
        else if (value.is(Kind::unsigned_integer))
            out_ += fmt::format(fmt::runtime(format), value.as_unsigned_integer());
        else
            return false;
        return true;
    }

    bool hex(const Value& value, bool upper) {
        if (!value.is(Kind::string) && !value.is(Kind::bytes)) return base(upper ? "{:X}" : "{:x}", value);
        for (const char c : value.as_text())
            out_ += upper ? fmt::format("{:02X}", static_cast<unsigned char>(c))
                          : fmt::format("{:02x}", static_cast<unsigned char>(c));
        return true;
    }

    std::string_view pattern_;
    const Value& arguments_;
    Evaluation& evaluation_;
    std::size_t next_ = 0;
    std::string out_;
};

}  // namespace

Value format_text(const Call& call) {
    return Formatter(call.arguments[0].as_text(), call.arguments[1], call.evaluation).run();
}

}  // namespace ark::expr
