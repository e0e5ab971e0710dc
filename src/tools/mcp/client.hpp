#pragma once
#include "tools/mcp/message.hpp"

#include <memory>

namespace ark::tools::mcp {

enum class Transport { streamable, sse };

struct ClientConfig {
    std::string url;
    Transport transport = Transport::streamable;  ///< sse: the one of 2024-11-05, also found by itself
    net::Fields fields;                           ///< authorization and the like; never shown
    bool elicitation = false;                     ///< CallContext::ask will be there: servers may put questions
    std::chrono::milliseconds timeout{30'000};    ///< of handshake and lists
    std::size_t message_bytes_max = 16u << 20;
};

struct ServerInfo {
    std::string protocol_version;
    std::string name;
    std::string version;
    std::string instructions;
};

/// One MCP server. Finds out which era it lives in: stateless requests (2026-07-28), sessions over streamable HTTP, or
/// the HTTP+SSE transport of 2024-11-05.
///
/// A session that the server has forgotten is opened again once, and the request repeated: it was not looked at. A
/// stream that breaks off is taken up again where the server gave ids, else the call fails with `closed`. Requests of
/// the server: elicitation/create goes to CallContext::ask, ping is answered, all others are refused.
/// Used from one io_context; calls may overlap. Does not listen for list changes: ask tools() again.
class Client {
public:
    virtual ~Client() = default;
    /// `client` outlives it.
    static std::unique_ptr<Client> create(net::HttpClient& client, ClientConfig config);

    /// Errors: connect and its like; unauthorized; protocol: no MCP server there.
    virtual awaitable<Result<ServerInfo>> connect(std::stop_token stop) = 0;
    /// All pages. connect() first.
    virtual awaitable<Result<std::vector<ToolInfo>>> tools(std::stop_token stop) = 0;
    /// `arguments` is a JSON object. A call that is stopped or too late is cancelled on the server too.
    virtual awaitable<Result<ToolResult>> call(std::string tool, std::string arguments, CallContext context) = 0;
    /// Ends the session. Await it before the destructor when the transport may be sse.
    virtual awaitable<void> close() = 0;
};

/// A tool of a server, under the name that the model sees. `client` outlives it.
std::unique_ptr<Tool> make_tool(Client& client, ToolInfo info, std::string exposed_name);

}  // namespace ark::tools::mcp
