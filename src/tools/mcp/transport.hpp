#pragma once
#include "net/sse_reader.hpp"
#include "tools/mcp/client.hpp"

namespace ark::tools::mcp {

/// A request on its way.
struct Outgoing {
    std::int64_t id = 0;
    std::string body;
    net::Fields fields;
    std::chrono::milliseconds timeout{0};
    std::stop_token stop;
    /// Sees what comes before the response: notifications and requests of the server.
    std::function<awaitable<void>(const Message&)> on_message;
};

struct Incoming {
    int http_status = 200;
    std::optional<Message> message;  ///< the response; nothing: the status says all
    net::Fields fields;
};

/// How messages travel.
class Wire {
public:
    virtual ~Wire() = default;
    virtual awaitable<Result<Incoming>> request(Outgoing outgoing) = 0;
    /// A notification or a response: nothing comes back.
    virtual awaitable<Status> post(std::string body, net::Fields fields, std::chrono::milliseconds timeout) = 0;
    virtual awaitable<void> close() = 0;
};

std::unique_ptr<Wire> make_streamable(net::HttpClient& client, const ClientConfig& config);
/// Opens the event stream and learns where to post.
awaitable<Result<std::unique_ptr<Wire>>> open_sse(net::HttpClient& client, const ClientConfig& config,
                                                  std::stop_token stop);

}  // namespace ark::tools::mcp
