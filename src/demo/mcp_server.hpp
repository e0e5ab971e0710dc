#pragma once
#include "codec/json_value.hpp"
#include "net/http.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace ark::demo {

struct ServedResult {
    std::string text;
    bool is_error = false;
};

/// A tool that an McpServer offers.
struct ServedTool {
    std::string name;
    std::string title;
    std::string description;
    std::string schema;  ///< JSON Schema of its arguments
    bool read_only = true;
    std::chrono::milliseconds takes{0};  ///< how long a call lasts
    std::function<ServedResult(const codec::JsonValue& arguments)> call;
};

/// A server of the Model Context Protocol over streamable HTTP, of its session-less kind: each request is answered with
/// JSON at once (2025-03-26 to 2025-11-25), and nothing is kept. Tools only.
///
/// Immutable once built, so used from every net thread. Outlives the server that its routes are given to.
class McpServer {
public:
    McpServer(std::string name, std::vector<ServedTool> tools);
    /// At `path`: POST; GET says 405, since there are no messages of the server's own.
    void add_routes(net::Router& router, const std::string& path);
    /// Ends calls under way.
    void stop() { stop_.request_stop(); }

private:
    awaitable<void> answer(net::Exchange& exchange);
    awaitable<net::Response> reply(codec::JsonValue request);
    std::string list() const;

    const std::string name_;
    const std::vector<ServedTool> tools_;
    std::stop_source stop_;
};

}  // namespace ark::demo
