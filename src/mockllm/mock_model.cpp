#include "mockllm/mock_model.hpp"

#include "runtime/sleep.hpp"

namespace ark::mockllm {

namespace {

constexpr std::size_t request_bytes_max = 64u << 20;
constexpr std::size_t bytes_per_token = 4;  // what English comes to, roughly
constexpr std::int64_t created = 1'700'000'000;

using codec::JsonWriter;

std::int64_t tokens(std::size_t bytes) {
    return static_cast<std::int64_t>((bytes + bytes_per_token - 1) / bytes_per_token);
}

/// `words` at a time, each with the space behind it.
std::vector<std::string> pieces_of(std::string_view text, std::size_t words) {
    std::vector<std::string> pieces;
    std::size_t begin = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ' ' || ++count < words) continue;
        pieces.emplace_back(text.substr(begin, i + 1 - begin));
        begin = i + 1;
        count = 0;
    }
    if (begin < text.size()) pieces.emplace_back(text.substr(begin));
    return pieces;
}

net::Response json_response(int status, std::string body) {
    net::Response response;
    response.status = status;
    response.fields.add("content-type", "application/json");
    response.body = std::move(body);
    return response;
}

net::Response error_response(const ScriptedError& error) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("error").begin_object().field("message", error.message);
    json.field("type", error.type).key("param").null();
    if (error.code.empty()) {
        json.key("code").null();
    } else {
        json.field("code", error.code);
    }
    json.end_object().end_object();
    auto response = json_response(error.status, std::move(body));
    if (error.retry_after) {
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*error.retry_after).count();
        response.fields.add("retry-after", std::to_string((ms + 999) / 1000));
        response.fields.add("retry-after-ms", std::to_string(ms));
    }
    return response;
}

net::Response refusal(int status, std::string type, std::string code, std::string message) {
    ScriptedError error;
    error.status = status;
    error.type = std::move(type);
    error.code = std::move(code);
    error.message = std::move(message);
    return error_response(error);
}

/// A rule's own error, with words where the script has none.
ScriptedError completed(ScriptedError error) {
    const bool limited = error.status == 429;
    if (error.type.empty())
        error.type = limited ? "requests" : error.status < 500 ? "invalid_request_error" : "server_error";
    if (error.code.empty() && limited) error.code = "rate_limit_exceeded";
    if (error.message.empty()) error.message = limited ? "Rate limit reached." : "The script says so.";
    return error;
}

}  // namespace

/// A rule filled in for one conversation.
struct MockModel::Answer {
    const Rule& rule;
    std::string id, model, text, reasoning, finish;
    struct Call {
        std::string id, name, arguments;
    };
    std::vector<Call> calls;
    std::int64_t prompt = 0, completion = 0;
    bool with_usage = false;

    void append_usage(JsonWriter& json) const {
        json.begin_object().field("prompt_tokens", prompt).field("completion_tokens", completion);
        json.field("total_tokens", prompt + completion);
        json.key("prompt_tokens_details").begin_object().field("cached_tokens", rule.usage.cached.value_or(0));
        json.end_object();
        json.key("completion_tokens_details").begin_object();
        json.field("reasoning_tokens", rule.usage.reasoning.value_or(0)).end_object();
        json.end_object();
    }
    void append_call(JsonWriter& json, std::size_t index, bool numbered) const {
        const auto& call = calls[index];
        json.begin_object();
        if (numbered) json.field("index", static_cast<std::int64_t>(index));
        json.field("id", call.id).field("type", "function").key("function").begin_object();
        json.field("name", call.name).field("arguments", numbered ? "" : call.arguments).end_object().end_object();
    }
    void append_head(JsonWriter& json, std::string_view object) const {
        json.field("id", id).field("object", object).field("created", created).field("model", model);
    }
};

MockModel::MockModel(Script script)
    : script_(std::move(script)), used_(std::make_unique<std::atomic<std::int64_t>[]>(script_.rules.size())) {}

void MockModel::add_routes(net::Router& router) {
    const auto chat = [this](net::Exchange& exchange) { return complete(exchange); };
    const auto models = [this](net::Exchange& exchange) { return list_models(exchange); };
    router.add("POST", "/v1/chat/completions", chat);
    router.add("GET", "/v1/models", models);
}

