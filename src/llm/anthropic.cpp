#include "codec/json_text.hpp"
#include "codec/json_writer.hpp"
#include "llm/provider.hpp"

#include <map>

namespace ark::llm {

namespace {

constexpr std::string_view default_version = "2023-06-01";
constexpr std::int64_t default_max_tokens = 4096;

FinishReason finish_reason(std::string_view text) {
    if (text == "end_turn" || text == "stop_sequence") return FinishReason::stop;
    if (text == "max_tokens" || text == "model_context_window_exceeded") return FinishReason::length;
    if (text == "tool_use") return FinishReason::tool_calls;
    if (text == "refusal") return FinishReason::content_filter;
    return FinishReason::other;
}

/// Anthropic counts the cache apart from the input; ours includes it. Members that are absent keep what was known.
void take_usage(const codec::JsonValue& json, Usage& usage, std::int64_t& fresh_input) {
    if (!json.is_object()) return;
    usage.known = true;
    fresh_input = json["input_tokens"].integer(fresh_input);
    usage.cached = json["cache_read_input_tokens"].integer(usage.cached);
    usage.cache_write = json["cache_creation_input_tokens"].integer(usage.cache_write);
    usage.completion = json["output_tokens"].integer(usage.completion);
    usage.prompt = fresh_input + usage.cached + usage.cache_write;
    usage.total = usage.prompt + usage.completion;
}

/// Adds a complete block to the answer.
void take_block(const codec::JsonValue& block, Message& message, std::vector<codec::JsonValue>& kept) {
    const auto type = block["type"].text();
    if (type == "text") message.content += block["text"].text();
    if (type == "tool_use") {
        message.tool_calls.push_back({std::string(block["id"].text()), std::string(block["name"].text()),
                                      block["input"].is_null() ? "{}" : block["input"].dump()});
    }
    if (type == "thinking") message.reasoning += block["thinking"].text();
    // Thoughts are signed: within a tool loop they must come back as they were.
    if (type == "thinking" || type == "redacted_thinking") kept.push_back(block);
}

void keep_blocks(std::vector<codec::JsonValue> kept, Message& message) {
    if (kept.empty()) return;
    codec::JsonValue all;
    all.data = std::move(kept);
    message.provider_blocks = all.dump();
}

class AnthropicStream final : public StreamReader {
public:
    std::optional<Failure> take(const net::SseEvent& event, const std::function<void(const Delta&)>& on) override {
        const auto json = codec::JsonValue::parse(event.data);
        if (!json) return malformed("an event is not JSON");
        const auto type = (*json)["type"].text();
        if (type == "error") return failure_of((*json)["error"], 200);
        if (type == "message_start") {
            const auto& start = (*json)["message"];
            reply_.id = start["id"].text();
            reply_.model = start["model"].text();
            take_usage(start["usage"], reply_.usage, fresh_input_);
        } else if (type == "content_block_start") {
            if (blocks_.size() >= blocks_max) return malformed("more blocks than anybody needs");
            auto& block = blocks_[(*json)["index"].integer()];
            block.value = (*json)["content_block"];
            add(block, block.value["text"].text(), block.value["thinking"].text(), on);
        } else if (type == "content_block_delta") {
            take_delta(*json, on);
        } else if (type == "message_delta") {
            take_usage((*json)["usage"], reply_.usage, fresh_input_);
            if (const auto why = (*json)["delta"]["stop_reason"].text(); !why.empty())
                reply_.finish = finish_reason(why);
        } else if (type == "message_stop") {
            complete_ = true;
        }
        return std::nullopt;
    }
    bool complete() const override { return complete_; }

