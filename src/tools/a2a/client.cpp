#include "tools/a2a/client.hpp"

#include "net/sse_reader.hpp"
#include "tools/a2a/message.hpp"

#include <algorithm>

namespace ark::tools::a2a {

namespace {

using codec::JsonValue;

/// The names of one thing in both versions.
struct Method {
    std::string_view old_name;
    std::string_view new_name;
};
constexpr Method send_method{"message/send", "SendMessage"};
constexpr Method stream_method{"message/stream", "SendStreamingMessage"};
constexpr Method get_method{"tasks/get", "GetTask"};
constexpr Method cancel_method{"tasks/cancel", "CancelTask"};

class A2aClient final : public Client {
public:
    A2aClient(net::HttpClient& http, ClientConfig config) : http_(http), config_(std::move(config)) {}

    awaitable<Result<AgentCard>> card(std::stop_token stop) override {
        if (card_) co_return *card_;
        ARK_CO_TRY(const auto url, net::Url::parse(config_.url, net::Url::Schemes::http_and_https));
        Error last = fail(Errc::not_found, "A2A: no agent card there");
        for (const auto& place : card_urls(url)) {
            net::HttpRequest request;
            request.url = place;
            request.fields = config_.fields;
            request.fields.set("accept", "application/json");
            request.timeout = config_.discovery_timeout;
            request.stop = stop;
            request.redirects_max = 3;
            auto response = co_await http_.fetch(std::move(request), config_.message_bytes_max);
            if (!response) co_return std::move(response).error();
            if (response->status == 401 || response->status == 403)
                co_return fail(Errc::unauthorized, "A2A card: HTTP " + std::to_string(response->status));
            if (response->status != 200) continue;
            auto parsed = AgentCard::parse(response->body);
            if (!parsed) {
                last = std::move(parsed).error();
                continue;
            }
            if (config_.ignore_card_url || !is_same_origin(url, parsed->url)) parsed->url = config_.url;
            card_ = std::move(*parsed);
            co_return *card_;
        }
        co_return last;
    }

    awaitable<Result<Reply>> send(Outgoing message, CallContext context) override {
        ARK_CO_TRY(const auto known, co_await card(context.stop));
        const auto params = send_params(version(known), message, known.tenant);
        name_extension(context.fields, version(known), message);
        ARK_CO_TRY(const auto result, co_await ask(known, send_method, params, context));
        co_return parse_reply(result);
    }

    awaitable<Result<Reply>> stream(Outgoing message, CallContext context,
                                    std::function<void(const Update&)> on_update) override {
        ARK_CO_TRY(const auto known, co_await card(context.stop));
        if (!known.streaming) co_return co_await send(std::move(message), std::move(context));
        const auto params = send_params(version(known), message, known.tenant);
        name_extension(context.fields, version(known), message);
        auto request = request_for(known, stream_method, params, context);
        request.fields.set("accept", "text/event-stream");
        ARK_CO_TRY(auto response, co_await http_.send(std::move(request)));
        if (!response->fields().find("content-type").starts_with("text/event-stream")) {
            ARK_CO_TRY(const auto body, co_await response->read_all(config_.message_bytes_max));
            ARK_CO_TRY(const auto result, understand(response->status(), body));
            co_return parse_reply(result);
        }
        net::SseReader events(std::move(response), config_.message_bytes_max);
        StreamFold fold;
        ARK_CO_TRY_STATUS(co_await follow(events, fold, on_update, context.result_bytes_max));
        if (fold.complete()) co_return fold.finish();
        if (!fold.has_task()) co_return fail(Errc::closed, "A2A: the stream broke off");
        // The agent works on: sending again would make it work twice.
        auto id = fold.task_id();
        co_return co_await task(std::move(id), std::move(context));
    }

    awaitable<Result<Reply>> task(std::string task_id, CallContext context) override {
        ARK_CO_TRY(const auto known, co_await card(context.stop));
        const auto params = task_params(version(known), task_id, known.tenant);
        ARK_CO_TRY(const auto result, co_await ask(known, get_method, params, context));
        co_return parse_reply(result);
    }

    awaitable<Result<Reply>> cancel(std::string task_id, CallContext context) override {
        ARK_CO_TRY(const auto known, co_await card(context.stop));
        const auto params = task_params(version(known), task_id, known.tenant);
        ARK_CO_TRY(const auto result, co_await ask(known, cancel_method, params, context));
        co_return parse_reply(result);
    }

private:
    static Version version(const AgentCard& card) {
        return card.protocol_version.starts_with("0.") ? Version::v0_3 : Version::v1_0;
    }

    static void name_extension(net::Fields& fields, Version version, const Outgoing& message) {
        if (message.extension.empty()) return;
        fields.set(version == Version::v0_3 ? "x-a2a-extensions" : "a2a-extensions", message.extension);
    }