bool MockModel::may_use(const Rule& rule) {
    if (!rule.times) return true;
    auto& used = used_[static_cast<std::size_t>(&rule - script_.rules.data())];
    return used.fetch_add(1) < *rule.times;
}

std::optional<net::Response> MockModel::refused_key(const net::Exchange& exchange) const {
    if (script_.api_key.empty()) return std::nullopt;
    if (exchange.head().fields.find("authorization") == "Bearer " + script_.api_key) return std::nullopt;
    return refusal(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided.");
}

awaitable<void> MockModel::list_models(net::Exchange& exchange) {
    if (auto refused = refused_key(exchange)) co_return co_await exchange.respond(std::move(*refused));
    std::string body;
    JsonWriter json(body);
    json.begin_object().field("object", "list").key("data").begin_array();
    for (const auto& model : script_.models) {
        json.begin_object().field("id", model).field("object", "model").field("created", created);
        json.field("owned_by", "script").end_object();
    }
    json.end_array().end_object();
    auto response = json_response(200, std::move(body));
    co_await exchange.respond(std::move(response));
}

awaitable<void> MockModel::complete(net::Exchange& exchange) {
    const auto number = ++requests_;
    const auto refuse = [&exchange](net::Response response) { return exchange.respond(std::move(response)); };
    const auto body = co_await exchange.read_body(request_bytes_max);
    if (!body) {
        auto response = refusal(http_status(body.error().code), "invalid_request_error", "", "the body cannot be read");
        co_return co_await refuse(std::move(response));
    }
    if (auto refused = refused_key(exchange)) co_return co_await refuse(std::move(*refused));
    const auto request = codec::JsonValue::parse(body->view());
    if (!request) {
        auto response = refusal(400, "invalid_request_error", "", "the body is not JSON");
        co_return co_await refuse(std::move(response));
    }
    const auto conversation = Conversation::of(*request);
    if (!conversation) {
        auto response = refusal(400, "invalid_request_error", "", conversation.error().context);
        co_return co_await refuse(std::move(response));
    }
    std::vector<std::string> groups;
    const auto allowed = [this](const Rule& rule) { return may_use(rule); };
    const auto* const rule = choose(script_, *conversation, allowed, groups);
    if (rule == nullptr) {
        auto response = refusal(400, "invalid_request_error", "no_rule_matches",
                                "No rule of the script matches; a last rule without `when` would answer everything.");
        co_return co_await refuse(std::move(response));
    }
    Answer answer{*rule, "chatcmpl-mock-" + std::to_string(number), conversation->model, {}, {}, {}, {}};
    answer.text = fill(rule->text, *conversation, groups);
    answer.reasoning = fill(rule->reasoning, *conversation, groups);
    auto bytes = answer.text.size() + answer.reasoning.size();
    for (const auto& call : rule->calls) {
        auto arguments = fill(call.arguments, *conversation, groups).dump();
        bytes += arguments.size();
        const auto index = std::to_string(answer.calls.size());
        answer.calls.push_back({"call_" + std::to_string(number) + "_" + index, call.name, std::move(arguments)});
    }
    answer.finish = !rule->finish.empty() ? rule->finish : answer.calls.empty() ? "stop" : "tool_calls";
    answer.prompt = rule->usage.prompt.value_or(tokens(conversation->bytes));
    answer.completion = rule->usage.completion.value_or(tokens(bytes));
    answer.with_usage = (*request)["stream_options"]["include_usage"].boolean();

    const auto waited = co_await runtime::sleep_for(rule->pace.first, stop_.get_token());
    if (!waited) co_return;
    if (rule->error) {
        auto response = error_response(completed(*rule->error));
        co_return co_await refuse(std::move(response));
    }
    if ((*request)["stream"].boolean()) co_return co_await answer_in_pieces(exchange, answer);
    co_await answer_whole(exchange, answer);
}

awaitable<void> MockModel::answer_whole(net::Exchange& exchange, const Answer& answer) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    answer.append_head(json, "chat.completion");
    json.key("choices").begin_array().begin_object().field("index", 0).key("message").begin_object();
    json.field("role", "assistant");
    if (answer.text.empty() && !answer.calls.empty()) {
        json.key("content").null();
    } else {
        json.field("content", answer.text);
    }
    if (!answer.reasoning.empty()) json.field("reasoning_content", answer.reasoning);
    if (!answer.calls.empty()) {
        json.key("tool_calls").begin_array();
        for (std::size_t i = 0; i < answer.calls.size(); ++i)
            answer.append_call(json, i, false);
        json.end_array();
    }
    json.end_object().field("finish_reason", answer.finish).end_object().end_array();
    json.key("usage");
    answer.append_usage(json);
    json.end_object();
    if (answer.rule.cut_after) {  // half an answer, then the connection breaks
        net::Fields fields;
        fields.add("content-type", "application/json");
        const auto stream = co_await exchange.start_stream(200, std::move(fields));
        if (stream) (void)co_await (*stream)->write(std::string_view(body).substr(0, body.size() / 2));
        co_return;
    }
    auto response = json_response(200, std::move(body));
    co_await exchange.respond(std::move(response));
}

