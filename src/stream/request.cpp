#include "stream/request.hpp"

#include "base/duration.hpp"
#include "base/edit_distance.hpp"
#include "base/text.hpp"
#include "codec/json_writer.hpp"
#include "net/http.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace ark::stream {
namespace {

constexpr std::size_t value_bytes_max = 512;  // names and ids; what is longer is no name
constexpr std::size_t reasons_max = 32;
constexpr unsigned rate_max = 100'000;
constexpr std::chrono::milliseconds heartbeat_min{1'000};
constexpr std::chrono::milliseconds heartbeat_max{300'000};

constexpr std::string_view topic_names[] = {"event", "span",     "log",  "session", "query",  "trace",
                                            "chunk", "question", "eval", "sink",    "message"};

/// What a parameter's reader says: nothing, or what is wrong with the value.
struct Complaint {
    std::string detail;
    std::string hint;
    std::vector<expr::Issue> issues = {};
};
using Verdict = std::optional<Complaint>;

struct Input {
    StreamRequest& request;
    std::string_view value;
    UnixNanos now;
};
using ReadParameter = Verdict (*)(const Input&);

std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto comma = list.find(',');
        parts.push_back(list.substr(0, comma));
        if (comma == std::string_view::npos) return parts;
        list.remove_prefix(comma + 1);
    }
}

/// What an answer repeats of the client's words: not too much, and no half character.
std::string_view shown(std::string_view text) {
    return clip(text, 64);
}

Verdict read_topics(const Input& input) {
    Topics topics;
    for (const auto part : split(input.value)) {
        const auto found = std::find(std::begin(topic_names), std::end(topic_names), part);
        if (found == std::end(topic_names)) {
            return Complaint{
                "there is no topic '" + std::string(shown(part)) + "'",
                "topics are event, span, log, message, chunk, session, query, trace, question, eval, sink"};
        }
        topics.add(static_cast<Topic>(found - std::begin(topic_names)));
    }
    input.request.topics = topics;
    return std::nullopt;
}

template <std::string items::Filter::*member>
Verdict read_text(const Input& input) {
    if (input.value.empty()) return Complaint{"it is empty", "leave it out to see everything"};
    if (input.value.size() > value_bytes_max) return Complaint{"it is longer than 512 bytes", ""};
    input.request.filter.*member = std::string(input.value);
    return std::nullopt;
}

Verdict read_trace(const Input& input) {
    const auto id = TraceId::from_hex(input.value);
    if (!id || !id->valid()) return Complaint{"a trace id is 32 hex digits, not all zero", ""};
    input.request.filter.trace = *id;
    return std::nullopt;
}

Verdict read_reason(const Input& input) {
    auto& reasons = input.request.filter.reasons;
    for (const auto part : split(input.value)) {
        if (part.empty()) return Complaint{"an element of the list is empty", "reason=ToolCallStart,LLMCall*"};
        if (part.size() > value_bytes_max) return Complaint{"an element is longer than 512 bytes", ""};
        if (reasons.size() == reasons_max) return Complaint{"it lists more than 32 reasons", "use a prefix: ToolCall*"};
        reasons.emplace_back(part);
    }
    return std::nullopt;
}

Verdict read_component(const Input& input) {
    for (std::size_t i = 0; i < model::kind_count; ++i) {
        const auto kind = static_cast<model::Kind>(i);
        if (model::name(kind) != input.value) continue;
        input.request.filter.component = kind;
        return std::nullopt;
    }
    return Complaint{"there is no such component",
                     "components are query, agent, team, llm, tool, memory, a2a, evaluation, other"};
}

Verdict read_status(const Input& input) {
    if (input.value != "success" && input.value != "failure") return Complaint{"it is success or failure", ""};
    input.request.filter.failed = input.value == "failure";
    return std::nullopt;
}

/// An RFC 3339 time, or a duration before now.
std::optional<UnixNanos> read_instant(const Input& input) {
    if (!input.value.starts_with('-')) return parse_rfc3339(input.value);
    const auto back = parse_duration(input.value);
    if (!back) return std::nullopt;
    const auto nanos = static_cast<std::uint64_t>(-back->count());
    return UnixNanos{nanos < input.now.value() ? input.now.value() - nanos : 1};
}

template <UnixNanos items::Filter::*member>
Verdict read_time(const Input& input) {
    const auto time = read_instant(input);
    if (!time) return Complaint{"it is neither a time nor a duration before now", "2026-11-20T10:00:00Z or -15m"};
    input.request.filter.*member = *time;
    return std::nullopt;
}

Verdict read_since(const Input& input) {
    auto& start = input.request.start;
    if (input.value == "now") {
        start.at = Start::At::now;
    } else if (input.value == "start") {
        start.at = Start::At::oldest;
    } else if (const auto cursor = Cursor::parse(input.value)) {
        start.at = Start::At::cursor;
        start.cursor = *cursor;
    } else if (const auto time = read_instant(input)) {
        start.at = Start::At::time;
        start.time = *time;
    } else {
        return Complaint{"it is not a place in the journal",
                         "now, start, a cursor, a time, or a duration before now: -15m"};
    }
    return std::nullopt;
}

Verdict read_snapshot(const Input& input) {
    if (input.value != "true" && input.value != "false") return Complaint{"it is true or false", ""};
    input.request.snapshot = input.value == "true";
    return std::nullopt;
}

Verdict read_view(const Input& input) {
    if (input.value != "lite" && input.value != "full") return Complaint{"it is lite or full", ""};
    input.request.detail = input.value == "full" ? items::Detail::full : items::Detail::lite;
    return std::nullopt;
}

Verdict read_delivery(const Input& input) {
    if (input.value != "lossless" && input.value != "latest") return Complaint{"it is lossless or latest", ""};
    input.request.delivery = input.value == "latest" ? Delivery::latest : Delivery::lossless;
    return std::nullopt;
}

Verdict read_rate(const Input& input) {
    unsigned rate = 0;
    const auto* end = input.value.data() + input.value.size();
    const auto [stop, error] = std::from_chars(input.value.data(), end, rate);
    if (error != std::errc{} || stop != end || rate == 0 || rate > rate_max) {
        return Complaint{"it is a number of frames a second, 1 to 100000", ""};
    }
    input.request.rate = rate;
    return std::nullopt;
}

Verdict read_heartbeat(const Input& input) {
    const auto every = parse_duration(input.value);
    if (!every || *every < heartbeat_min || *every > heartbeat_max) return Complaint{"it is a duration, 1s to 5m", ""};
    input.request.heartbeat = std::chrono::duration_cast<std::chrono::milliseconds>(*every);
    return std::nullopt;
}

Verdict read_filter(const Input& input) {
    if (input.value.empty()) return Complaint{"it is empty", "leave it out to see everything"};
    if (input.value.size() > items::filter_bytes_max)
        return Complaint{"it is longer than " + std::to_string(items::filter_bytes_max) + " bytes", ""};
    auto expression = items::Expression::compile(input.value);
    if (!expression) {
        auto issues = expression.error().list;
        auto detail = expr::to_text(issues.front());
        return Complaint{std::move(detail), "docs/expressions.md has the names and functions", std::move(issues)};
    }
    input.request.filter.expression = std::move(*expression);
    return std::nullopt;
}

struct Parameter {
    std::string_view name;
    ReadParameter read;
};

constexpr std::array parameters = {
    Parameter{"topics", read_topics},
    Parameter{"session", read_text<&items::Filter::session>},
    Parameter{"query", read_text<&items::Filter::query>},
    Parameter{"trace", read_trace},
    Parameter{"agent", read_text<&items::Filter::agent>},
    Parameter{"team", read_text<&items::Filter::team>},
    Parameter{"tool", read_text<&items::Filter::tool>},
    Parameter{"model", read_text<&items::Filter::model>},
    Parameter{"reason", read_reason},
    Parameter{"component", read_component},
    Parameter{"status", read_status},
    Parameter{"from", read_time<&items::Filter::from>},
    Parameter{"until", read_time<&items::Filter::until>},
    Parameter{"since", read_since},
    Parameter{"snapshot", read_snapshot},
    Parameter{"view", read_view},
    Parameter{"delivery", read_delivery},
    Parameter{"rate", read_rate},
    Parameter{"heartbeat", read_heartbeat},
    Parameter{"filter", read_filter},
};

Refusal invalid(std::string_view parameter, Complaint complaint) {
    Refusal refusal;
    const bool expression = !complaint.issues.empty();
    refusal.slug = expression ? "invalid-expression" : "invalid-parameter";
    refusal.title = expression ? "Invalid expression" : "Invalid parameter";
    refusal.parameter = std::string(parameter);
    refusal.detail = std::string(parameter) + ": " + complaint.detail;
    refusal.hint = std::move(complaint.hint);
    refusal.issues = std::move(complaint.issues);
    return refusal;
}

Refusal unknown(std::string_view given) {
    const Parameter* nearest = nullptr;
    std::size_t nearest_distance = 4;  // further off it is no typing mistake
    given = shown(given);
    for (const auto& candidate : parameters) {
        const auto far = edit_distance(given, candidate.name);
        if (far >= nearest_distance || far >= candidate.name.size()) continue;
        nearest = &candidate;
        nearest_distance = far;
    }
    Refusal refusal;
    refusal.slug = "unknown-parameter";
    refusal.title = "Unknown parameter";
    refusal.parameter = std::string(given);
    refusal.detail = "'" + std::string(given) + "' is not a parameter of this stream";
    if (nearest != nullptr) refusal.hint = "did you mean '" + std::string(nearest->name) + "'?";
    return refusal;
}

Refusal malformed_query() {
    Refusal refusal;
    refusal.slug = "invalid-parameter";
    refusal.title = "Invalid parameter";
    refusal.detail = "the query string has a malformed escape or is not UTF-8";
    return refusal;
}

/// What no single parameter can say about itself.
std::optional<Refusal> check_together(const StreamRequest& request) {
    const auto& filter = request.filter;
    if (filter.from.value() != 0 && filter.until.value() != 0 && filter.until <= filter.from) {
        return invalid("until", {"it is not after from", ""});
    }
    if (request.rate != 0 && request.delivery != Delivery::latest) {
        return invalid("rate", {"a lossless stream cannot skip frames", "add delivery=latest"});
    }
    return std::nullopt;
}

void resume_from(Start& start, std::string_view last_event_id) {
    const auto cursor = Cursor::parse(last_event_id);
    start.at = cursor ? Start::At::cursor : Start::At::foreign;
    if (cursor) start.cursor = *cursor;
    start.resumed = true;
}

}  // namespace

