#pragma once
// What the tests of the dialects share.
#include "llm/provider.hpp"

#include <string>
#include <vector>

namespace ark::llm {

struct Streamed {
    Parsed result;
    std::string text;  // as it came
    std::string reasoning;
};

/// Reads a recorded stream, cut into pieces of one size.
inline Streamed read_stream(const Dialect& dialect, std::string_view wire, std::size_t piece = 7) {
    Streamed streamed;
    net::SseParser parser;
    const auto reader = dialect.reader();
    std::optional<Failure> failure;
    const auto on_delta = [&](const Delta& delta) {
        streamed.text += delta.text;
        streamed.reasoning += delta.reasoning;
    };
    const auto take = [&](const net::SseEvent& event) {
        if (!failure && !reader->complete()) failure = reader->take(event, on_delta);
    };
    for (; !wire.empty(); wire.remove_prefix(std::min(piece, wire.size())))
        parser.feed(wire.substr(0, piece), take);
    streamed.result = failure ? Parsed(*failure) : reader->finish();
    return streamed;
}

inline ChatRequest weather_request() {
    ChatRequest request;
    Message system;
    system.role = Role::system;
    system.content = "Be brief.";
    Message user;
    user.content = "Weather?";
    Message assistant;
    assistant.role = Role::assistant;
    assistant.tool_calls = {{"c1", "weather", R"({"city":"Oslo"})"}, {"c2", "weather", "{broken"}};
    Message first;
    first.role = Role::tool;
    first.tool_call_id = "c1";
    first.content = "rain";
    Message second;
    second.role = Role::tool;
    second.tool_call_id = "c2";
    second.content = "arguments are not JSON";
    second.is_error = true;
    request.messages = {system, user, assistant, first, second};
    request.tools = {{"weather", "Tells the weather", R"({"type":"object"})"}, {"none", "", ""}};
    return request;
}

}  // namespace ark::llm
