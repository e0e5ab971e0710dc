#include "resource_client.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

using resources::Kind;

/// `299 - "text"`: the text.
std::string text_of_warning(std::string_view field) {
    const auto open = field.find('"');
    const auto close = field.rfind('"');
    if (open == std::string_view::npos || close <= open) return printable(field);
    std::string text;
    for (auto i = open + 1; i < close; ++i) {
        if (field[i] == '\\' && i + 1 < close) ++i;
        text.push_back(field[i]);
    }
    return printable(text);
}

}  // namespace

Result<ResourceClient> ResourceClient::create(const Context& context, const Invocation& invocation) {
    if (invocation.has("controller") || !invocation.has("server")) return of_configuration(context);
    return at(context, context.server);
}

Result<ResourceClient> ResourceClient::of_configuration(const Context& context) {
    return at(context, std::string(context.configuration.client_text("controller")));
}

Result<ResourceClient> ResourceClient::at(const Context& context, std::string server) {
    ResourceClient client;
    client.context_ = std::make_unique<Context>(context);
    client.context_->server = std::move(server);
    ARK_TRY(auto api, ApiClient::create(*client.context_));
    client.api_ = std::make_unique<ApiClient>(std::move(api));
    return client;
}

Result<ResourceClient::Answer> ResourceClient::send(std::string_view method, const std::string& target,
                                                    std::string_view content_type, std::string_view body,
                                                    std::string_view accept) {
    net::Fields fields;
    if (!content_type.empty()) fields.add("content-type", content_type);
    fields.add("accept", accept.empty() ? "application/json" : accept);
    auto response = api_->send(method, target, fields, body);
    if (!response) {
        if (response.error().code != Errc::connect) return std::move(response).error();
        return fail(Errc::connect, fmt::format("no controller answers at {}\n  try: ark controller   (or --controller "
                                               "URL, ARK_CONTROLLER)",
                                               server()));
    }
    if (response->status >= 400) {
        auto error = error_of(*response);
        // Usage errors are those of which nothing was sent.
        if (error.code == Errc::bad_argument) error.code = Errc::bad_payload;
        return error;
    }
    Answer answer;
    answer.status = response->status;
    for (const auto& [name, value] : response->fields) {
        if (name == "warning") answer.warnings.push_back(text_of_warning(value));
    }
    auto value = codec::JsonValue::parse(response->body);
    if (!value) return fail(Errc::protocol, "the answer of " + server() + target + " is not JSON");
    answer.value = std::move(*value);
    return answer;
}

std::string collection_path(const Kind& kind, std::string_view ns) {
    auto path = kind.group.empty() ? "/api/" + kind.version : "/apis/" + kind.api_version();
    if (kind.namespaced && !ns.empty()) path += "/namespaces/" + net::percent_encode(ns);
    return path + "/" + kind.plural;
}

std::string resource_path(const Kind& kind, std::string_view ns, std::string_view name) {
    return collection_path(kind, ns) + "/" + net::percent_encode(name);
}

Result<ResourceWord> resource_word(std::string_view word) {
    const auto slash = word.find('/');
    ResourceWord found{resources::find_kind_by_word(word.substr(0, slash)), {}};
    if (slash != std::string_view::npos) found.name = word.substr(slash + 1);
    if (found.kind != nullptr) return found;
    std::vector<std::string> known;
    std::string all;
    for (const auto& kind : resources::all_kinds()) {
        known.push_back(kind.plural);
        all += (all.empty() ? "" : ", ") + kind.plural;
    }
    const auto near = nearest(word, known);
    return fail(Errc::bad_argument, fmt::format("there is no kind '{}'{}\n  kinds: {}", word.substr(0, slash),
                                                near ? ", did you mean '" + *near + "'?" : "", all));
}

std::string shown_name(const Kind& kind, std::string_view name) {
    return fmt::format("{}{}{}/{}", kind.singular, kind.group.empty() ? "" : ".", kind.group, name);
}

OptionSpec namespace_option() {
    return {"-n,--namespace", "NAME", "the namespace", "default", {}, false, Complete::nothing};
}

std::string namespace_of(const Invocation& invocation) {
    return invocation.text("namespace", "default");
}

}  // namespace ark::cli
