#include "stream/frames.hpp"

#include "codec/json_writer.hpp"
#include "net/sse.hpp"

namespace ark::stream {
namespace {

constexpr std::string_view frame_end = "\n\n";  // data is one line of JSON: nowhere else

std::string_view text(Gap::Reason reason) {
    switch (reason) {
        case Gap::Reason::retention:
            return "retention";
        case Gap::Reason::epoch:
            return "epoch";
        case Gap::Reason::slow_consumer:
            return "slow_consumer";
        case Gap::Reason::rate:
            return "rate";
    }
    return "";
}

std::string_view text(Bye reason) {
    switch (reason) {
        case Bye::shutdown:
            return "shutdown";
        case Bye::slow_consumer:
            return "slow_consumer";
        case Bye::auth:
            return "auth";
        case Bye::internal:
            return "internal";
    }
    return "";
}

/// Behind the JSON string that begins at `at`.
std::size_t skip_string(std::string_view json, std::size_t at) {
    for (++at; at < json.size() && json[at] != '"'; ++at) {
        if (json[at] == '\\') ++at;
    }
    return at + 1;
}

/// Behind the JSON value that begins at `at`: at the comma or bracket that follows it.
std::size_t skip_value(std::string_view json, std::size_t at) {
    int depth = 0;
    while (at < json.size()) {
        const char c = json[at];
        if (c == '"') {
            at = skip_string(json, at);
            continue;
        }
        if (c == '{' || c == '[') ++depth;
        if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
        if (c == '}' || c == ']') --depth;
        ++at;
    }
    return at;
}

/// Appends the members of a compact JSON object, each after a comma, without those that the frame has itself.
void append_members(std::string& out, std::string_view object) {
    if (object.size() < 2 || object.front() != '{') return;
    std::size_t at = 1;
    while (at < object.size() && object[at] == '"') {
        const auto name_end = skip_string(object, at);
        const auto value_end = skip_value(object, name_end);
        if (value_end > object.size()) return;
        const auto name = object.substr(at + 1, name_end - at - 2);
        if (name != "v" && name != "op" && name != "id" && name != "rev") {
            out.push_back(',');
            out.append(object.substr(at, value_end - at));
        }
        at = value_end + 1;
    }
}

}  // namespace

void append_prelude(std::string& out, std::chrono::milliseconds retry, Cursor start) {
    out.append("retry: ").append(std::to_string(retry.count())).append("\nid: ");
    start.append_to(out);
    out.append(frame_end);
}

void append_sync(std::string& out, Cursor head, std::uint64_t lag) {
    const auto cursor = head.text();
    std::string data;
    codec::JsonWriter json(data);
    json.begin_object().field("live", true).key("head").plain(cursor).field("lag", lag).end_object();
    net::append_sse(out, "sync", cursor, data);
}

void append_gap(std::string& out, const Gap& gap) {
    const auto to = gap.to.text();
    std::string data;
    codec::JsonWriter json(data);
    json.begin_object();
    if (gap.from) json.key("from").plain(gap.from->text());
    json.key("to").plain(to);
    if (gap.dropped != 0) json.field("dropped", gap.dropped);
    json.key("reason").plain(text(gap.reason)).end_object();
    net::append_sse(out, "gap", to, data);
}

void append_bye(std::string& out, Bye reason, std::chrono::milliseconds retry) {
    std::string data;
    codec::JsonWriter json(data);
    json.begin_object().key("reason").plain(text(reason)).field("retryMs", std::int64_t{retry.count()}).end_object();
    net::append_sse(out, "bye", "", data);
}

void append_row(std::string& out, Topic topic, std::string_view id, Epoch epoch, const Correlation::Row& row) {
    std::string data;
    data.reserve(row.json.size() + id.size() + 64);
    codec::JsonWriter json(data);
    json.begin_object().field("v", std::int64_t{1}).key("op").plain("upsert").field("id", id);
    json.key("rev").plain(Cursor{epoch, row.rev}.text());
    append_members(data, row.json);
    data.push_back('}');
    net::append_sse(out, name(topic), "", data);
}

std::size_t count_frames(std::string_view frames) {
    std::size_t count = 0;
    for (auto at = frames.find(frame_end); at != std::string_view::npos; at = frames.find(frame_end, at + 2))
        ++count;
    return count;
}

std::string_view last_frames(std::string_view frames, std::size_t count) {
    if (count == 0) return {};
    auto end = frames.size() < 2 ? std::string_view::npos : frames.size() - 2;  // the last frame's own end
    while (count-- > 0 && end != std::string_view::npos && end > 0)
        end = frames.rfind(frame_end, end - 1);
    return end == std::string_view::npos || end == 0 ? frames : frames.substr(end + 2);
}

}  // namespace ark::stream