namespace {

using Append = std::function<void(JsonWriter&)>;

/// The members of each delta, in order.
template <class Answer>
std::vector<Append> deltas_of(const Answer& answer) {
    std::vector<Append> deltas;
    deltas.push_back([](JsonWriter& json) { json.field("role", "assistant").field("content", ""); });
    for (auto& piece : pieces_of(answer.reasoning, answer.rule.pace.words))
        deltas.push_back([piece](JsonWriter& json) { json.field("reasoning_content", piece); });
    for (auto& piece : pieces_of(answer.text, answer.rule.pace.words))
        deltas.push_back([piece](JsonWriter& json) { json.field("content", piece); });
    for (std::size_t i = 0; i < answer.calls.size(); ++i) {
        deltas.push_back([&answer, i](JsonWriter& json) {
            json.key("tool_calls").begin_array();
            answer.append_call(json, i, true);
            json.end_array();
        });
        // The arguments come in two pieces, as they do in life.
        const auto& all = answer.calls[i].arguments;
        for (const auto& part : {all.substr(0, all.size() / 2), all.substr(all.size() / 2)}) {
            deltas.push_back([part, i](JsonWriter& json) {
                json.key("tool_calls").begin_array().begin_object().field("index", static_cast<std::int64_t>(i));
                json.key("function").begin_object().field("arguments", part).end_object().end_object().end_array();
            });
        }
    }
    return deltas;
}

}  // namespace

awaitable<void> MockModel::answer_in_pieces(net::Exchange& exchange, const Answer& answer) {
    net::Fields fields;
    fields.add("content-type", "text/event-stream");
    fields.add("cache-control", "no-cache");
    const auto stream = co_await exchange.start_stream(200, std::move(fields));
    if (!stream) co_return;
    const auto chunk = [&answer](const Append& delta, std::string_view finish) {
        std::string text = "data: ";
        JsonWriter json(text);
        json.begin_object();
        answer.append_head(json, "chat.completion.chunk");
        json.key("choices").begin_array().begin_object().field("index", 0).key("delta").begin_object();
        if (delta) delta(json);
        json.end_object().key("finish_reason");
        if (finish.empty()) {
            json.null();
        } else {
            json.string(finish);
        }
        json.end_object().end_array().end_object();
        return text + "\n\n";
    };
    std::size_t sent = 0;
    for (const auto& delta : deltas_of(answer)) {
        if (sent > 0) {
            const auto waited = co_await runtime::sleep_for(answer.rule.pace.piece, stop_.get_token());
            if (!waited) co_return;
        }
        // Unfinished, the stream looks broken to the client.
        if (answer.rule.cut_after && sent >= *answer.rule.cut_after) co_return;
        const auto text = chunk(delta, {});
        const auto written = co_await (*stream)->write(text);
        if (!written) co_return;
        ++sent;
    }
    auto tail = chunk({}, answer.finish);
    if (answer.with_usage) {
        tail += "data: ";
        JsonWriter json(tail);
        json.begin_object();
        answer.append_head(json, "chat.completion.chunk");
        json.key("choices").begin_array().end_array().key("usage");
        answer.append_usage(json);
        json.end_object();
        tail += "\n\n";
    }
    tail += "data: [DONE]\n\n";
    const auto written = co_await (*stream)->write(tail);
    if (written) co_await (*stream)->finish();
}

}  // namespace ark::mockllm
