#include "demo/mcp_server.hpp"

#include "codec/json_writer.hpp"
#include "runtime/sleep.hpp"

#include <algorithm>
#include <array>

namespace ark::demo {
namespace {

using codec::JsonValue;
using codec::JsonWriter;

constexpr std::size_t call_bytes_max = 1u << 20;
constexpr std::array<std::string_view, 3> versions{"2025-11-25", "2025-06-18", "2025-03-26"};
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;
constexpr int invalid_params = -32602;

net::Response json_response(int status, std::string body) {
    net::Response response;
    response.status = status;
    response.fields.add("content-type", "application/json");
    response.body = std::move(body);
    return response;
}

net::Response result_of(const JsonValue& request, std::string_view result) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().field("jsonrpc", "2.0").key("id");
    request["id"].write(json);
    json.key("result").raw(result).end_object();
    return json_response(200, std::move(body));
}

net::Response error_of(const JsonValue& request, int code, std::string_view message, int status = 200) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().field("jsonrpc", "2.0").key("id");
    request["id"].write(json);
    json.key("error").begin_object().field("code", code).field("message", message).end_object().end_object();
    return json_response(status, std::move(body));
}

std::string handshake(const JsonValue& request, std::string_view name) {
    const auto asked = request["params"]["protocolVersion"].text();
    const bool known = std::find(versions.begin(), versions.end(), asked) != versions.end();
    std::string result;
    JsonWriter json(result);
    json.begin_object().field("protocolVersion", known ? asked : versions.front());
    json.key("capabilities").begin_object().key("tools").begin_object().end_object().end_object();
    json.key("serverInfo").begin_object().field("name", name).field("version", "1.0").end_object().end_object();
    return result;
}

std::string content_of(const ServedResult& called) {
    std::string result;
    JsonWriter json(result);
    json.begin_object().key("content").begin_array().begin_object();
    json.field("type", "text").field("text", called.text).end_object().end_array();
    json.field("isError", called.is_error).end_object();
    return result;
}

}  // namespace

McpServer::McpServer(std::string name, std::vector<ServedTool> tools)
    : name_(std::move(name)), tools_(std::move(tools)) {}

void McpServer::add_routes(net::Router& router, const std::string& path) {
    router.add("POST", path, [this](net::Exchange& exchange) { return answer(exchange); });
}

awaitable<void> McpServer::answer(net::Exchange& exchange) {
    const auto body = co_await exchange.read_body(call_bytes_max);
    net::Response response;
    if (!body) {
        response = error_of({}, invalid_request, "the body cannot be read", http_status(body.error().code));
    } else {
        auto request = JsonValue::parse(body->view());
        if (!request || (*request)["jsonrpc"].text() != "2.0") {
            response = error_of({}, invalid_request, "a JSON-RPC 2.0 message was expected", 400);
        } else {
            response = co_await reply(std::move(*request));
        }
    }
    co_await exchange.respond(std::move(response));
}

awaitable<net::Response> McpServer::reply(JsonValue request) {
    const auto method = request["method"].text();
    if (request["id"].is_null()) {  // a notification, or an answer to what we never asked
        net::Response accepted;
        accepted.status = 202;
        co_return accepted;
    }
    if (method == "initialize") co_return result_of(request, handshake(request, name_));
    if (method == "ping") co_return result_of(request, "{}");
    if (method == "tools/list") co_return result_of(request, list());
    if (method != "tools/call") co_return error_of(request, method_not_found, "there is no such method");
    const auto& params = request["params"];
    const auto named = [&](const ServedTool& tool) { return tool.name == params["name"].text(); };
    const auto tool = std::find_if(tools_.begin(), tools_.end(), named);
    if (tool == tools_.end()) co_return error_of(request, invalid_params, "there is no such tool");
    const auto waited = co_await runtime::sleep_for(tool->takes, stop_.get_token());
    if (!waited) co_return error_of(request, -32000, "the server ends");
    co_return result_of(request, content_of(tool->call(params["arguments"])));
}

std::string McpServer::list() const {
    std::string result;
    JsonWriter json(result);
    json.begin_object().key("tools").begin_array();
    for (const auto& tool : tools_) {
        json.begin_object().field("name", tool.name).field("title", tool.title).field("description", tool.description);
        json.key("inputSchema").raw(tool.schema);
        json.key("annotations").begin_object().field("readOnlyHint", tool.read_only).end_object().end_object();
    }
    json.end_array().end_object();
    return result;
}

}  // namespace ark::demo
