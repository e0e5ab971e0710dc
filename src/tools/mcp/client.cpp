#include "tools/mcp/client.hpp"

#include "codec/json_text.hpp"
#include "codec/json_writer.hpp"
#include "tools/mcp/transport.hpp"

#include <algorithm>
#include <map>

namespace ark::tools::mcp {

namespace {

using codec::JsonValue;
using std::chrono::milliseconds;

constexpr std::size_t pages_max = 100;
constexpr std::size_t tools_max = 10'000;
constexpr int rounds_max = 8;  // of questions within one call
// A stop acts within a second; so must the word about it.
constexpr milliseconds cancel_timeout{500};

enum class Era { unknown, modern, legacy };

bool is_modern_error(const Message& message) {
    return message.error_code() <= -32020 && message.error_code() >= -32022;
}

/// What of a call's context a single request of it needs.
struct Sending {
    milliseconds timeout{0};
    std::stop_token stop;
    const CallContext* context = nullptr;  // of a tools/call
    net::Fields fields;
};

class McpClient final : public Client {
public:
    McpClient(net::HttpClient& http, ClientConfig config) : http_(http), config_(std::move(config)) {}

    awaitable<Result<ServerInfo>> connect(std::stop_token stop) override {
        co_await close();
        const auto opened = co_await open(stop);
        if (!opened) {
            co_await close();
            co_return Error(opened.error());
        }
        co_return info_;
    }

    awaitable<Result<std::vector<ToolInfo>>> tools(std::stop_token stop) override {
        std::vector<ToolInfo> all;
        std::string members;
        for (std::size_t page = 0; page < pages_max; ++page) {
            Sending sending;
            sending.timeout = config_.timeout;
            sending.stop = stop;
            ARK_CO_TRY(const auto result, co_await ask("tools/list", members, std::move(sending)));
            for (auto& tool : parse_tools(result))
                all.push_back(std::move(tool));
            if (all.size() > tools_max) co_return fail(Errc::too_large, "MCP: more than 10,000 tools");
            // An empty cursor is one; only its absence ends the list.
            if (!result["nextCursor"].is_string()) {
                remember_headers(all);
                co_return std::move(all);
            }
            members.clear();
            codec::JsonWriter json(members);
            json.begin_object().field("cursor", result["nextCursor"].text()).end_object();
        }
        co_return fail(Errc::too_large, "MCP: the list of tools does not end");
    }

    awaitable<Result<ToolResult>> call(std::string tool, std::string arguments, CallContext context) override {
        const auto parsed = JsonValue::parse(arguments.empty() ? "{}" : arguments);
        if (!parsed || !parsed->is_object()) co_return fail(Errc::bad_argument, "the arguments are no JSON object");
        std::string answers;  // members of the next round: what was asked, and the server's own state
        for (int round = 0; round < rounds_max; ++round) {
            Sending sending;
            sending.timeout = context.timeout;
            sending.stop = context.stop;
            sending.context = &context;
            sending.fields = call_fields(tool, *parsed);
            auto members = call_members(tool, *parsed, answers);
            ARK_CO_TRY(const auto result, co_await ask("tools/call", std::move(members), std::move(sending)));
            const auto type = result["resultType"].text("complete");
            if (type == "input_required") {
                answers = co_await answer_all(result, context);
                continue;
            }
            if (type != "complete") co_return fail(Errc::protocol, "MCP: a result of the type " + std::string(type));
            auto out = parse_result(result);
            if (out.text.size() > context.result_bytes_max)
                co_return fail(Errc::too_large, "MCP: a result of " + std::to_string(out.text.size()) + " bytes");
            co_return std::move(out);
        }
        co_return fail(Errc::protocol, "MCP: the server asks again and again");
    }

