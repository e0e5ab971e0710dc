#include "agents/messages.hpp"

#include "codec/json_value.hpp"
#include "codec/json_writer.hpp"
#include "emit/tracer.hpp"

#include <algorithm>
#include <array>

namespace ark::agents {
namespace {

/// Arguments and results are JSON where they are JSON, else text.
void append_any(codec::JsonWriter& json, const std::string& text) {
    const auto value = codec::JsonValue::parse(text);
    if (value) {
        json.raw(text);
    } else {
        json.string(text);
    }
}

void append_parts(codec::JsonWriter& json, const llm::Message& message) {
    json.key("parts").begin_array();
    if (message.role == llm::Role::tool) {
        json.begin_object().field("type", "tool_call_response").field("id", message.tool_call_id);
        json.field("response", emit::content_text(message.content)).end_object();
    } else if (!message.content.empty()) {
        json.begin_object().field("type", "text").field("content", emit::content_text(message.content)).end_object();
    }
    for (const auto& call : message.tool_calls) {
        json.begin_object().field("type", "tool_call").field("id", call.id).field("name", call.name);
        json.key("arguments");
        append_any(json, call.arguments);
        json.end_object();
    }
    json.end_array();
}

void append_whole(std::string& out, const llm::Message& message) {
    codec::JsonWriter json(out);
    json.begin_object().field("role", name(message.role));
    append_parts(json, message);
    if (!message.name.empty()) json.field("name", message.name);
    json.end_object();
}

/// Of its text in an attribute, without names and escapes.
std::size_t content_bytes(const llm::Message& message) {
    auto bytes = std::min(message.content.size(), emit::content_bytes_max);
    for (const auto& call : message.tool_calls)
        bytes += call.arguments.size();
    return bytes;
}

constexpr std::array finish_reasons = {llm::FinishReason::stop, llm::FinishReason::length,
                                       llm::FinishReason::tool_calls, llm::FinishReason::content_filter,
                                       llm::FinishReason::other};

llm::FinishReason parse_finish(std::string_view text) {
    for (const auto reason : finish_reasons) {
        if (name(reason) == text) return reason;
    }
    return llm::FinishReason::other;
}

}  // namespace

std::string input_messages_text(const std::vector<llm::Message>& messages) {
    if (messages.empty()) return "[]";
    // The newest that fit, the last one in any case. Those whose contents alone are too much are not even written.
    constexpr std::size_t around = 80;  // names, braces and quotes of a message
    auto first = messages.end() - 1;
    auto bytes = content_bytes(*first);
    while (first != messages.begin() && bytes + content_bytes(*(first - 1)) <= emit::content_bytes_max)
        bytes += content_bytes(*--first);
    std::string all;
    std::vector<std::size_t> begins;
    all.reserve(bytes + around * static_cast<std::size_t>(messages.end() - first));
    for (auto message = first; message != messages.end(); ++message) {
        all += begins.empty() ? '[' : ',';
        begins.push_back(all.size());
        append_whole(all, *message);
    }
    all += ']';
    const auto fits = std::find_if(begins.begin(), begins.end() - 1, [&](std::size_t begin) {
        return all.size() - begin + 1 <= emit::content_bytes_max;
    });
    all.erase(1, *fits - 1);
    return all;
}

std::string output_messages_text(const llm::ChatReply& reply) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_array().begin_object().field("role", name(reply.message.role));
    append_parts(json, reply.message);
    // The conventions say "tool_call" where providers say "tool_calls".
    const bool calls = reply.finish == llm::FinishReason::tool_calls;
    json.field("finish_reason", calls ? std::string_view("tool_call") : name(reply.finish));
    json.end_object().end_array();
    return text;
}

std::string record_of(const llm::ChatReply& reply) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("message");
    append_message(json, reply.message, llm::MessageForm::record);
    json.field("finish", name(reply.finish)).field("id", reply.id).field("model", reply.model);
    json.key("usage").begin_object();
    json.field("prompt", reply.usage.prompt).field("completion", reply.usage.completion);
    json.field("total", reply.usage.total).field("cached", reply.usage.cached);
    json.field("cacheWrite", reply.usage.cache_write).field("reasoning", reply.usage.reasoning);
    json.field("known", reply.usage.known).end_object().end_object();
    return text;
}

Result<llm::ChatReply> parse_reply(std::string_view record) {
    ARK_TRY(const auto json, codec::JsonValue::parse(record));
    llm::ChatReply reply;
    ARK_TRY(reply.message, llm::parse_message(json["message"]));
    reply.finish = parse_finish(json["finish"].text());
    reply.id = json["id"].text();
    reply.model = json["model"].text();
    const auto& usage = json["usage"];
    reply.usage.prompt = usage["prompt"].integer();
    reply.usage.completion = usage["completion"].integer();
    reply.usage.total = usage["total"].integer();
    reply.usage.cached = usage["cached"].integer();
    reply.usage.cache_write = usage["cacheWrite"].integer();
    reply.usage.reasoning = usage["reasoning"].integer();
    reply.usage.known = usage["known"].boolean();
    return reply;
}

}  // namespace ark::agents
