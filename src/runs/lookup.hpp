#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"
#include "net/http.hpp"
#include "resources/store.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ark::runs {

/// Reads what a run needs from the resources: objects, and values that are elsewhere (facts: "Shared value types").
/// Errors name the place, never a value: it may be a secret. One run's; one executor.
class Lookup {
public:
    explicit Lookup(resources::ResourceStore& store) : store_(store) {}

    /// not_found: "Agent lab/clerk".
    awaitable<Result<resources::ResourcePtr>> get(std::string_view kind, std::string ns, std::string name);

    /// `{value}` or `{valueFrom: {secretKeyRef | configMapKeyRef | serviceRef | queryParameterRef}}`. `where` is how
    /// errors call it: "Model lab/small: config.openai.apiKey".
    awaitable<Result<std::string>> value(const codec::JsonValue& source, std::string ns, std::string where);

    /// Of a `serviceRef`: "http://host:port/path".
    awaitable<Result<std::string>> address_of(const codec::JsonValue& reference, std::string ns);

    /// A list of `{name, value | valueFrom}` as an object for templates.
    awaitable<Result<codec::JsonValue>> parameters(const codec::JsonValue& list, std::string ns, std::string where);

    /// `headers` of a model, a tool or a server: names in lower case.
    awaitable<Result<net::Fields>> fields(const codec::JsonValue& headers, std::string ns, std::string where);
    /// Of a server's whole spec: its headers, and the access token that `authorization.tokenSecretRef` names.
    awaitable<Result<net::Fields>> server_fields(const codec::JsonValue& spec, std::string ns, std::string where);

    /// What could not be found, in the words of events; they are told when the run fails for it.
    struct Missing {
        std::string_view reason;  ///< of the event dictionary
        std::string name;         ///< of the resource or the parameter
        std::string message;
    };
    const std::vector<Missing>& missing() const { return missing_; }

    /// What queryParameterRef names from now on.
    void set_query_parameters(codec::JsonValue parameters) { query_parameters_ = std::move(parameters); }
    const codec::JsonValue& query_parameters() const { return query_parameters_; }

private:
    awaitable<Result<std::string>> key_of(std::string_view kind, const codec::JsonValue& reference, std::string ns);

    resources::ResourceStore& store_;  // outlives us
    codec::JsonValue query_parameters_;
    std::vector<Missing> missing_;
};

}  // namespace ark::runs
