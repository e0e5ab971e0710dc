#include "query_steps.hpp"

#include "event_line.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;

constexpr std::size_t label_width = 44;
constexpr std::size_t step_error_width = 100;
constexpr std::size_t said_width = 90;
constexpr std::string_view chunk_prefix = "chatcmpl-";  // and the span's id behind it

struct Glyph {
    std::string_view component;
    std::string_view glyph;
    std::string_view ascii;
    Style style;
};
constexpr Glyph glyphs[] = {
    {"agent", "●", "A", Style::blue},      {"team", "◆", "T", Style::magenta}, {"llm", "✦", "L", Style::yellow},
    {"tool", "▣", "t", Style::cyan},       {"memory", "▤", "m", Style::dim},   {"a2a", "⇄", "a", Style::magenta},
    {"question", "?", "?", Style::yellow},
};

const Glyph* glyph_of(std::string_view component) {
    for (const auto& glyph : glyphs) {
        if (glyph.component == component) return &glyph;
    }
    return nullptr;
}

std::string label_of(const JsonValue& event, std::string_view component) {
    const auto reason = event["reason"].text();
    if (reason.starts_with("TeamTurn")) {
        const auto& turn = event["attributes"]["turn"];
        return turn.is_null() ? "turn" : fmt::format("turn {}", turn.integer());
    }
    if (component == "llm") return std::string(event["model"].text());
    if (component == "tool") return std::string(event["tool"].text());
    if (component == "agent") return std::string(event["agent"].text());
    // What is no beginning and no end of the team says in words what it is: "reporter speaks next".
    if (component == "team" && !reason.starts_with("TeamExecution") && !event["message"].is_null())
        return std::string(event["message"].text());
    if (component == "team") return std::string(event["team"].text());
    if (component == "question") {
        const auto message = event["message"].text();
        return std::string(message.empty() ? reason : message);
    }
    const auto subject = event["subject"].text();
    return subject.empty() ? std::string(reason) : std::string(subject);
}

std::string tokens_of(const JsonValue& event) {
    const auto in = event["tokens"]["input"].integer();
    const auto out = event["tokens"]["output"].integer();
    return in == 0 && out == 0 ? "" : format_tokens(in) + "→" + format_tokens(out) + " tok";
}