    awaitable<void> close() override {
        if (!wire_) co_return;
        if (!session_.empty()) {
            net::HttpRequest request;
            request.method = "DELETE";
            request.url = config_.url;
            request.fields = config_.fields;
            add_session(request.fields);
            request.timeout = cancel_timeout;
            (void)co_await http_.fetch(std::move(request), config_.message_bytes_max);  // 405: it ends by itself
            session_.clear();
        }
        co_await wire_->close();
        wire_ = nullptr;
    }

private:
    /// Newest first. A wire that was opened stays, whatever comes of it: close() ends it.
    awaitable<Status> open(std::stop_token stop) {
        if (config_.transport == Transport::sse) {
            ARK_CO_TRY(wire_, co_await open_sse(http_, config_, stop));
        } else {
            wire_ = make_streamable(http_, config_);
            ARK_CO_TRY(const auto modern, co_await discover(stop));
            if (modern) co_return ok();
        }
        auto opened = co_await initialize(stop);
        const bool may_be_older = config_.transport == Transport::streamable && !opened && refused_;
        if (!may_be_older) co_return opened;
        auto older = co_await open_sse(http_, config_, stop);
        if (!older) co_return opened;  // what the newer transport said tells more
        wire_ = std::move(*older);
        co_return co_await initialize(stop);
    }

    /// True: the server speaks the stateless protocol. Anything else that answers may be older.
    awaitable<Result<bool>> discover(std::stop_token stop) {
        era_ = Era::modern;
        Sending sending;
        sending.timeout = config_.timeout;
        sending.stop = stop;
        ARK_CO_TRY(const auto incoming, co_await send(next_id_++, "server/discover", {}, sending));
        if (incoming.http_status == 401 || incoming.http_status == 403)
            co_return fail(Errc::unauthorized, "MCP: HTTP " + std::to_string(incoming.http_status));
        era_ = Era::legacy;
        if (!incoming.message) co_return false;
        const auto& message = *incoming.message;
        if (is_modern_error(message)) {
            // It knows the rules, but not our version of them: what else does it offer?
            const auto& supported = message.error()["data"]["supported"].array();
            const bool shared = std::any_of(supported.begin(), supported.end(),
                                            [](const auto& v) { return v.text() < modern_version; });
            if (!shared) co_return error_of(message.error());
            co_return false;
        }
        const auto& result = message.json["result"];
        if (!result["supportedVersions"].is_array()) co_return false;
        era_ = Era::modern;
        info_.protocol_version = modern_version;
        const auto& server = result["_meta"]["io.modelcontextprotocol/serverInfo"];
        info_.name = server["name"].text();
        info_.version = server["version"].text();
        info_.instructions = result["instructions"].text();
        co_return true;
    }

    awaitable<Status> initialize(std::stop_token stop) {
        era_ = Era::legacy;
        refused_ = false;
        session_.clear();
        info_ = {};
        Sending sending;
        sending.timeout = config_.timeout;
        sending.stop = stop;
        const auto members = initialize_members(config_.elicitation);
        ARK_CO_TRY(const auto incoming, co_await send(next_id_++, "initialize", members, sending));
        const int status = incoming.http_status;
        refused_ = status == 400 || status == 404 || status == 405;
        if (status == 401 || status == 403) co_return fail(Errc::unauthorized, "MCP: HTTP " + std::to_string(status));
        if (incoming.message && !incoming.message->error().is_null()) co_return error_of(incoming.message->error());
        if (!incoming.message) co_return fail(Errc::protocol, "MCP: HTTP " + std::to_string(status));
        const auto& result = incoming.message->json["result"];
        info_.protocol_version = result["protocolVersion"].text();
        if (info_.protocol_version.empty()) co_return fail(Errc::protocol, "MCP: the server names no version");
        info_.name = result["serverInfo"]["name"].text();
        info_.version = result["serverInfo"]["version"].text();
        info_.instructions = result["instructions"].text();
        session_ = incoming.fields.find("mcp-session-id");
        auto fields = version_fields();
        auto initialized = notification_text("notifications/initialized", {});
        co_return co_await wire_->post(std::move(initialized), std::move(fields), config_.timeout);
    }