    static bool is_same_origin(const net::Url& url, std::string_view other) {
        const auto parsed = net::Url::parse(other, net::Url::Schemes::http_and_https);
        return parsed && parsed->scheme == url.scheme && parsed->authority() == url.authority();
    }

    static std::vector<std::string> card_urls(const net::Url& url) {
        const auto origin = url.scheme + "://" + url.authority();
        auto path = url.target.substr(0, url.target.find('?'));
        if (path.ends_with(".json")) return {origin + path};
        while (path.ends_with('/'))
            path.pop_back();
        // The standard says the host; some agents live under a path of their own.
        std::vector<std::string> urls;
        for (const auto* place : {"/.well-known/agent-card.json", "/.well-known/agent.json"}) {
            if (!path.empty()) urls.push_back(origin + path + place);
            urls.push_back(origin + place);
        }
        return urls;
    }

    net::HttpRequest request_for(const AgentCard& card, Method method, std::string_view params,
                                 const CallContext& context) {
        const bool old = version(card) == Version::v0_3;
        net::HttpRequest request;
        request.method = "POST";
        request.url = card.url;
        request.fields = config_.fields;
        for (const auto& [name, value] : context.fields)
            request.fields.set(name, value);
        request.fields.set("content-type", "application/json");
        if (!old) request.fields.set("a2a-version", "1.0");
        request.body = request_text(next_id_++, old ? method.old_name : method.new_name, params);
        request.timeout = context.timeout;
        request.idle_timeout = context.timeout;
        request.stop = context.stop;
        return request;
    }

    awaitable<Result<JsonValue>> ask(const AgentCard& card, Method method, std::string params,
                                     const CallContext& context) {
        auto request = request_for(card, method, params, context);
        ARK_CO_TRY(const auto response, co_await http_.fetch(std::move(request), config_.message_bytes_max));
        co_return understand(response.status, response.body);
    }

    static Result<JsonValue> understand(int status, std::string_view body) {
        if (status == 401 || status == 403) return fail(Errc::unauthorized, "A2A: HTTP " + std::to_string(status));
        auto result = parse_response(body);
        // Errors ride on 200; another status with no JSON-RPC in it is not the agent's.
        if (!result && result.error().code == Errc::protocol && status / 100 != 2)
            return fail(status >= 500 ? Errc::unavailable : Errc::protocol, "A2A: HTTP " + std::to_string(status));
        return result;
    }

    static awaitable<Status> follow(net::SseReader& events, StreamFold& fold,
                                    const std::function<void(const Update&)>& on_update, std::size_t bytes_max) {
        std::size_t bytes = 0;
        while (!fold.complete()) {
            const auto event = co_await events.next();
            const bool broken = !event && event.error().code == Errc::closed && fold.has_task();
            if (broken) co_return ok();
            if (!event) co_return Error(event.error());
            if (!*event) co_return ok();
            bytes += (*event)->data.size();
            if (bytes > bytes_max) co_return fail(Errc::too_large, "A2A: the stream goes on and on");
            ARK_CO_TRY(const auto result, parse_response((*event)->data));
            const auto update = fold.take(result);
            if (update && on_update) on_update(*update);
        }
        co_return ok();
    }

    net::HttpClient& http_;
    const ClientConfig config_;
    std::optional<AgentCard> card_;
    std::int64_t next_id_ = 1;
};

}  // namespace

Result<AgentCard> AgentCard::parse(std::string_view text) {
    const auto json = JsonValue::parse(text);
    if (!json || !(*json)["name"].is_string()) return fail(Errc::protocol, "A2A: not an agent card");
    AgentCard card;
    card.name = (*json)["name"].text();
    card.description = (*json)["description"].text();
    card.version = (*json)["version"].text();
    card.streaming = (*json)["capabilities"]["streaming"].boolean();
    card.skills = (*json)["skills"];
    for (const auto& each : (*json)["supportedInterfaces"].array()) {
        if (each["protocolBinding"].text() != "JSONRPC") continue;
        card.url = each["url"].text();
        card.protocol_version = each["protocolVersion"].text("1.0");
        card.tenant = each["tenant"].text();
        return card;
    }
    card.protocol_version = (*json)["protocolVersion"].text("0.3");
    if ((*json)["preferredTransport"].text("JSONRPC") == "JSONRPC") {
        card.url = (*json)["url"].text();
        return card;
    }
    for (const auto& each : (*json)["additionalInterfaces"].array()) {
        if (each["transport"].text() != "JSONRPC") continue;
        card.url = each["url"].text();
        return card;
    }
    return fail(Errc::protocol, "A2A: the agent '" + card.name + "' does not speak JSON-RPC");
}

std::unique_ptr<Client> Client::create(net::HttpClient& client, ClientConfig config) {
    return std::make_unique<A2aClient>(client, std::move(config));
}

}  // namespace ark::tools::a2a