std::string plural(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

QuerySteps::QuerySteps(const Context& context, bool color)
    : context_(context), color_(color), ascii_(!locale_is_utf8()) {}

std::size_t QuerySteps::depth_of(const JsonValue& event, bool shown) {
    const std::string span(event["spanId"].text());
    if (const auto known = depths_.find(span); known != depths_.end() && !span.empty()) return known->second;
    const auto parent = depths_.find(std::string(event["parentSpanId"].text()));
    // What a step that is not shown holds stands where the step would.
    const auto above = parent == depths_.end() ? 0 : parent->second;
    const auto depth = above + (shown ? 1 : 0);
    if (!span.empty()) depths_.emplace(span, depth);
    return depth;
}

void QuerySteps::count(std::string_view component, std::string_view phase) {
    if (phase == "start") {
        model_calls_ += component == "llm" ? 1 : 0;
        tool_calls_ += component == "tool" ? 1 : 0;
    }
    const bool step = component == "llm" || component == "tool";
    failures_ += step && phase == "error" ? 1 : 0;
}

std::string QuerySteps::render(const JsonValue& event) {
    const auto reason = event["reason"].text();
    const auto component = reason.starts_with("Question") || reason.starts_with("Approval")
                               ? std::string_view("question")
                               : event["component"].text();
    const auto phase = event["phase"].text();
    const auto* glyph = glyph_of(component);
    if (component == "query" && phase != "start" && reason.starts_with("QueryExecution")) ended_ = true;
    // A member's turn is told by the agent that has it.
    const bool shown = glyph != nullptr && !reason.starts_with("TeamMember");
    const auto depth = std::max<std::size_t>(1, depth_of(event, shown));
    if (!shown) return "";
    count(component, phase);
    const auto said = phase == "start" ? std::string() : take_lines(std::string(event["spanId"].text()), true);
    const bool failed = event["failed"].boolean() || phase == "error";
    const bool begins = phase == "start";
    const bool question = component == "question";
    const auto style = failed ? Style::red : begins ? Style::dim : question ? Style::yellow : Style::green;
    std::string_view mark = ascii_ ? ">" : "▸";
    if (question) mark = "!";
    if (!begins && !question) mark = failed ? (ascii_ ? "x" : "✕") : (ascii_ ? "+" : "✓");
    if (phase == "canceled") mark = ascii_ ? "-" : "⊘";
    std::string line = "  " + paint(mark, style, color_) + std::string(2 * depth - 1, ' ');
    line += paint(ascii_ ? glyph->ascii : glyph->glyph, glyph->style, color_) + " ";
    auto label = fit(label_of(event, component), label_width);
    if (begins && !question) return line + label;
    if (!said.empty()) line = said + "\n" + line;
    const auto used = display_width(label) + 2 * depth;
    label += std::string(used < label_width ? label_width - used : 1, ' ');
    line += label;
    const auto& duration = event["durationMs"];
    if (!duration.is_null()) line += fmt::format("{:>8}", format_duration_ms(duration.real()));
    if (const auto tokens = tokens_of(event); !tokens.empty()) line += "  " + tokens;
    if (const auto error = error_text(event); failed && !error.empty())
        line += "  " + paint(fit(error, step_error_width), Style::red, color_);
    while (line.ends_with(' '))
        line.pop_back();
    return line;
}

std::string QuerySteps::render_chunk(const JsonValue& item) {
    auto chunk = item["chunk"];
    if (chunk.is_string()) {
        if (auto parsed = JsonValue::parse(chunk.text())) chunk = std::move(*parsed);
    }
    const auto id = chunk["id"].text();
    const auto text = chunk["choices"][0]["delta"]["content"].text();
    if (text.empty() || !id.starts_with(chunk_prefix)) return "";
    const std::string span(id.substr(chunk_prefix.size()));
    if (depths_.find(span) == depths_.end()) return "";  // of a step that nobody has seen begin
    said_[span] += text;
    return take_lines(span, false);
}

/// Lines of at most said_width, cut at spaces and line ends; what is no whole line yet stays, unless `all` is wanted.
std::string QuerySteps::take_lines(const std::string& span, bool all) {
    const auto found = said_.find(span);
    if (found == said_.end()) return "";
    auto& text = found->second;
    const auto depth = std::max<std::size_t>(1, depths_[span]);
    const auto margin = std::string(2 * depth + 4, ' ') + (ascii_ ? "| " : "│ ");
    std::string lines;
    const auto add = [&](std::string_view line) {
        if (!lines.empty()) lines += "\n";
        lines += paint(margin + printable(line), Style::dim, color_);
    };
    for (;;) {
        const auto end = text.find('\n');
        if (end != std::string::npos && end <= said_width) {
            add(std::string_view(text).substr(0, end));
            text.erase(0, end + 1);
            continue;
        }
        if (text.size() <= said_width) break;
        const auto space = text.rfind(' ', said_width);
        // A word without an end waits for its end.
        if (space == std::string::npos || space == 0) break;
        add(std::string_view(text).substr(0, space));
        text.erase(0, space + 1);
    }
    if (all) {
        if (!text.empty()) add(text);
        said_.erase(found);
    }
    return lines;
}

std::string QuerySteps::summary() const {
    std::string text;
    const auto add = [&text](std::string part) { text += (text.empty() ? "" : " · ") + part; };
    if (model_calls_ > 0) add(plural(model_calls_, "model call"));
    if (tool_calls_ > 0) add(plural(tool_calls_, "tool call"));
    if (failures_ > 0) add(fmt::format("{} failed", failures_));
    return text;
}

}  // namespace ark::cli
