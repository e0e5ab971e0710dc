#pragma once
#include "tools/tool.hpp"

namespace ark::tools {

/// A tool that is one HTTP request, described by texts with places for arguments.
struct HttpToolConfig {
    llm::ToolDefinition definition;
    std::string method = "GET";
    std::string url;     ///< `{name}`: the argument, percent-encoded; unknown names stay as they are
    net::Fields fields;  ///< resolved: secrets are in them, so they are never shown
    /// `{{.input.name}}` (`{{ .input.a.b }}`) is an argument, `{{.other}}` one of `body_parameters`; text as it is, the
    /// rest as JSON. Empty with a method that has a body: the arguments as a JSON object.
    std::string body;
    std::vector<std::pair<std::string, std::string>> body_parameters;
    std::chrono::milliseconds timeout{30'000};  ///< the call's own counts when it is shorter
};

/// The tool asks `client`, which outlives it. A status of 400 and more is a failure that the model reads.
std::unique_ptr<Tool> make_http_tool(HttpToolConfig config, net::HttpClient& client);

/// What `{name}` in a URL becomes. For tests, and for saying what would be asked.
std::string fill_url(std::string_view url, const codec::JsonValue& arguments);
/// bad_argument: a place that is no dotted name, or that has nothing to be filled with.
Result<std::string> fill_body(std::string_view body, const codec::JsonValue& data);

}  // namespace ark::tools
