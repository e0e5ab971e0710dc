#include "codec/json_writer.hpp"
#include "llm/provider.hpp"

#include <algorithm>

namespace ark::llm {

namespace {

FinishReason openai_finish_reason(std::string_view text) {
    if (text == "stop" || text == "end_turn") return FinishReason::stop;
    if (text == "length") return FinishReason::length;
    if (text == "tool_calls" || text == "function_call") return FinishReason::tool_calls;
    if (text == "content_filter") return FinishReason::content_filter;
    return FinishReason::other;
}

Usage parse_usage(const codec::JsonValue& json) {
    Usage usage;
    if (!json.is_object()) return usage;
    usage.known = true;
    usage.prompt = json["prompt_tokens"].integer();
    usage.completion = json["completion_tokens"].integer();
    usage.total = json["total_tokens"].integer(usage.prompt + usage.completion);
    usage.cached = json["prompt_tokens_details"]["cached_tokens"].integer();
    usage.cache_write = json["prompt_tokens_details"]["cache_write_tokens"].integer();
    usage.reasoning = json["completion_tokens_details"]["reasoning_tokens"].integer();
    return usage;
}

/// What holds for a whole answer, however it came.
Parsed conclude(ChatReply reply) {
    auto& calls = reply.message.tool_calls;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (calls[i].name.empty()) return malformed("a tool call without a name");
        // Results are matched by id; some servers send none.
        if (calls[i].id.empty()) calls[i].id = "call_" + reply.id + "_" + std::to_string(i);
    }
    // Some servers say `stop` with tool calls; the calls decide.
    if (!calls.empty() && reply.finish == FinishReason::stop) reply.finish = FinishReason::tool_calls;
    return reply;
}

class OpenAiStream final : public StreamReader {
public:
    std::optional<Failure> take(const net::SseEvent& event, const std::function<void(const Delta&)>& on) override {
        if (event.data == "[DONE]") {
            complete_ = true;
            return std::nullopt;
        }
        const auto chunk = codec::JsonValue::parse(event.data);
        if (!chunk) return malformed("a chunk is not JSON");
        if (!(*chunk)["error"].is_null()) return failure_of((*chunk)["error"], 200);
        if (event.type == "error") return failure_of(*chunk, 200);
        if (reply_.id.empty()) reply_.id = (*chunk)["id"].text();
        if (const auto model = (*chunk)["model"].text(); !model.empty()) reply_.model = model;
        if ((*chunk)["usage"].is_object()) reply_.usage = parse_usage((*chunk)["usage"]);
        for (const auto& choice : (*chunk)["choices"].array()) {
            if (choice["index"].integer() != 0) continue;
            take_delta(choice["delta"], on);
            if (const auto why = choice["finish_reason"].text(); !why.empty()) {
                reply_.finish = openai_finish_reason(why);
                finished_ = true;
            }
        }
        if (reply_.message.tool_calls.size() > tool_calls_max) return malformed("more tool calls than anybody needs");
        return std::nullopt;
    }
    bool complete() const override { return complete_; }
    Parsed finish() override {
        if (!complete_ && !finished_) return cut_off();
        return conclude(std::move(reply_));
    }

private:
    static constexpr std::size_t tool_calls_max = 1024;

    void take_delta(const codec::JsonValue& delta, const std::function<void(const Delta&)>& on) {
        Delta piece;
        piece.text = delta["content"].text(delta["refusal"].text());
        piece.reasoning = delta["reasoning_content"].text(delta["reasoning"].text());
        reply_.message.content += piece.text;
        reply_.message.reasoning += piece.reasoning;
        std::size_t position = 0;
        for (const auto& part : delta["tool_calls"].array())
            take_call(part, position++);
        if (on && !(piece.text.empty() && piece.reasoning.empty())) on(piece);
    }

    /// Pieces belong together by index; some servers leave it out, then by id, then by position.
    void take_call(const codec::JsonValue& part, std::size_t position) {
        const auto id = part["id"].text();
        auto index = part["index"].is_null() ? std::int64_t{-1} : part["index"].integer();
        auto found = std::find_if(calls_.begin(), calls_.end(), [&](const auto& known) {
            const auto& call = reply_.message.tool_calls[known.second];
            return index >= 0 ? known.first == index : !id.empty() && call.id == id;
        });
        if (found == calls_.end() && index < 0 && id.empty() && position < calls_.size())
            found = calls_.begin() + static_cast<std::ptrdiff_t>(position);
        if (found == calls_.end()) {
            if (index < 0) index = -2 - static_cast<std::int64_t>(calls_.size());  // of no meaning, but its own
            reply_.message.tool_calls.emplace_back();
            found = calls_.emplace(calls_.end(), index, reply_.message.tool_calls.size() - 1);
        }
        auto& call = reply_.message.tool_calls[found->second];
        if (call.id.empty()) call.id = id;
        if (call.name.empty()) call.name = part["function"]["name"].text();
        const auto& arguments = part["function"]["arguments"];
        if (arguments.is_string()) call.arguments += arguments.text();
        if (arguments.is_object()) call.arguments = arguments.dump();
    }