    /// One request, repeated once in a new session when the old one is gone. The result, or the server's error.
    awaitable<Result<JsonValue>> ask(std::string_view method, std::string members, Sending sending) {
        if (!wire_) co_return fail(Errc::conflict, "MCP: not connected");
        for (int attempt = 0;; ++attempt) {
            const auto id = next_id_++;
            const auto session = session_;
            auto incoming = co_await send(id, method, members, sending);
            if (!incoming) {
                const auto code = incoming.error().code;
                const bool given_up = code == Errc::stopped || code == Errc::deadline || code == Errc::too_large;
                // In the modern era the closed connection says so.
                if (given_up && era_ == Era::legacy) co_await cancel(id, incoming.error());
                co_return std::move(incoming).error();
            }
            if (incoming->http_status == 404 && !session.empty() && attempt == 0) {
                // Calls overlap: another one may have opened the new session already.
                if (session_ == session) {
                    ARK_CO_TRY_STATUS(co_await initialize(sending.stop));
                }
                continue;
            }
            if (incoming->http_status == 401 || incoming->http_status == 403)
                co_return fail(Errc::unauthorized, "MCP: HTTP " + std::to_string(incoming->http_status));
            if (!incoming->message)
                co_return fail(incoming->http_status >= 500 ? Errc::unavailable : Errc::protocol,
                               "MCP: HTTP " + std::to_string(incoming->http_status));
            if (!incoming->message->error().is_null()) co_return error_of(incoming->message->error());
            co_return JsonValue(incoming->message->json["result"]);
        }
    }

    awaitable<Result<Incoming>> send(std::int64_t id, std::string_view method, std::string_view members,
                                     const Sending& sending) {
        Meta meta;
        meta.modern = era_ == Era::modern;
        meta.elicitation = config_.elicitation;
        Outgoing outgoing;
        outgoing.id = id;
        outgoing.fields = version_fields();
        for (const auto& [name, value] : sending.fields)
            outgoing.fields.set(name, value);
        if (meta.modern) outgoing.fields.set("mcp-method", method);
        if (sending.context != nullptr) {
            meta.context = sending.context->fields;
            if (sending.context->on_progress) meta.progress_token = id;
            for (const auto& [name, value] : meta.context)
                outgoing.fields.set(name, value);
        }
        outgoing.body = request_text(id, method, members, meta);
        outgoing.timeout = sending.timeout;
        outgoing.stop = sending.stop;
        const auto* const context = sending.context;
        outgoing.on_message = [this, context](const Message& message) { return serve(message, context); };
        return wire_->request(std::move(outgoing));
    }

    /// What the server says or wants while we wait for its response.
    awaitable<void> serve(const Message& message, const CallContext* context) {
        if (message.is_notification()) {
            const auto& params = message.params();
            if (message.method() == "notifications/progress" && context != nullptr && context->on_progress)
                context->on_progress(params["progress"].real(), params["total"].real(), params["message"].text());
            co_return;
        }
        if (!message.is_request()) co_return;
        const auto& id = message.json["id"];
        std::string answer;
        if (message.method() == "ping") {
            answer = response_text(id, "{}");
        } else if (message.method() == "elicitation/create") {
            const auto said = co_await put(message.params(), context);
            answer = response_text(id, answer_text(said));
        } else {
            answer = error_text(id, -32601, "this client does not offer that");
        }
        auto fields = version_fields();
        // An answer that does not arrive leaves the call to its own timeout.
        (void)co_await wire_->post(std::move(answer), std::move(fields), config_.timeout);
    }

    awaitable<Answer> put(const JsonValue& params, const CallContext* context) {
        if (context == nullptr || !context->ask) co_return Answer{};
        auto question = parse_question(params);
        co_return co_await context->ask(std::move(question));
    }

