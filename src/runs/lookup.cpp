#include "runs/lookup.hpp"

#include "base/text.hpp"
#include "codec/base64.hpp"

#include <fmt/format.h>

namespace ark::runs {

using codec::JsonValue;

namespace {

/// Empty: there is no event for it.
std::string_view missing_reason(std::string_view kind) {
    if (kind == "Model") return "ModelNotFound";
    if (kind == "Tool") return "ToolNotFound";
    return kind == "A2AServer" ? "A2AServerNotFound" : std::string_view();
}

}  // namespace

awaitable<Result<resources::ResourcePtr>> Lookup::get(std::string_view kind, std::string ns, std::string name) {
    resources::ObjectName where{ns, name};
    auto found = co_await store_.get(resources::kind_named(kind), std::move(where));
    if (found) co_return std::move(*found);
    auto error = fail(found.error().error().code, fmt::format("{} {}/{}: {}", kind, ns, name, found.error().message));
    const auto reason = error.code == Errc::not_found ? missing_reason(kind) : std::string_view();
    if (!reason.empty()) missing_.push_back({reason, std::move(name), error.message()});
    co_return error;
}

awaitable<Result<std::string>> Lookup::value(const JsonValue& source, std::string ns, std::string where) {
    // An empty text counts as not set, as in the reference.
    if (!source["value"].text().empty()) co_return std::string(source["value"].text());
    const auto& from = source["valueFrom"];
    Result<std::string> found = fail(Errc::config, "has no value");
    if (from["secretKeyRef"].is_object()) {
        found = co_await key_of("Secret", from["secretKeyRef"], ns);
    } else if (from["configMapKeyRef"].is_object()) {
        found = co_await key_of("ConfigMap", from["configMapKeyRef"], ns);
    } else if (from["serviceRef"].is_object()) {
        found = co_await address_of(from["serviceRef"], ns);
    } else if (from["queryParameterRef"].is_object()) {
        const auto name = from["queryParameterRef"]["name"].text();
        const auto& parameter = query_parameters_[name];
        if (parameter.is_string()) {
            found = std::string(parameter.text());
        } else {
            found = fail(Errc::not_found, fmt::format("the query has no parameter {}", name));
            missing_.push_back({"QueryParameterNotFound", std::string(name), found.error().message()});
        }
    } else if (source["value"].is_string()) {
        found = std::string();
    }
    if (!found) co_return prefix(found.error(), where);
    co_return found;
}

awaitable<Result<std::string>> Lookup::key_of(std::string_view kind, const JsonValue& reference, std::string ns) {
    const std::string name(reference["name"].text());
    const auto key = reference["key"].text();
    auto object = co_await get(kind, ns, name);
    if (!object) co_return object.error();
    const auto& value = (*object)->value["data"][key];
    if (!value.is_string()) co_return fail(Errc::not_found, fmt::format("{} {}/{} has no key {}", kind, ns, name, key));
    if (kind != "Secret") co_return std::string(value.text());
    auto decoded = codec::from_base64(value.text());
    if (!decoded) co_return fail(Errc::config, fmt::format("Secret {}/{}: {} is no base64", ns, name, key));
    co_return std::move(*decoded);
}

awaitable<Result<std::string>> Lookup::address_of(const JsonValue& reference, std::string ns) {
    if (const auto other = reference["namespace"].text(); !other.empty()) ns = other;
    const std::string name(reference["name"].text());
    auto object = co_await get("Service", ns, name);
    if (!object) co_return object.error();
    const auto& spec = (*object)->value["spec"];
    const auto wanted = reference["port"].text();
    const JsonValue* port = nullptr;
    for (const auto& candidate : spec["ports"].array()) {
        if (port == nullptr && (wanted.empty() || candidate["name"].text() == wanted)) port = &candidate;
    }
    if (port == nullptr) co_return fail(Errc::not_found, fmt::format("Service {}/{} has no port {}", ns, name, wanted));
    // A Service of another name's is how a laptop without a cluster's DNS says where something is.
    const auto external = spec["externalName"].text();
    const auto host = external.empty() ? fmt::format("{}.{}.svc.cluster.local", name, ns) : std::string(external);
    std::string path(reference["path"].text());
    if (!path.empty() && path.front() != '/') path.insert(path.begin(), '/');
    co_return fmt::format("http://{}:{}{}", host, (*port)["port"].integer(), path);
}

awaitable<Result<JsonValue>> Lookup::parameters(const JsonValue& list, std::string ns, std::string where) {
    JsonValue all;
    all.data = JsonValue::Object{};
    for (const auto& parameter : list.array()) {
        const std::string name(parameter["name"].text());
        auto text = co_await value(parameter, ns, fmt::format("{}: parameter {}", where, name));
        if (!text) {
            if (!parameter["valueFrom"]["queryParameterRef"].is_object())
                missing_.push_back({"QueryParameterResolutionFailed", name, text.error().message()});
            co_return text.error();
        }
        JsonValue one;
        one.data = std::move(*text);
        all.set(name, std::move(one));
    }
    co_return all;
}

awaitable<Result<net::Fields>> Lookup::fields(const JsonValue& headers, std::string ns, std::string where) {
    net::Fields fields;
    for (const auto& header : headers.array()) {
        const std::string name(header["name"].text());
        auto value = co_await this->value(header["value"], ns, fmt::format("{}: header {}", where, name));
        if (!value) co_return value.error();
        fields.set(lower_case(name), *value);
    }
    co_return fields;
}

awaitable<Result<net::Fields>> Lookup::server_fields(const JsonValue& spec, std::string ns, std::string where) {
    auto fields = co_await this->fields(spec["headers"], ns, where);
    if (!fields) co_return fields.error();
    const auto& secret = spec["authorization"]["tokenSecretRef"];
    if (!secret.is_object()) co_return std::move(*fields);
    JsonValue reference;
    reference.set("name", secret["name"]);
    reference.set("key", JsonValue{std::string(secret["accessTokenKey"].text("access_token"))});
    auto token = co_await key_of("Secret", reference, ns);
    if (!token) co_return prefix(token.error(), where + ": authorization");
    fields->set("authorization", "Bearer " + *token);
    co_return std::move(*fields);
}

}  // namespace ark::runs
