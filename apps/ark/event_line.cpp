#include "event_line.hpp"

#include "render.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;

struct Look {
    std::string_view component;
    std::string_view glyph;
    std::string_view ascii;
    Style style;
};

// The colours of the dashboard (identity by kind), in the sixteen that every terminal has.
constexpr Look looks[] = {
    {"query", "◇", "Q", Style::plain}, {"agent", "●", "A", Style::blue},      {"team", "◆", "T", Style::magenta},
    {"llm", "✦", "L", Style::yellow},  {"tool", "▣", "t", Style::cyan},       {"memory", "▤", "m", Style::dim},
    {"a2a", "⇄", "a", Style::magenta}, {"question", "?", "?", Style::yellow}, {"evaluation", "≡", "e", Style::plain},
};
constexpr Look unknown_look{"other", "·", ".", Style::dim};

const Look& look_of(std::string_view component) {
    for (const auto& look : looks) {
        if (look.component == component) return look;
    }
    return unknown_look;
}

constexpr std::size_t what_width = 24;
constexpr std::size_t subject_width = 34;
constexpr std::size_t error_width = 80;
constexpr std::size_t record_width = 100;

std::string padded(std::string_view text, std::size_t width) {
    auto cut = fit(text, width);
    const auto used = display_width(cut);
    return used < width ? cut + std::string(width - used, ' ') : cut;
}

std::string tokens_text(const JsonValue& item) {
    const auto& tokens = item["tokens"];
    if (!tokens.is_object()) return "";
    const auto in = tokens["input"].integer(tokens["inputTokens"].integer());
    const auto out = tokens["output"].integer(tokens["outputTokens"].integer());
    return in == 0 && out == 0 ? "" : format_tokens(in) + "→" + format_tokens(out) + " tok";
}

}  // namespace

std::string subject_of(const JsonValue& item) {
    const auto tool = item["tool"].text();
    const auto model = item["model"].text();
    const auto agent = item["agent"].text();
    const auto team = item["team"].text();
    const auto component = item["component"].text();
    const auto inner = component == "tool" ? tool : component == "llm" ? model : std::string_view();
    const auto outer = !agent.empty() ? agent : team;
    std::string subject(outer);
    if (!inner.empty() && inner != outer) subject += (subject.empty() ? "" : " › ") + std::string(inner);
    if (component == "team" && !team.empty()) subject = team;
    if (subject.empty()) subject = item["subject"].text();
    if (subject.empty() || component == "query") {
        const auto name = item["queryName"].text(item["query"].text(item["queryId"].text(item["name"].text())));
        if (!name.empty()) subject = name;
    }
    return subject;
}

std::string error_text(const JsonValue& item) {
    const auto& error = item["error"];
    if (error.is_null()) return "";
    if (error.is_string()) return std::string(error.text());
    const auto type = error["type"].text();
    const auto message = error["message"].text();
    if (type.empty() || message.empty() || type == message) return std::string(type.empty() ? message : type);
    return std::string(type) + ": " + std::string(message);
}

std::string EventLine::begin(const JsonValue& time, std::string_view component, std::string_view what, Style style,
                             std::string_view mark) const {
    const bool color = context_.color();
    const auto parsed = parse_rfc3339(time.text());
    const auto at =
        parsed ? format_precise_time(*parsed, context_.time_style, context_.clock().now()) : printable(time.text());
    const auto& look = look_of(component);
    return paint(at, Style::dim, color) + " " + paint(mark, style, color) + " " +
           paint(ascii_ ? look.ascii : look.glyph, look.style, color) + " " +
           paint(padded(what, what_width), style, color);
}

std::string EventLine::end(std::string line, const JsonValue& item) const {
    const bool color = context_.color();
    if (const auto tokens = tokens_text(item); !tokens.empty()) line += "  " + tokens;
    if (const auto error = error_text(item); !error.empty())
        line += "  " + paint(fit(error, error_width), Style::red, color);
    if (const auto session = item["sessionId"].text(); show_session_ && !session.empty()) {
        line += "  " + paint(printable(session), Style::dim, color);
    }
    while (line.ends_with(' '))
        line.pop_back();
    return line;
}

std::string EventLine::of_event(const JsonValue& item) const {
    const auto phase = item["phase"].text(item["status"].text());
    const bool failed = item["failed"].boolean() || phase == "error";
    const bool warning = !failed && item["level"].text() == "Warning";
    const bool done = phase == "complete" || phase == "ok";
    const auto style = failed ? Style::red : warning ? Style::yellow : done ? Style::green : Style::plain;
    std::string_view mark = ascii_ ? "." : "·";
    if (phase == "start" || phase == "running") mark = ascii_ ? ">" : "▸";
    if (done) mark = ascii_ ? "+" : "✓";
    if (warning) mark = "!";
    if (failed) mark = ascii_ ? "x" : "✕";
    const auto reason = item["reason"].text(item["name"].text());
    const auto component = reason.starts_with("Question") ? std::string_view("question") : item["component"].text();
    auto line = begin(item["time"].is_null() ? item["start"] : item["time"], component, reason, style, mark);
    line += " " + padded(subject_of(item), subject_width);
    const auto& duration = item["durationMs"];
    line += fmt::format(" {:>9}", duration.is_null() ? "" : format_duration_ms(duration.real()));
    return end(std::move(line), item);
}

std::string EventLine::of_row(std::string_view topic, const JsonValue& row) const {
    const auto state = row["status"].text(row["state"].text());
    const auto cell = state_cell(state);
    const auto& time = row["lastActivity"].is_null() ? row["end"] : row["lastActivity"];
    auto line = begin(time, topic == "session" ? "other" : "query", std::string(topic) + " " + std::string(state),
                      cell.style, "=");
    line += " " + padded(row["name"].text(row["id"].text()), subject_width) + "  " +
            paint(printable(row["id"].text()), Style::dim, context_.color());
    line += fmt::format("  {} spans", format_count(row["spans"].integer()));
    if (const auto errors = row["errors"].integer(); errors > 0) {
        line += "  " + paint(format_count(errors) + " errors", Style::red, context_.color());
    }
    return line;
}

/// What was said: of a chunk the text that it adds, of a message who says it and the text; else the JSON.
std::string EventLine::of_record(std::string_view topic, const JsonValue& item) const {
    const auto& said = item[topic];
    const auto role = said["role"].text();
    const auto& delta = said["choices"][0]["delta"]["content"];
    const auto& content = delta.is_string() ? delta : said["content"];
    const auto whole = said.is_null() ? std::string(item["preview"].text()) : said.dump();
    const auto name = item["queryName"].text(item["queryId"].text(item["conversationId"].text()));
    auto line = begin(item["time"], "query", role.empty() ? topic : role, Style::plain, ascii_ ? "." : "·");
    line += " " + padded(name, subject_width) + "  " +
            fit(printable(content.is_string() ? content.text() : std::string_view(whole)), record_width);
    return end(std::move(line), item);
}

std::string EventLine::render(std::string_view topic, const JsonValue& item) const {
    const bool row = topic == "session" || topic == "query" || topic == "trace";
    if (topic == "message" || topic == "chunk") return of_record(topic, item);
    return row ? of_row(topic, item) : of_event(item);
}

}  // namespace ark::cli
