#include "resources.hpp"

#include "base/check.hpp"
#include "event_line.hpp"

#include <algorithm>

namespace ark::cli {
namespace {

using Row = const JsonValue&;
using Env = const Context&;

Column text(std::string title, std::string field) {
    return {std::move(title), Align::left, false, false, [field](Row row, Env) {
                return Cell{std::string(row[field].text()), Style::plain};
            }};
}
Column count(std::string title, std::string field) {
    return {std::move(title), Align::right, false, false, [field](Row row, Env) { return count_cell(row[field]); }};
}
Column errors() {
    return {"ERR", Align::right, false, false, [](Row row, Env) { return error_count_cell(row["errors"]); }};
}
Column names(std::string title, std::string field) {
    return {std::move(title), Align::left, true, false, [field](Row row, Env) {
                return Cell{names_text(row[field]), Style::plain};
            }};
}
Column time(std::string title, std::string field) {
    return {std::move(title), Align::left, false, false,
            [field](Row row, Env env) { return time_cell(row[field], env); }};
}
Column state() {
    return {"STATUS", Align::left, false, false,
            [](Row row, Env) { return state_cell(row["status"].text(row["state"].text())); }};
}
Column tokens() {
    return {"TOKENS", Align::right, false, false, [](Row row, Env) {
                return Cell{format_tokens(total_tokens(row)), Style::plain};
            }};
}
Column cost() {
    return {"COST", Align::right, true, false, [](Row row, Env) {
                return Cell{format_usd(total_cost(row)), Style::plain};
            }};
}
Column duration(std::string begin, std::string end) {
    return {"DURATION", Align::right, false, false,
            [begin, end](Row row, Env) { return duration_cell(row, begin, end); }};
}
Column subject() {
    return {"SUBJECT", Align::left, false, false, [](Row row, Env) { return Cell{subject_of(row), Style::plain}; }};
}
Column error() {
    return {"ERROR", Align::left, false, true, [](Row row, Env) { return Cell{error_text(row), Style::red}; }};
}
Column wide(Column column) {
    column.wide_only = true;
    return column;
}
Column yields(Column column) {
    column.yields = true;
    return column;
}

Resource sessions() {
    return {"sessions",
            "session",
            "session",
            {text("SESSION", "id"), state(), yields(text("NAME", "name")), count("QUERIES", "queries"),
             count("SPANS", "spans"), errors(), tokens(), cost(), time("STARTED", "start"),
             duration("start", "lastActivity"), wide(time("LAST", "lastActivity")), names("AGENTS", "agents"),
             names("TOOLS", "tools"), names("MODELS", "models"), wide(text("OWNER", "owner"))},
            true};
}

Resource queries() {
    return {"queries",
            "query",
            "query",
            {text("QUERY", "id"), state(), text("SESSION", "sessionId"), yields(text("INPUT", "input")),
             count("SPANS", "spans"), errors(), tokens(), cost(), time("STARTED", "start"), duration("start", "end"),
             wide(text("NAME", "name")), names("AGENTS", "agents"), names("TOOLS", "tools"), names("MODELS", "models"),
             wide(text("ERROR", "error"))},
            true};
}

Resource traces() {
    return {"traces",
            "trace",
            "trace",
            {text("TRACE", "id"), state(), yields(text("NAME", "name")), text("SERVICE", "service"),
             count("SPANS", "spans"), errors(), tokens(), cost(), time("STARTED", "start"), duration("start", "end"),
             wide(text("SESSION", "sessionId")), wide(text("QUERY", "queryId")), names("AGENTS", "agents"),
             names("MODELS", "models")},
            true};
}

Resource events() {
    return {"events",
            "event",
            "event",
            {time("TIME", "time"), text("REASON", "reason"), subject(), duration("", ""), yields(error()),
             text("SESSION", "sessionId"), text("QUERY", "queryId"), wide(text("TRACE", "traceId")),
             wide(text("SPAN", "spanId")), wide(text("ID", "id"))},
            false};
}

Resource spans() {
    return {"spans",
            "span",
            "span",
            {time("START", "start"), yields(text("NAME", "name")), text("COMPONENT", "component"), state(), subject(),
             duration("start", "end"), text("TRACE", "traceId"), text("SPAN", "spanId"),
             wide(text("PARENT", "parentSpanId")), wide(text("SESSION", "sessionId"))},
            false};
}

}  // namespace

std::vector<Resource> all_resources() {
    return {sessions(), queries(), traces(), events(), spans()};
}

const Resource& resource_named(const std::vector<Resource>& resources, std::string_view plural) {
    const auto found =
        std::find_if(resources.begin(), resources.end(), [&](const Resource& r) { return r.plural == plural; });
    ARK_CHECK(found != resources.end(), "no resource {}", plural);
    return *found;
}

}  // namespace ark::cli