    ChatReply reply_ = [] {
        ChatReply reply;
        reply.message.role = Role::assistant;
        return reply;
    }();
    std::vector<std::pair<std::int64_t, std::size_t>> calls_;  // the server's index → position in tool_calls
    bool finished_ = false;
    bool complete_ = false;
};

class OpenAi final : public Dialect {
public:
    explicit OpenAi(const ModelConfig& config) : config_(config) {}

    WireRequest write(const ChatRequest& request, bool stream) const override {
        WireRequest wire;
        wire.url = url();
        wire.fields.add("content-type", "application/json");
        wire.fields.add("accept", stream ? "text/event-stream" : "application/json");
        add_credentials(wire.fields);
        codec::JsonWriter json(wire.body);
        json.begin_object().field("model", config_.model);
        json.key("messages").begin_array();
        for (const auto& message : request.messages)
            append_message(json, message, MessageForm::wire);
        json.end_array();
        append_tools(json, request);
        if (request.format) append_format(json, *request.format);
        append_properties(json, config_);
        if (stream) {
            json.field("stream", true);
            json.key("stream_options").begin_object().field("include_usage", true).end_object();
        }
        json.end_object();
        return wire;
    }

    Parsed parse(std::string_view body) const override {
        const auto json = codec::JsonValue::parse(body);
        if (!json) return malformed("not JSON");
        if (!(*json)["error"].is_null()) return failure_of((*json)["error"], 200);
        const auto& choice = (*json)["choices"][0];
        if (!choice["message"].is_object()) return malformed("no choice in it");
        auto message = parse_message(choice["message"]);
        if (!message) return malformed(message.error().context);
        ChatReply reply;
        reply.message = std::move(*message);
        reply.message.role = Role::assistant;
        if (reply.message.content.empty()) reply.message.content = choice["message"]["refusal"].text();
        reply.finish = openai_finish_reason(choice["finish_reason"].text("stop"));
        reply.usage = parse_usage((*json)["usage"]);
        reply.id = (*json)["id"].text();
        reply.model = (*json)["model"].text();
        return conclude(std::move(reply));
    }

    std::unique_ptr<StreamReader> reader() const override { return std::make_unique<OpenAiStream>(); }

    std::optional<WireRequest> write_listing() const override {
        // Azure lists what could be deployed.
        if (config_.provider == Provider::azure) return std::nullopt;
        WireRequest wire;
        wire.url = base_url() + "/models";
        wire.fields.add("accept", "application/json");
        add_credentials(wire.fields);
        return wire;
    }

    bool is_listed(std::string_view body) const override {
        const auto json = codec::JsonValue::parse(body);
        if (!json) return false;
        const auto& models = (*json)["data"].array();
        return std::any_of(models.begin(), models.end(),
                           [this](const auto& model) { return model["id"].text() == config_.model; });
    }

private:
    std::string base_url() const {
        auto base = config_.base_url;
        while (base.ends_with('/'))
            base.pop_back();
        return base;
    }

    void add_credentials(net::Fields& fields) const {
        if (config_.api_key.empty()) return;
        fields.add("authorization", "Bearer " + config_.api_key);
        if (config_.provider == Provider::azure) fields.add("api-key", config_.api_key);
    }

    std::string url() const {
        auto base = base_url();
        // Azure's newer path is OpenAI's own; the classic one names the deployment.
        if (config_.provider == Provider::azure && !base.ends_with("/v1")) {
            base += "/openai/deployments/" + net::percent_encode(config_.model) + "/chat/completions";
            return config_.api_version.empty() ? base
                                               : base + "?api-version=" + net::percent_encode(config_.api_version);
        }
        return base + "/chat/completions";
    }

    static void append_tools(codec::JsonWriter& json, const ChatRequest& request) {
        if (request.tools.empty()) return;
        json.key("tools").begin_array();
        for (const auto& tool : request.tools) {
            json.begin_object().field("type", "function").key("function").begin_object();
            json.field("name", tool.name);
            if (!tool.description.empty()) json.field("description", tool.description);
            json.key("parameters")
                .raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})"
                                             : std::string_view(tool.parameters));
            json.end_object().end_object();
        }
        json.end_array();
        if (request.tool_choice == ToolChoice::none) json.field("tool_choice", "none");
        if (request.tool_choice == ToolChoice::required) json.field("tool_choice", "required");
    }

    static void append_format(codec::JsonWriter& json, const ResponseFormat& format) {
        json.key("response_format").begin_object().field("type", "json_schema").key("json_schema").begin_object();
        json.field("name", format.name).field("strict", format.strict).key("schema").raw(format.schema);
        json.end_object().end_object();
    }

    const ModelConfig config_;
};

}  // namespace

std::unique_ptr<Dialect> make_openai(const ModelConfig& config) {
    return std::make_unique<OpenAi>(config);
}

}  // namespace ark::llm