    Parsed finish() override {
        if (!complete_) return cut_off();
        auto& message = reply_.message;
        message.role = Role::assistant;
        std::vector<codec::JsonValue> kept;
        for (auto& [index, block] : blocks_) {
            const auto type = std::string(block.value["type"].text());
            if (type == "text") message.content += block.text;
            if (type == "tool_use") {
                message.tool_calls.push_back({std::string(block.value["id"].text()),
                                              std::string(block.value["name"].text()),
                                              block.input.empty() ? block.value["input"].dump() : block.input});
            }
            if (type == "thinking") {
                block.value.data = codec::JsonValue::Object{{"type", text_value("thinking")},
                                                            {"thinking", text_value(block.thinking)},
                                                            {"signature", text_value(block.signature)}};
            }
            if (type == "thinking" || type == "redacted_thinking") take_block(block.value, message, kept);
        }
        keep_blocks(std::move(kept), message);
        return std::move(reply_);
    }

private:
    static constexpr std::size_t blocks_max = 4096;
    struct Block {
        codec::JsonValue value;  // as it began
        std::string text;
        std::string thinking;
        std::string signature;
        std::string input;
    };
    static codec::JsonValue text_value(std::string text) {
        codec::JsonValue value;
        value.data = std::move(text);
        return value;
    }
    static void add(Block& block, std::string_view text, std::string_view thinking,
                    const std::function<void(const Delta&)>& on) {
        block.text += text;
        block.thinking += thinking;
        if (!on || (text.empty() && thinking.empty())) return;
        Delta delta;
        delta.text = text;
        delta.reasoning = thinking;
        on(delta);
    }
    void take_delta(const codec::JsonValue& json, const std::function<void(const Delta&)>& on) {
        const auto found = blocks_.find(json["index"].integer());
        if (found == blocks_.end()) return;
        const auto& delta = json["delta"];
        found->second.input += delta["partial_json"].text();
        found->second.signature += delta["signature"].text();
        add(found->second, delta["text"].text(), delta["thinking"].text(), on);
    }

    ChatReply reply_;
    std::map<std::int64_t, Block> blocks_;
    std::int64_t fresh_input_ = 0;
    bool complete_ = false;
};

/// Writes messages as Anthropic wants them: turns alternate, results of tools are blocks of the user's turn.
class TurnWriter {
public:
    explicit TurnWriter(codec::JsonWriter& json) : json_(json) {}

    void add(const Message& message) {
        if (message.role == Role::system) return;  // stands apart
        turn(message.role == Role::assistant ? "assistant" : "user");
        if (message.role == Role::tool) return add_result(message);
        if (message.role == Role::assistant && !message.provider_blocks.empty()) {
            const auto kept = codec::parsed_or_null(message.provider_blocks);
            for (const auto& block : kept.array()) {
                block.write(json_);
                empty_ = false;
            }
        }
        if (!message.content.empty()) add_text(message.content);
        for (const auto& call : message.tool_calls)
            add_call(call);
    }
    void end() {
        if (role_.empty()) return;
        if (empty_) add_text("(nothing)");  // an empty turn is refused
        json_.end_array().end_object();
        role_.clear();
    }

private:
    void turn(std::string_view role) {
        if (role == role_) return;
        end();
        role_ = role;
        empty_ = true;
        json_.begin_object().field("role", role).key("content").begin_array();
    }
    void add_text(std::string_view text) {
        json_.begin_object().field("type", "text").field("text", text).end_object();
        empty_ = false;
    }
    void add_result(const Message& message) {
        json_.begin_object().field("type", "tool_result").field("tool_use_id", message.tool_call_id);
        json_.field("content", message.content);
        if (message.is_error) json_.field("is_error", true);
        json_.end_object();
        empty_ = false;
    }
    void add_call(const ToolCall& call) {
        json_.begin_object().field("type", "tool_use").field("id", call.id).field("name", call.name).key("input");
        const auto arguments = codec::JsonValue::parse(call.arguments);
        // What the model wrote wrongly was answered with an error; an object must stand here all the same.
        json_.raw(arguments && arguments->is_object() ? std::string_view(call.arguments) : "{}");
        json_.end_object();
        empty_ = false;
    }

    codec::JsonWriter& json_;
    std::string role_;
    bool empty_ = true;
};

class Anthropic final : public Dialect {
public:
    explicit Anthropic(const ModelConfig& config) : config_(config) {}

