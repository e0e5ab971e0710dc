#include "api_client.hpp"
#include "commands/commands.hpp"
#include "control_loop.hpp"

#include <cctype>
#include <fstream>
#include <iostream>
#include <iterator>

namespace ark::cli {
namespace {

constexpr std::size_t body_bytes_max = 256u << 20;

Result<std::string> read_body(const std::string& data) {
    if (!data.starts_with('@') && data != "-") return data;
    const auto read = [](std::istream& in) { return std::string(std::istreambuf_iterator<char>(in), {}); };
    std::string body;
    if (data == "-" || data == "@-") {
        body = read(std::cin);
    } else {
        std::ifstream file(data.substr(1), std::ios::binary);
        if (!file) return fail(Errc::bad_argument, "cannot read " + data.substr(1));
        body = read(file);
    }
    if (body.size() > body_bytes_max) return fail(Errc::too_large, "a body beyond 256 MiB");
    return body;
}

void say_head(const net::ClientResponse& response) {
    say("HTTP " + std::to_string(response.status));
    for (const auto& [name, value] : response.fields)
        say(name + ": " + printable(value));
}

Result<Exit> conclude(const Context& context, const net::ClientResponse& response) {
    context.out().flush();
    if (response.status < 400) return Exit::success;
    return exit_of(error_of(response));
}

/// A GET is written as it comes: the same for an event stream, which has no end, as for a page.
Result<Exit> get_streamed(Context& context, ApiClient& api, const std::string& target, const net::Fields& fields,
                          bool include) {
    Watchdog watchdog([&api] { api.raw().abort(); });
    if (context.timeout_given) watchdog.limit_total(context.timeout);
    net::ClientResponse response;
    const auto on_head = [&](const net::ClientResponse& head) {
        response = head;
        if (include) say_head(head);
        return true;
    };
    const auto on_bytes = [&](std::string_view bytes) {
        context.out().write(bytes);
        context.out().flush();
        if (response.status >= 400) response.body += bytes;
        return !watchdog.stopped();
    };
    const auto status = api.raw().stream(target, fields, context.timeout, on_head, on_bytes);
    if (watchdog.cause() == Watchdog::Cause::signal) return Exit{128 + watchdog.signal()};
    if (watchdog.cause() == Watchdog::Cause::total) return Exit::timeout;
    if (!status) return explain_connect(status.error(), context.server);
    return conclude(context, response);
}

Result<Exit> run_api(Context& context, const Invocation& invocation) {
    auto method = invocation.text("METHOD");
    for (auto& c : method)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const auto target = invocation.text("PATH");
    if (!target.starts_with('/')) return fail(Errc::bad_argument, "PATH begins with a slash: /v1/sessions?limit=5");
    ARK_TRY(auto fields, fields_of(invocation));
    ARK_TRY(const auto body, read_body(invocation.text("data")));
    if (!body.empty() && !fields.has("content-type")) fields.add("content-type", "application/json");
    ARK_TRY(auto api, ApiClient::create(context));
    const bool include = invocation.flag("include");
    if (method == "GET" && body.empty()) return get_streamed(context, api, target, fields, include);
    ARK_TRY(const auto response, api.send(method, target, fields, body));
    if (include) say_head(response);
    context.out().write(response.body);
    return conclude(context, response);
}

}  // namespace

void add_api(CommandTable& table) {
    CommandSpec command;
    command.path = "api";
    command.summary = "Send a request to the broker as it is, print the answer as it comes";
    command.details = "For example: ark api GET '/v1/stream?topics=session'   ark api POST /events -d @event.json";
    command.arguments = {{"METHOD", "GET, POST, …", true, {}, Complete::nothing},
                         {"PATH", "path and query", true, {}, Complete::nothing}};
    command.options = {
        {"-d,--data", "BODY", "the body; @FILE reads a file, - standard input", "", {}, false, Complete::files},
        {"-H,--header", "FIELD", "'Name: value'", "", {}, true, Complete::nothing},
        {"-i,--include", "", "status and header fields, on standard error", "", {}, false, Complete::nothing}};
    command.run = run_api;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
