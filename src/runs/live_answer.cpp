#include "runs/live_answer.hpp"

#include "codec/json_writer.hpp"
#include "codec/yaml_reader.hpp"
#include "telemetry/log.hpp"

namespace ark::runs {
namespace {

using codec::JsonValue;
using codec::JsonWriter;

constexpr std::string_view asked_by = "ark.mckinsey.com/streaming-enabled";
constexpr std::string_view config_map = "ark-config-streaming";

std::string chunk_id(const emit::Context& context) {
    return "chatcmpl-" + context.span.span_id.hex();
}

void append_delta(JsonWriter& json, const llm::Delta& delta) {
    json.key("delta").begin_object();
    if (!delta.text.empty()) json.field("content", delta.text);
    if (!delta.reasoning.empty()) json.field("reasoning_content", delta.reasoning);
    json.end_object();
}

void append_calls(JsonWriter& json, const std::vector<llm::ToolCall>& calls) {
    json.key("delta").begin_object();
    if (!calls.empty()) {
        json.key("tool_calls").begin_array();
        for (std::size_t i = 0; i < calls.size(); ++i) {
            json.begin_object().field("index", i).field("id", calls[i].id).field("type", "function");
            json.key("function").begin_object().field("name", calls[i].name).field("arguments", calls[i].arguments);
            json.end_object().end_object();
        }
        json.end_array();
    }
    json.end_object();
}

}  // namespace

awaitable<std::string> stream_address(Lookup& lookup, const resources::Resource& query, std::string broker) {
    const auto asked = query.value["metadata"]["annotations"][asked_by].text();
    if (asked == "false") co_return std::string();
    if (asked != "true") broker.clear();
    const std::string ns(query.ns());
    const auto config = co_await lookup.get("ConfigMap", ns, std::string(config_map));
    if (!config || (*config)->value["data"]["enabled"].text() != "true") co_return broker;
    const auto reference = codec::parse_yaml((*config)->value["data"]["serviceRef"].text());
    Result<std::string> found = fail(Errc::config, "serviceRef is no YAML object");
    if (reference && reference->size() == 1) found = co_await lookup.address_of(reference->front().value, ns);
    if (found) co_return std::move(*found);
    telemetry::log(telemetry::LogLevel::warn, "runs", "chunks have nowhere to go",
                   {{"configmap", ns + "/" + std::string(config_map)}, {"reason", found.error().message()}});
    co_return broker;
}

std::string audience_key(const resources::Resource& query) {
    return std::string(query.ns()) + "/" + std::string(query.name());
}

void LiveAnswer::begin_chunk(JsonWriter& json, std::string_view id, std::string_view model) const {
    json.begin_object().field("id", id).field("object", "chat.completion.chunk");
    json.field("created", clock_.now().value() / 1'000'000'000).field("model", model);
}

void LiveAnswer::append_ark(JsonWriter& json, const emit::Context& context, std::string_view model) const {
    json.key("ark").begin_object().field("query", query_.uid());
    if (context.subject) json.field("session", context.subject->session_id);
    if (!context.team.empty()) json.field("team", context.team);
    if (!context.agent.empty()) json.field("agent", context.agent);
    if (!model.empty()) json.field("model", model);
    json.end_object();
}

void LiveAnswer::delta(const emit::Context& context, std::string_view model, const llm::Delta& delta) {
    if (audience_ != nullptr && !delta.text.empty())
        audience_->say(audience_key(query_), context.span.span_id.hex(), delta.text);
    if (!stream_) return;
    std::string line;
    JsonWriter json(line);
    begin_chunk(json, chunk_id(context), model);
    json.key("choices").begin_array().begin_object().field("index", 0);
    append_delta(json, delta);
    json.end_object().end_array();
    append_ark(json, context, model);
    json.end_object();
    stream_->line(std::move(line));
}

void LiveAnswer::reply(const emit::Context& context, std::string_view model, const llm::ChatReply& reply) {
    if (!stream_) return;
    std::string line;
    JsonWriter json(line);
    begin_chunk(json, chunk_id(context), model);
    json.key("choices").begin_array().begin_object().field("index", 0);
    append_calls(json, reply.message.tool_calls);
    json.field("finish_reason", name(reply.finish)).end_object().end_array();
    if (reply.usage.known) {
        json.key("usage").begin_object().field("prompt_tokens", reply.usage.prompt);
        json.field("completion_tokens", reply.usage.completion).field("total_tokens", reply.usage.total).end_object();
    }
    append_ark(json, context, model);
    json.end_object();
    stream_->line(std::move(line));
}

void LiveAnswer::last_word(const emit::Context& context, std::string_view text) {
    if (!stream_) return;
    std::string line;
    JsonWriter json(line);
    begin_chunk(json, "chatcmpl-terminate", query_.name());
    llm::Delta delta;
    delta.text = text;
    json.key("choices").begin_array().begin_object().field("index", 0);
    append_delta(json, delta);
    json.field("finish_reason", "stop").end_object().end_array();
    append_ark(json, context, {});
    json.end_object();
    stream_->line(std::move(line));
}

void LiveAnswer::error(const emit::Context& context, std::string_view message) {
    if (!stream_) return;
    std::string line;
    JsonWriter json(line);
    json.begin_object().key("error").begin_object().field("message", message).field("type", "server_error");
    json.field("code", "execution_failed").end_object();
    append_ark(json, context, {});
    json.end_object();
    stream_->line(std::move(line));
}

void LiveAnswer::end(const JsonValue& status) {
    if (!stream_) return;
    JsonValue completed = query_.value;
    JsonValue word;
    word.data = query_.kind->api_version();
    completed.set("apiVersion", word);
    word.data = query_.kind->name;
    completed.set("kind", word);
    completed.set("status", status);
    std::string line;
    JsonWriter json(line);
    begin_chunk(json, "chatcmpl-final", query_.name());
    json.key("choices").begin_array().begin_object().field("index", 0).key("delta").begin_object().end_object();
    json.field("finish_reason", "stop").end_object().end_array();
    json.key("ark").begin_object().field("query", query_.uid());
    json.field("session", query_.value["spec"]["sessionId"].text(query_.uid())).key("completedQuery");
    completed.write(json);
    json.end_object().end_object();
    stream_->line(std::move(line));
    stream_->complete();
}

}  // namespace ark::runs