    WireRequest write(const ChatRequest& request, bool stream) const override {
        WireRequest wire;
        wire.url = url("/v1/messages");
        wire.fields.add("content-type", "application/json");
        add_credentials(wire.fields);
        codec::JsonWriter json(wire.body);
        json.begin_object().field("model", config_.model);
        bool bounded = false;
        for (const auto& [key, value] : config_.properties)
            bounded = bounded || key == "max_tokens";
        if (!bounded) json.field("max_tokens", default_max_tokens);
        append_system(json, request);
        json.key("messages").begin_array();
        TurnWriter turns(json);
        for (const auto& message : request.messages)
            turns.add(message);
        turns.end();
        json.end_array();
        append_tools(json, request);
        if (request.format) {
            json.key("output_config").begin_object().key("format").begin_object().field("type", "json_schema");
            json.key("schema").raw(request.format->schema).end_object().end_object();
        }
        append_properties(json, config_);
        if (stream) json.field("stream", true);
        json.end_object();
        return wire;
    }

    Parsed parse(std::string_view body) const override {
        const auto json = codec::JsonValue::parse(body);
        if (!json) return malformed("not JSON");
        if ((*json)["type"].text() == "error") return failure_of((*json)["error"], 200);
        if (!(*json)["content"].is_array()) return malformed("no content in it");
        ChatReply reply;
        reply.message.role = Role::assistant;
        std::vector<codec::JsonValue> kept;
        for (const auto& block : (*json)["content"].array())
            take_block(block, reply.message, kept);
        keep_blocks(std::move(kept), reply.message);
        reply.finish = finish_reason((*json)["stop_reason"].text());
        std::int64_t fresh_input = 0;
        take_usage((*json)["usage"], reply.usage, fresh_input);
        reply.id = (*json)["id"].text();
        reply.model = (*json)["model"].text();
        return reply;
    }

    std::unique_ptr<StreamReader> reader() const override { return std::make_unique<AnthropicStream>(); }

    /// One model is asked for: aliases are found as well.
    std::optional<WireRequest> write_listing() const override {
        WireRequest wire;
        wire.url = url("/v1/models/") + net::percent_encode(config_.model);
        add_credentials(wire.fields);
        return wire;
    }

    bool is_listed(std::string_view body) const override {
        const auto json = codec::JsonValue::parse(body);
        return json && (*json)["type"].text() == "model";
    }

private:
    void add_credentials(net::Fields& fields) const {
        fields.add("anthropic-version", config_.api_version.empty() ? default_version : config_.api_version);
        if (!config_.api_key.empty()) fields.add("x-api-key", config_.api_key);
    }

    std::string url(std::string_view path) const {
        auto base = config_.base_url;
        while (base.ends_with('/'))
            base.pop_back();
        if (base.ends_with("/v1")) base.erase(base.size() - 3);
        return base.append(path);
    }

    static void append_system(codec::JsonWriter& json, const ChatRequest& request) {
        std::string text;
        for (const auto& message : request.messages) {
            if (message.role != Role::system || message.content.empty()) continue;
            if (!text.empty()) text += "\n\n";
            text += message.content;
        }
        if (text.empty()) return;
        // The prompt is the same in every call of a loop: worth the cache.
        json.key("system").begin_array().begin_object().field("type", "text").field("text", text);
        json.key("cache_control").begin_object().field("type", "ephemeral").end_object();
        json.end_object().end_array();
    }

    static void append_tools(codec::JsonWriter& json, const ChatRequest& request) {
        if (request.tools.empty()) return;
        json.key("tools").begin_array();
        for (const auto& tool : request.tools) {
            json.begin_object().field("name", tool.name);
            if (!tool.description.empty()) json.field("description", tool.description);
            json.key("input_schema")
                .raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})"
                                             : std::string_view(tool.parameters));
            if (&tool == &request.tools.back())
                json.key("cache_control").begin_object().field("type", "ephemeral").end_object();
            json.end_object();
        }
        json.end_array();
        if (request.tool_choice == ToolChoice::automatic) return;
        const auto* const choice = request.tool_choice == ToolChoice::none ? "none" : "any";
        json.key("tool_choice").begin_object().field("type", choice).end_object();
    }

    const ModelConfig config_;
};

}  // namespace

std::unique_ptr<Dialect> make_anthropic(const ModelConfig& config) {
    return std::make_unique<Anthropic>(config);
}

}  // namespace ark::llm
