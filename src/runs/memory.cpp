#include "runs/memory.hpp"

#include "codec/json_value.hpp"
#include "codec/json_writer.hpp"
#include "net/http_client.hpp"
#include "runtime/sleep.hpp"

#include <deque>

#include <fmt/format.h>

namespace ark::runs {
namespace {

using codec::JsonValue;

constexpr std::chrono::milliseconds timeout{30'000};
constexpr std::size_t answer_bytes_max = 32u << 20;
constexpr std::size_t page_limit = 1000;  // the most that the protocol allows
constexpr std::size_t pages_max = 100;
constexpr std::size_t messages_max = 2000;  // of a conversation, the newest; docs/limits.md
constexpr unsigned attempts_max = 3;
constexpr std::chrono::milliseconds first_wait{200};

std::string without_end_slash(std::string url) {
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

/// Nothing of the request was worked on: it may be sent again.
bool was_not_taken(const Result<net::ClientResponse>& answer) {
    if (!answer) return answer.error().code == Errc::connect;
    return answer->status == 429 || answer->status == 502 || answer->status == 503;
}

class HttpMemory final : public Memory {
public:
    HttpMemory(net::HttpClient& client, std::string base_url, net::Fields fields)
        : client_(client), base_url_(without_end_slash(std::move(base_url))), fields_(std::move(fields)) {
        fields_.set("user-agent", "ark-memory-client/1.0");
    }

    awaitable<Result<std::string>> begin(std::stop_token stop) override {
        std::string body = "{}";
        ARK_CO_TRY(const auto json, co_await ask("POST", "/conversations", std::move(body), std::move(stop)));
        std::string id(json["conversation_id"].text());
        if (id.empty()) co_return fail(Errc::protocol, "the memory names no conversation_id");
        co_return id;
    }

    awaitable<Result<History>> read(std::string conversation, std::stop_token stop) override {
        std::deque<llm::Message> newest;
        History history;
        const auto base = "/messages?conversation_id=" + net::percent_encode(conversation);
        for (std::size_t page = 0; page < pages_max; ++page) {
            auto target = fmt::format("{}&limit={}&cursor={}", base, page_limit, history.last);
            ARK_CO_TRY(const auto json, co_await ask("GET", std::move(target), std::string(), stop));
            for (const auto& item : json["items"].array()) {
                history.last = std::max(history.last, static_cast<std::uint64_t>(item["sequence"].integer()));
                auto message = llm::parse_message(item["message"]);
                // What somebody else wrote in a role of theirs is still something that was said.
                if (!message) {
                    message = llm::Message{};
                    message->content = item["message"]["content"].text();
                    if (message->content.empty()) continue;
                }
                newest.push_back(std::move(*message));
                if (newest.size() > messages_max) newest.pop_front();
            }
            const auto next = static_cast<std::uint64_t>(json["nextCursor"].integer());
            if (!json["hasMore"].boolean() || next < history.last) break;
            history.last = next;
        }
        // An answer of a tool whose call was cut off is refused by models.
        while (!newest.empty() && newest.front().role == llm::Role::tool)
            newest.pop_front();
        history.messages.assign(std::make_move_iterator(newest.begin()), std::make_move_iterator(newest.end()));
        co_return history;
    }

    awaitable<Result<std::size_t>> count(std::string conversation, std::string query, std::uint64_t after,
                                         std::stop_token stop) override {
        auto target = fmt::format("/messages?conversation_id={}&query_id={}&limit={}&cursor={}",
                                  net::percent_encode(conversation), net::percent_encode(query), page_limit, after);
        ARK_CO_TRY(const auto json, co_await ask("GET", std::move(target), std::string(), std::move(stop)));
        co_return json["items"].size();
    }

    awaitable<Status> add(std::string conversation, std::string query, std::string messages, std::chrono::seconds ttl,
                          std::stop_token stop) override {
        std::string body;
        codec::JsonWriter json(body);
        json.begin_object().field("conversation_id", conversation).field("query_id", query);
        json.key("messages").raw(messages);
        if (ttl.count() > 0) json.field("ttl_seconds", static_cast<std::int64_t>(ttl.count()));
        json.end_object();
        const auto answer = co_await ask("POST", "/messages", std::move(body), std::move(stop));
        if (!answer) co_return answer.error();
        co_return ok();
    }

    awaitable<Status> forget(std::string conversation, std::string query, std::stop_token stop) override {
        const auto name = net::percent_encode(query);
        auto target = fmt::format("/conversations/{}/queries/{}/messages", net::percent_encode(conversation), name);
        auto answer = co_await remove(std::move(target), stop);
        if (answer && is_unknown(answer->status)) {
            // Memories of the plain protocol know queries only.
            target = fmt::format("/queries/{}/messages", name);
            answer = co_await remove(std::move(target), stop);
        }
        if (!answer) co_return prefix(answer.error(), "memory");
        if (answer->status / 100 == 2 || is_unknown(answer->status)) co_return ok();
        co_return fail(Errc::unavailable, fmt::format("memory: DELETE answered {}", answer->status));
    }

private:
    static bool is_unknown(int status) { return status == 404 || status == 405 || status == 501; }

    awaitable<Result<net::ClientResponse>> remove(std::string target, std::stop_token stop) {
        net::HttpRequest request;
        request.method = "DELETE";
        request.url = base_url_ + target;
        request.fields = fields_;
        request.timeout = timeout;
        request.stop = std::move(stop);
        co_return co_await client_.fetch(std::move(request), answer_bytes_max);
    }

    /// The answer's JSON; null when it has none.
    awaitable<Result<JsonValue>> ask(std::string_view method, std::string target, std::string body,
                                     std::stop_token stop) {
        auto wait = first_wait;
        for (unsigned attempt = 1;; ++attempt) {
            net::HttpRequest request;
            request.method = method;
            request.url = base_url_ + target;
            request.fields = fields_;
            if (!body.empty()) request.fields.set("content-type", "application/json");
            request.body = body;
            request.timeout = timeout;
            request.stop = stop;
            const auto answer = co_await client_.fetch(std::move(request), answer_bytes_max);
            if (was_not_taken(answer) && attempt < attempts_max) {
                ARK_CO_TRY_STATUS(co_await runtime::sleep_for(wait, stop));
                wait *= 2;
                continue;
            }
            if (!answer) co_return prefix(answer.error(), "memory");
            if (answer->status / 100 != 2)
                co_return fail(Errc::unavailable, fmt::format("memory: {} answered {}", method, answer->status));
            if (method == "POST" && answer->body.empty()) co_return JsonValue{};
            auto json = JsonValue::parse(answer->body);
            if (json) co_return std::move(*json);
            // That it was taken is all there is to know of a POST whose answer is words.
            if (target == "/messages") co_return JsonValue{};
            co_return fail(Errc::protocol, "memory: the answer is no JSON");
        }
    }

    net::HttpClient& client_;
    const std::string base_url_;
    net::Fields fields_;
};

}  // namespace

std::unique_ptr<Memory> make_memory(net::HttpClient& client, std::string base_url, const net::Fields& fields) {
    return std::make_unique<HttpMemory>(client, std::move(base_url), fields);
}

}  // namespace ark::runs