std::string_view name(Topic topic) {
    return topic_names[static_cast<std::size_t>(topic)];
}

std::string Selection::key() const {
    std::string key = tenant;
    key.push_back('\0');
    key += std::to_string(topics.bits());
    key.push_back(detail == items::Detail::full ? 'f' : 'l');
    key += filter.key();
    return key;
}

std::string Refusal::to_json(std::string_view instance, int status, std::string_view request_id) const {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    json.field("type", "/problems/" + std::string(slug)).field("title", title).field("status", std::int64_t{status});
    json.field("detail", detail).field("instance", instance);
    if (!request_id.empty()) json.field("requestId", request_id);
    if (!hint.empty()) json.field("hint", hint);
    if (!parameter.empty()) {
        json.key("errors").begin_array();
        for (const auto& issue : issues) {
            json.begin_object().field("parameter", parameter).field("detail", expr::to_text(issue));
            items::write_issue_members(json, issue);
            json.end_object();
        }
        if (issues.empty()) json.begin_object().field("parameter", parameter).field("detail", detail).end_object();
        json.end_array();
    }
    json.end_object();
    return out;
}

std::variant<StreamRequest, Refusal> parse_request(std::string_view raw_query, std::string_view last_event_id,
                                                   std::chrono::milliseconds heartbeat, UnixNanos now) {
    const auto query = net::Query::parse(raw_query);
    if (!query) return malformed_query();
    StreamRequest request;
    request.heartbeat = heartbeat;
    request.topics.add(Topic::event);
    request.topics.add(Topic::session);
    request.topics.add(Topic::query);
    std::uint32_t seen = 0;
    for (const auto& [given, value] : query->items()) {
        const std::string_view name = given;
        const auto found =
            std::find_if(parameters.begin(), parameters.end(), [name](const auto& p) { return p.name == name; });
        if (found == parameters.end()) return unknown(name);
        const auto bit = 1u << static_cast<unsigned>(found - parameters.begin());
        if ((seen & bit) != 0) return invalid(name, {"it is given twice", ""});
        seen |= bit;
        const Input input{request, value, now};
        if (auto complaint = found->read(input)) return invalid(name, std::move(*complaint));
    }
    if (auto refusal = check_together(request)) return std::move(*refusal);
    if (request.filter.expression) request.filter.expression->narrow(request.filter);
    if (!last_event_id.empty()) resume_from(request.start, last_event_id);
    return request;
}

}  // namespace ark::stream