    /// Answers of one round, as members of the next request.
    awaitable<std::string> answer_all(const JsonValue& result, const CallContext& context) {
        std::string text;
        codec::JsonWriter json(text);
        json.begin_object();
        json.key("inputResponses").begin_object();
        for (const auto& [key, wanted] : result["inputRequests"].object()) {
            Answer said;
            if (wanted["method"].text() == "elicitation/create") said = co_await put(wanted["params"], &context);
            json.key(key).raw(answer_text(said));
        }
        json.end_object();
        if (result["requestState"].is_string()) json.field("requestState", result["requestState"].text());
        json.end_object();
        co_return text;
    }

    awaitable<void> cancel(std::int64_t id, const Error& why) {
        std::string params;
        codec::JsonWriter json(params);
        json.begin_object().field("requestId", id).field("reason", name(why.code)).end_object();
        auto fields = version_fields();
        auto text = notification_text("notifications/cancelled", params);
        (void)co_await wire_->post(std::move(text), std::move(fields), cancel_timeout);  // a courtesy
    }

    static std::string call_members(std::string_view tool, const JsonValue& arguments, std::string_view answers) {
        std::string text;
        codec::JsonWriter json(text);
        json.begin_object().field("name", tool).key("arguments");
        arguments.write(json);
        const auto more = codec::parsed_or_null(answers);
        for (const auto& [key, value] : more.object()) {
            json.key(key);
            value.write(json);
        }
        json.end_object();
        return text;
    }

    net::Fields call_fields(const std::string& tool, const JsonValue& arguments) const {
        net::Fields fields;
        if (era_ != Era::modern) return fields;
        fields.add("mcp-name", header_value(tool));
        const auto found = headers_.find(tool);
        if (found == headers_.end()) return fields;
        for (const auto& [argument, header] : found->second) {
            const auto& value = arguments[argument];
            if (value.is_null() || value.is_object() || value.is_array()) continue;
            fields.add("mcp-param-" + header, header_value(value.is_string() ? value.text() : value.dump()));
        }
        return fields;
    }

    void remember_headers(const std::vector<ToolInfo>& tools) {
        headers_.clear();
        for (const auto& tool : tools) {
            if (!tool.header_parameters.empty()) headers_[tool.definition.name] = tool.header_parameters;
        }
    }

    net::Fields version_fields() const {
        net::Fields fields;
        if (era_ == Era::modern) {
            fields.add("mcp-protocol-version", modern_version);
        } else {
            add_session(fields);
        }
        return fields;
    }
    void add_session(net::Fields& fields) const {
        if (!info_.protocol_version.empty()) fields.set("mcp-protocol-version", info_.protocol_version);
        if (!session_.empty()) fields.set("mcp-session-id", session_);
    }

    net::HttpClient& http_;
    const ClientConfig config_;
    std::unique_ptr<Wire> wire_;
    Era era_ = Era::unknown;
    bool refused_ = false;  // initialize met 400, 404 or 405: perhaps the transport of 2024
    ServerInfo info_;
    std::string session_;
    std::int64_t next_id_ = 1;
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> headers_;  // of tools that want them
};

class McpTool final : public Tool {
public:
    McpTool(Client& client, ToolInfo info, std::string exposed_name)
        : client_(client), own_name_(info.definition.name), definition_(std::move(info.definition)) {
        definition_.name = std::move(exposed_name);
    }
    const llm::ToolDefinition& definition() const override { return definition_; }
    awaitable<Result<ToolResult>> call(std::string arguments, CallContext context) override {
        ARK_CO_TRY(const auto checked, check_arguments(definition_, arguments));
        co_return co_await client_.call(own_name_, checked.dump(), std::move(context));
    }

private:
    Client& client_;
    const std::string own_name_;
    llm::ToolDefinition definition_;
};

}  // namespace

std::unique_ptr<Client> Client::create(net::HttpClient& client, ClientConfig config) {
    return std::make_unique<McpClient>(client, std::move(config));
}

std::unique_ptr<Tool> make_tool(Client& client, ToolInfo info, std::string exposed_name) {
    return std::make_unique<McpTool>(client, std::move(info), std::move(exposed_name));
}

}  // namespace ark::tools::mcp
