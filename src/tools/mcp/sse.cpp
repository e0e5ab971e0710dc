#include "runtime/scope.hpp"
#include "tools/mcp/transport.hpp"

#include <map>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace ark::tools::mcp {

namespace {

using std::chrono::milliseconds;

/// The transport of 2024-11-05: one event stream for all that the server says, one POST for each thing that we say.
class SseWire final : public Wire {
public:
    SseWire(net::HttpClient& client, const ClientConfig& config, asio::any_io_executor executor)
        : client_(client), config_(config), executor_(executor), scope_(executor) {}

    /// The first event says where to post.
    awaitable<Status> open(std::stop_token stop) {
        net::HttpRequest request;
        request.url = config_.url;
        request.fields = config_.fields;
        request.fields.set("accept", "text/event-stream");
        request.idle_timeout = milliseconds(0);  // the server speaks when it has something to say
        request.stop = closing_.get_token();
        const std::stop_callback forward(stop, [this] { closing_.request_stop(); });
        ARK_CO_TRY(auto response, co_await client_.send(std::move(request)));
        if (response->status() != 200 || !response->fields().find("content-type").starts_with("text/event-stream"))
            co_return fail(Errc::protocol, "MCP: no event stream there, HTTP " + std::to_string(response->status()));
        auto events = std::make_unique<net::SseReader>(std::move(response), config_.message_bytes_max);
        ARK_CO_TRY(const auto first, co_await events->next());
        if (!first || first->type != "endpoint") co_return fail(Errc::protocol, "MCP: the stream names no endpoint");
        ARK_CO_TRY(const auto base, net::Url::parse(config_.url, net::Url::Schemes::http_and_https));
        ARK_CO_TRY(const auto endpoint, base.resolve(first->data));
        // Credentials go there: it must be the same server.
        if (!endpoint.same_origin(base)) co_return fail(Errc::protocol, "MCP: the endpoint is of another origin");
        endpoint_ = endpoint.scheme + "://" + endpoint.authority() + endpoint.target;
        scope_.spawn(read(std::move(events)));
        co_return ok();
    }

    awaitable<Result<Incoming>> request(Outgoing outgoing) override {
        if (ended_) co_return fail(Errc::closed, "MCP: the event stream ended");
        auto waiting = std::make_shared<Waiting>(executor_);
        if (outgoing.timeout.count() > 0) waiting->timer.expires_after(outgoing.timeout);
        waiting_[outgoing.id] = waiting;
        const auto wake = [weak = std::weak_ptr(waiting), executor = executor_] {
            asio::post(executor, [weak] {
                if (const auto live = weak.lock()) live->timer.cancel();
            });
        };
        const std::stop_callback on_stop(outgoing.stop, wake);
        auto posted = co_await post(outgoing.body, outgoing.fields, outgoing.timeout);
        while (posted) {
            while (!waiting->messages.empty()) {
                const auto message = std::move(waiting->messages.front());
                waiting->messages.erase(waiting->messages.begin());
                if (outgoing.on_message) co_await outgoing.on_message(message);
            }
            if (waiting->incoming.message || ended_ || outgoing.stop.stop_requested() || waiting->late) break;
            boost::system::error_code error;
            co_await waiting->timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            waiting->late = !error;
        }
        waiting_.erase(outgoing.id);
        if (!posted) co_return std::move(posted).error();
        if (waiting->incoming.message) co_return std::move(waiting->incoming);
        if (outgoing.stop.stop_requested()) co_return fail(Errc::stopped, "MCP call");
        if (waiting->late) co_return fail(Errc::deadline, "MCP: no answer in time");
        co_return fail(Errc::closed, "MCP: the event stream ended");
    }

    awaitable<Status> post(std::string body, net::Fields fields, milliseconds timeout) override {
        net::HttpRequest request;
        request.method = "POST";
        request.url = endpoint_;
        request.fields = config_.fields;
        for (const auto& [name, value] : fields)
            request.fields.set(name, value);
        request.fields.set("content-type", "application/json");
        request.body = std::move(body);
        request.timeout = timeout;
        request.stop = closing_.get_token();
        ARK_CO_TRY(const auto response, co_await client_.fetch(std::move(request), config_.message_bytes_max));
        if (response.status / 100 != 2) co_return fail(Errc::protocol, "MCP: HTTP " + std::to_string(response.status));
        co_return ok();
    }

    awaitable<void> close() override {
        closing_.request_stop();
        co_await scope_.close();
    }

private:
    struct Waiting {
        explicit Waiting(asio::any_io_executor executor) : timer(executor, asio::steady_timer::time_point::max()) {}
        asio::steady_timer timer;  // cancelled: something came
        Incoming incoming;
        std::vector<Message> messages;  // bounded by messages_max
        bool late = false;
    };
    static constexpr std::size_t messages_max = 1'000;

    awaitable<void> read(std::unique_ptr<net::SseReader> events) {
        while (true) {
            const auto event = co_await events->next();
            if (!event || !*event) break;
            auto message = Message::parse((*event)->data);
            if (message) deliver(std::move(*message));
        }
        ended_ = true;
        for (const auto& [id, waiting] : waiting_)
            waiting->timer.cancel();
    }

    /// A response to whoever waits for it; anything else to a call under way (the stream does not say which).
    void deliver(Message message) {
        if (waiting_.empty()) return;
        const auto found = waiting_.find(message.json["id"].integer(-1));
        if (message.method().empty()) {
            if (found == waiting_.end()) return;
            found->second->incoming.message = std::move(message);
            found->second->timer.cancel();
            return;
        }
        const auto token = message.params()["progressToken"].integer(-1);
        const auto told = waiting_.find(token);
        auto& waiting = told == waiting_.end() ? waiting_.begin()->second : told->second;
        if (waiting->messages.size() < messages_max) waiting->messages.push_back(std::move(message));
        waiting->timer.cancel();
    }

    net::HttpClient& client_;
    const ClientConfig config_;
    asio::any_io_executor executor_;
    std::string endpoint_;
    std::map<std::int64_t, std::shared_ptr<Waiting>> waiting_;
    std::stop_source closing_;
    bool ended_ = false;
    runtime::Scope scope_;  // last: its task reads the stream
};

}  // namespace

awaitable<Result<std::unique_ptr<Wire>>> open_sse(net::HttpClient& client, const ClientConfig& config,
                                                  std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    auto wire = std::make_unique<SseWire>(client, config, executor);
    ARK_CO_TRY_STATUS(co_await wire->open(stop));
    co_return std::unique_ptr<Wire>(std::move(wire));
}

}  // namespace ark::tools::mcp
