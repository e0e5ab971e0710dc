#include "runs/network.hpp"

#include "base/duration.hpp"
#include "net/http_client.hpp"
#include "tools/http_tool.hpp"
#include "tools/mcp/client.hpp"

#include <fmt/format.h>

namespace ark::runs {
namespace {

using codec::JsonValue;

constexpr std::chrono::milliseconds forget_timeout{10'000};
constexpr std::size_t forget_answer_bytes_max = 64u << 10;
constexpr unsigned filter_threads = 2;  // each waits for a process that uses a core

/// A tool of another process, as agents see it.
class RemoteTool final : public agents::Callable {
public:
    /// `owner` lives as long as the tool: the session that it goes through.
    RemoteTool(std::unique_ptr<tools::Tool> tool, std::string type, std::shared_ptr<void> owner)
        : owner_(std::move(owner)), tool_(std::move(tool)), type_(std::move(type)) {}
    const llm::ToolDefinition& definition() const override { return tool_->definition(); }
    std::string_view type() const override { return type_; }

    awaitable<agents::CallResult> call(std::string arguments, agents::CallPlace place) const override {
        tools::CallContext context;
        for (const auto& [name, value] : carrier_of(place.context))
            context.fields.set(name, value);
        context.stop = place.execution.stop;
        auto answer = co_await tool_->call(std::move(arguments), std::move(context));
        agents::CallResult result;
        if (!answer) {
            result.text = answer.error().message();
            result.is_error = true;
            result.error_type = agents::error_type_of(answer.error());
            result.retryable = is_retryable(answer.error().code);
            co_return result;
        }
        result.text = std::move(answer->text);
        result.is_error = answer->is_error;
        if (result.is_error) result.error_type = "tool_error";
        co_return result;
    }

private:
    const std::shared_ptr<void> owner_;
    const std::unique_ptr<tools::Tool> tool_;
    const std::string type_;
};

std::string place_of(const resources::Resource& resource) {
    return fmt::format("{} {}/{}", resource.kind->name, resource.ns(), resource.name());
}

class RealNetwork final : public Network {
public:
    RealNetwork(net::HttpClient& client, net::HttpClient& models, Clock& clock, emit::ChunkStreams& streams,
                std::string broker)
        : client_(client),
          models_(models),
          clock_(clock),
          streams_(streams),
          broker_(std::move(broker)),
          random_(random_seed()) {}

    awaitable<Result<agents::Brain>> model(Lookup& lookup, resources::ResourcePtr model, Overrides overrides) override {
        const auto where = place_of(*model);
        const std::string ns(model->ns());
        const auto& spec = model->value["spec"];
        const auto provider = llm::parse_provider(spec["provider"].text());
        if (!provider)
            co_return fail(Errc::config, fmt::format("{}: provider {} is not spoken", where, spec["provider"].text()));
        const auto& config = spec["config"][spec["provider"].text()];
        llm::ModelConfig to;
        to.provider = *provider;
        ARK_CO_TRY(to.model, co_await lookup.value(spec["model"], ns, where + ": model"));
        ARK_CO_TRY(to.base_url, co_await lookup.value(config["baseUrl"], ns, where + ": baseUrl"));
        const auto& key = config["auth"]["apiKey"].is_object() ? config["auth"]["apiKey"] : config["apiKey"];
        if (config["auth"]["managedIdentity"].is_object() || config["auth"]["workloadIdentity"].is_object())
            co_return fail(Errc::unsupported, where + ": identities of Azure are not supported, give an apiKey");
        if (key.is_object()) {
            ARK_CO_TRY(to.api_key, co_await lookup.value(key, ns, where + ": apiKey"));
        }
        const auto& version = *provider == llm::Provider::azure ? config["apiVersion"] : config["version"];
        if (version.is_object()) {
            ARK_CO_TRY(to.api_version, co_await lookup.value(version, ns, where + ": version"));
        }
        ARK_CO_TRY(to.fields, co_await lookup.fields(config["headers"], ns, where));
        overrides.apply(to.fields, "model", *model);
        for (const auto& [name, source] : config["properties"].object()) {
            ARK_CO_TRY(auto value, co_await lookup.value(source, ns, where + ": property " + name));
            to.properties.emplace_back(name, std::move(value));
        }
        agents::Brain brain;
        brain.resource = model->name();
        brain.model = to.model;
        brain.provider = *provider == llm::Provider::azure ? "azure.ai.openai" : std::string(spec["provider"].text());
        auto made = llm::make_model(std::move(to), models_, clock_, random_);
        if (!made) co_return prefix(made.error(), where);
        brain.chat = std::move(*made);
        co_return brain;
    }

    awaitable<Result<agents::CallablePtr>> tool(Lookup& lookup, resources::ResourcePtr tool,
                                                llm::ToolDefinition definition, Overrides overrides) override {
        const auto type = tool->value["spec"]["type"].text();
        if (type == "http") co_return co_await http_tool(lookup, std::move(tool), std::move(definition));
        if (type == "mcp")
            co_return co_await mcp_tool(lookup, std::move(tool), std::move(definition), std::move(overrides));
        co_return fail(Errc::config, fmt::format("{}: type {} is no tool of the network", place_of(*tool), type));
    }

    awaitable<Result<Peer>> peer(Lookup& lookup, resources::ResourcePtr server) override {
        const auto where = place_of(*server);
        const std::string ns(server->ns());
        const auto& spec = server->value["spec"];
        Peer made;
        made.server = server->name();
        ARK_CO_TRY(made.address, co_await lookup.value(spec["address"], ns, where + ": address"));
        tools::a2a::ClientConfig config;
        config.url = made.address;
        ARK_CO_TRY(config.fields, co_await lookup.server_fields(spec, ns, where));
        if (const auto timeout = parse_duration(spec["timeout"].text()))
            made.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
        made.client = tools::a2a::Client::create(client_, std::move(config));
        co_return made;
    }

    awaitable<Result<std::shared_ptr<Memory>>> memory(Lookup& lookup, resources::ResourcePtr memory) override {
        const auto where = place_of(*memory);
        const std::string ns(memory->ns());
        const auto& spec = memory->value["spec"];
        ARK_CO_TRY(auto url, co_await lookup.value(spec["address"], ns, where + ": address"));
        ARK_CO_TRY(const auto fields, co_await lookup.fields(spec["headers"], ns, where));
        std::shared_ptr<Memory> made = make_memory(client_, std::move(url), fields);
        co_return made;
    }

    std::shared_ptr<Memory> broker_memory() override {
        if (broker_.empty()) return nullptr;
        return make_memory(client_, broker_, net::Fields());
    }

    const std::string& broker() const override { return broker_; }
    runtime::WorkPool& filter_pool() override { return filters_; }

    awaitable<Status> forget_events(std::string query_uid, std::stop_token stop) override {
        if (broker_.empty()) co_return ok();
        net::HttpRequest request;
        request.method = "DELETE";
        request.url = broker_;
        while (request.url.ends_with('/'))
            request.url.pop_back();
        request.url += "/events/" + net::percent_encode(query_uid);
        request.timeout = forget_timeout;
        request.stop = std::move(stop);
        const auto answer = co_await client_.fetch(std::move(request), forget_answer_bytes_max);
        if (!answer) co_return prefix(answer.error(), "broker");
        // 404, 405: it cannot delete.
        if (answer->status / 100 == 2 || answer->status == 404 || answer->status == 405) co_return ok();
        co_return fail(Errc::unavailable, fmt::format("broker: DELETE of events answered {}", answer->status));
    }

    std::unique_ptr<emit::ChunkStream> stream(std::string base_url, std::string_view query) override {
        return streams_.open(std::move(base_url), query);
    }

private:
    awaitable<Result<agents::CallablePtr>> http_tool(Lookup& lookup, resources::ResourcePtr tool,
                                                     llm::ToolDefinition definition) {
        const auto where = place_of(*tool);
        const std::string ns(tool->ns());
        const auto& http = tool->value["spec"]["http"];
        tools::HttpToolConfig config;
        config.definition = std::move(definition);
        config.method = http["method"].text("GET");
        config.url = http["url"].text();
        config.body = http["body"].text();
        ARK_CO_TRY(config.fields, co_await lookup.fields(http["headers"], ns, where));
        ARK_CO_TRY(const auto parameters, co_await lookup.parameters(http["bodyParameters"], ns, where));
        for (const auto& [name, value] : parameters.object())
            config.body_parameters.emplace_back(name, std::string(value.text()));
        if (const auto timeout = parse_duration(http["timeout"].text()))
            config.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
        auto made = tools::make_http_tool(std::move(config), client_);
        agents::CallablePtr callable = std::make_shared<RemoteTool>(std::move(made), "http", nullptr);
        co_return callable;
    }

    awaitable<Result<agents::CallablePtr>> mcp_tool(Lookup& lookup, resources::ResourcePtr tool,
                                                    llm::ToolDefinition definition, Overrides overrides) {
        const auto where = place_of(*tool);
        const auto& mcp = tool->value["spec"]["mcp"];
        const auto& reference = mcp["mcpServerRef"];
        const std::string ns(reference["namespace"].text(tool->ns()));
        const std::string name(reference["name"].text());
        ARK_CO_TRY(auto client, co_await session(lookup, ns, name, std::move(overrides)));
        tools::mcp::ToolInfo info;
        const auto exposed = definition.name;
        info.definition = std::move(definition);
        info.definition.name = mcp["toolName"].text();
        auto made = tools::mcp::make_tool(*client, std::move(info), exposed);
        agents::CallablePtr callable = std::make_shared<RemoteTool>(std::move(made), "mcp", client);
        co_return callable;
    }

    /// One session a server and set of header fields, for as long as tools of it are in use.
    awaitable<Result<std::shared_ptr<tools::mcp::Client>>> session(Lookup& lookup, std::string ns, std::string name,
                                                                   Overrides overrides) {
        ARK_CO_TRY(const auto server, co_await lookup.get("MCPServer", ns, name));
        const auto where = place_of(*server);
        const auto& spec = server->value["spec"];
        tools::mcp::ClientConfig config;
        ARK_CO_TRY(config.url, co_await lookup.value(spec["address"], ns, where + ": address"));
        ARK_CO_TRY(config.fields, co_await lookup.server_fields(spec, ns, where));
        overrides.apply(config.fields, "mcpserver", *server);
        auto id = fmt::format("{}/{} {}", ns, name, config.url);
        for (const auto& [field, value] : config.fields)
            id += fmt::format("\n{}: {}", field, value);
        if (auto open = sessions_[id].lock()) co_return open;
        if (spec["transport"].text() == "sse") config.transport = tools::mcp::Transport::sse;
        if (const auto timeout = parse_duration(spec["timeout"].text()))
            config.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
        std::shared_ptr<tools::mcp::Client> client = tools::mcp::Client::create(client_, std::move(config));
        std::stop_token never;
        const auto connected = co_await client->connect(std::move(never));
        if (!connected) co_return prefix(connected.error(), where);
        sessions_[id] = client;
        co_return client;
    }

    net::HttpClient& client_;
    net::HttpClient& models_;
    Clock& clock_;
    emit::ChunkStreams& streams_;
    const std::string broker_;
    Random random_;
    runtime::WorkPool filters_{filter_threads};
    std::map<std::string, std::weak_ptr<tools::mcp::Client>> sessions_;  // the tools in use own them
};

}  // namespace

std::unique_ptr<Network> make_network(net::HttpClient& client, net::HttpClient& models, Clock& clock,
                                      emit::ChunkStreams& streams, std::string broker) {
    return std::make_unique<RealNetwork>(client, models, clock, streams, std::move(broker));
}

}  // namespace ark::runs
