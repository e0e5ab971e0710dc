#include "runs/overrides.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace ark::runs {
namespace {

using codec::JsonValue;

}  // namespace

awaitable<Status> Overrides::add(const JsonValue& list, Lookup& lookup, std::string ns, std::string where) {
    for (const auto& entry : list.array()) {
        One one;
        one.type = lower_case(entry["resourceType"].text());
        one.ns = ns;
        one.selector = resources::LabelSelector::of(entry["labelSelector"]);
        ARK_CO_TRY(one.fields, co_await lookup.fields(entry["headers"], ns, where + ": overrides"));
        all_.push_back(std::move(one));
    }
    co_return ok();
}

Status Overrides::add_server_settings(std::string_view json) {
    if (json.empty()) return ok();
    const auto settings = JsonValue::parse(json);
    if (!settings || !settings->is_object()) return fail(Errc::config, "mcp-server-settings is no JSON object");
    for (const auto& [server, setting] : settings->object()) {
        if (setting["toolCalls"].size() > 0)
            return fail(Errc::unsupported, "mcp-server-settings: toolCalls of " + server + " are not supported");
        const auto slash = server.find('/');
        if (slash == std::string::npos)
            return fail(Errc::config, "mcp-server-settings: expected ns/server, not " + server);
        One one;
        one.type = "mcpserver";
        one.ns = server.substr(0, slash);
        one.name = server.substr(slash + 1);
        for (const auto& [name, value] : setting["headers"].object())
            one.fields.set(lower_case(name), value.text());
        all_.push_back(std::move(one));
    }
    return ok();
}

void Overrides::add(const Overrides& others) {
    all_.insert(all_.end(), others.all_.begin(), others.all_.end());
}

void Overrides::apply(net::Fields& fields, std::string_view type, const resources::Resource& resource) const {
    for (const auto& one : all_) {
        if (one.type != type || one.ns != resource.ns()) continue;
        const bool meant = one.name.empty() ? one.selector.matches(resource.value) : one.name == resource.name();
        if (!meant) continue;
        for (const auto& [name, value] : one.fields)
            fields.set(name, value);
    }
}

}  // namespace ark::runs
