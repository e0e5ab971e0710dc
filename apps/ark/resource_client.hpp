#pragma once
#include "api_client.hpp"
#include "resources/kind.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ark::cli {

/// The controller's resources as commands use them. Not thread-safe.
class ResourceClient {
public:
    /// At --controller, or at --server when only that is given, else at the configured controller.
    static Result<ResourceClient> create(const Context& context, const Invocation& invocation);

    /// At the configured controller, for commands whose --server is a broker.
    static Result<ResourceClient> of_configuration(const Context& context);

    struct Answer {
        codec::JsonValue value;
        int status = 0;
        std::vector<std::string> warnings;
    };
    /// Errors carry the words of the answer's Status: not_found, conflict, … and bad_payload for what is not valid.
    Result<Answer> send(std::string_view method, const std::string& target, std::string_view content_type = {},
                        std::string_view body = {}, std::string_view accept = {});
    net::Client& raw() { return api_->raw(); }
    const std::string& server() const { return context_->server; }

private:
    ResourceClient() = default;
    static Result<ResourceClient> at(const Context& context, std::string server);

    std::unique_ptr<Context> context_;  // with the controller as its server; the client refers to it
    std::unique_ptr<ApiClient> api_;
};

/// Where resources of that kind are: "/apis/ark.mckinsey.com/v1alpha1/namespaces/lab/agents". No namespace: all.
std::string collection_path(const resources::Kind& kind, std::string_view ns);
std::string resource_path(const resources::Kind& kind, std::string_view ns, std::string_view name);

/// "agents", "agent/tide-clerk", …: which kind, and which one. Errors: bad_argument with the nearest word.
struct ResourceWord {
    const resources::Kind* kind = nullptr;
    std::string name;
};
Result<ResourceWord> resource_word(std::string_view word);
/// "agent.ark.mckinsey.com/tide-clerk": as kubectl names what it did something to.
std::string shown_name(const resources::Kind& kind, std::string_view name);

/// -n and its fellows, for every command on resources.
OptionSpec namespace_option();
std::string namespace_of(const Invocation& invocation);

}  // namespace ark::cli
