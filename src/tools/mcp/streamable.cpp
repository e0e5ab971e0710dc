#include "runtime/sleep.hpp"
#include "tools/mcp/transport.hpp"

#include <algorithm>

namespace ark::tools::mcp {

namespace {

using std::chrono::milliseconds;

constexpr int resumes_max = 10;
constexpr long resume_wait_max_ms = 30'000;

/// One POST a message; the response in its body, as JSON or as the end of an event stream.
class Streamable final : public Wire {
public:
    Streamable(net::HttpClient& client, const ClientConfig& config) : client_(client), config_(config) {}

    awaitable<Result<Incoming>> request(Outgoing outgoing) override {
        auto request = base_request("POST", outgoing.fields, outgoing.timeout);
        request.body = outgoing.body;
        request.stop = outgoing.stop;
        ARK_CO_TRY(auto response, co_await client_.send(std::move(request)));
        Incoming incoming;
        incoming.http_status = response->status();
        incoming.fields = response->fields();
        if (response->fields().find("content-type").starts_with("text/event-stream")) {
            co_return co_await read_stream(std::move(response), std::move(incoming), outgoing);
        }
        ARK_CO_TRY(const auto body, co_await response->read_all(config_.message_bytes_max));
        auto message = Message::parse(body);
        if (message) incoming.message = std::move(*message);
        const bool ok = incoming.http_status / 100 == 2;
        if (!message && ok) co_return std::move(message).error();
        co_return std::move(incoming);
    }

    awaitable<Status> post(std::string body, net::Fields fields, milliseconds timeout) override {
        auto request = base_request("POST", fields, timeout);
        request.body = std::move(body);
        ARK_CO_TRY(const auto response, co_await client_.fetch(std::move(request), config_.message_bytes_max));
        if (response.status / 100 != 2) co_return fail(Errc::protocol, "MCP: HTTP " + std::to_string(response.status));
        co_return ok();
    }

    awaitable<void> close() override { co_return; }

private:
    net::HttpRequest base_request(std::string_view method, const net::Fields& fields, milliseconds timeout) const {
        net::HttpRequest request;
        request.method = method;
        request.url = config_.url;
        request.fields = config_.fields;
        for (const auto& [name, value] : fields)
            request.fields.set(name, value);
        request.fields.set("accept", "application/json, text/event-stream");
        if (method == "POST") request.fields.set("content-type", "application/json");
        request.timeout = timeout;
        request.idle_timeout = timeout;
        request.redirects_max = 3;
        return request;
    }

    /// Reads until the response. A server may close early and be asked again behind the last id that it gave.
    awaitable<Result<Incoming>> read_stream(std::unique_ptr<net::HttpResponse> response, Incoming incoming,
                                            const Outgoing& outgoing) {
        for (int resumes = 0;; ++resumes) {
            net::SseReader events(std::move(response), config_.message_bytes_max);
            ARK_CO_TRY_STATUS(co_await read_until_response(events, incoming, outgoing));
            if (incoming.message) co_return std::move(incoming);
            const auto& last_id = events.parser().last_id();
            if (last_id.empty() || resumes == resumes_max) co_return fail(Errc::closed, "MCP: the stream broke off");
            const auto wait = std::clamp(events.parser().retry_ms(), 0L, resume_wait_max_ms);
            ARK_CO_TRY_STATUS(co_await runtime::sleep_for(milliseconds(wait), outgoing.stop));
            auto request = base_request("GET", outgoing.fields, outgoing.timeout);
            request.fields.set("last-event-id", last_id);
            request.stop = outgoing.stop;
            ARK_CO_TRY(response, co_await client_.send(std::move(request)));
            if (response->status() != 200) co_return fail(Errc::closed, "MCP: the stream cannot be taken up again");
        }
    }

    awaitable<Status> read_until_response(net::SseReader& events, Incoming& incoming, const Outgoing& outgoing) {
        while (!incoming.message) {
            const auto event = co_await events.next();
            // A connection that breaks is like one that ends: with an id it can be taken up again.
            if (!event && event.error().code == Errc::closed) co_return ok();
            if (!event) co_return Error(event.error());
            if (!*event) co_return ok();
            if ((*event)->data.empty()) continue;  // only an id
            ARK_CO_TRY(auto message, Message::parse((*event)->data));
            if (message.is_response_to(outgoing.id)) {
                incoming.message = std::move(message);
            } else if (outgoing.on_message) {
                co_await outgoing.on_message(message);
            }
        }
        co_return ok();
    }

    net::HttpClient& client_;
    const ClientConfig config_;
};

}  // namespace

std::unique_ptr<Wire> make_streamable(net::HttpClient& client, const ClientConfig& config) {
    return std::make_unique<Streamable>(client, config);
}

}  // namespace ark::tools::mcp
