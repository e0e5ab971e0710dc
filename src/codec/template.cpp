#include "codec/template.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace ark::codec {
namespace {

constexpr std::size_t output_bytes_max = 16u << 20;

bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               static_cast<unsigned char>(c) >= 0x80;
    });
}

/// One pass over a template.
class Rendering {
public:
    Rendering(std::string_view text, const JsonValue& data) : text_(text), data_(data) {}

    Result<std::string> run() {
        while (at_ < text_.size()) {
            const auto open = text_.find("{{", at_);
            auto plain = text_.substr(at_, open - at_);
            if (open == std::string_view::npos) {
                take(text_.substr(at_));
                break;
            }
            ARK_TRY(auto action, action_at(open));
            if (action.starts_with("- ") || action == "-") {
                action.remove_prefix(1);
                plain = plain.substr(0, plain.find_last_not_of(text_blanks) + 1);
            }
            take(plain);
            trim_next_ = action.ends_with(" -") || action == "-";
            if (trim_next_) action.remove_suffix(1);
            ARK_TRY_STATUS(act(trimmed(action, text_blanks)));
            if (out_.size() > output_bytes_max) return fail(Errc::too_large, "template: more than 16 MiB come of it");
        }
        return std::move(out_);
    }

private:
    void take(std::string_view plain) {
        if (trim_next_) plain.remove_prefix(std::min(plain.find_first_not_of(text_blanks), plain.size()));
        out_ += plain;
    }

    /// What stands between the braces; moves behind them.
    Result<std::string_view> action_at(std::size_t open) {
        begin_ = open;
        const auto words = trimmed(text_.substr(open + 2, 4), text_blanks);
        const bool comment = words.starts_with("/*") || words.starts_with("- /*");
        const auto from = comment ? text_.find("*/", open) : open + 2;
        const auto close = from == std::string_view::npos ? from : text_.find("}}", from);
        if (close == std::string_view::npos) return wrong("is not closed");
        at_ = close + 2;
        return text_.substr(open + 2, close - open - 2);
    }

    Status act(std::string_view action) {
        if (action.starts_with("/*") && action.ends_with("*/")) return ok();
        if (action.starts_with('"')) {
            const auto literal = JsonValue::parse(action);
            if (!literal || !literal->is_string()) return wrong("is no text");
            out_ += literal->text();
            return ok();
        }
        if (!action.starts_with('.')) return wrong("is not understood: only fields such as {{.name}} are");
        const JsonValue* value = &data_;
        auto rest = action.substr(1);
        while (!rest.empty()) {
            const auto dot = rest.find('.');
            const auto name = rest.substr(0, dot);
            if (!is_name(name)) return wrong("is not understood: only fields such as {{.name}} are");
            value = &(*value)[name];
            if (value->is_null()) return wrong("has no value");
            rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
        }
        if (value->is_string()) {
            out_ += value->text();
        } else {
            out_ += value->dump();
        }
        return ok();
    }

    Error wrong(std::string_view what) const {
        const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(begin_), '\n');
        const auto close = text_.find("}}", begin_);
        const auto action = text_.substr(begin_, std::min<std::size_t>(close - begin_ + 2, 60));
        return fail(Errc::bad_argument,
                    "template, line " + std::to_string(line) + ": " + std::string(action) + " " + std::string(what));
    }

    const std::string_view text_;
    const JsonValue& data_;
    std::string out_;
    std::size_t at_ = 0;
    std::size_t begin_ = 0;  // of the action in hand
    bool trim_next_ = false;
};

}  // namespace

Result<std::string> render_template(std::string_view text, const JsonValue& data) {
    return Rendering(text, data).run();
}

}  // namespace ark::codec
