#include "filters.hpp"

#include "base/duration.hpp"

namespace ark::cli {

Status add_filters(Target& target, ApiClient& api, const Invocation& invocation, FilterUse use) {
    auto session = invocation.text("session");
    if (session == "@latest") {
        ARK_TRY(session, latest_id(api, "/v1/sessions"));
    }
    target.add("session", session);
    for (const char* name : {"query", "trace", "agent", "team", "tool", "model", "component", "filter"}) {
        target.add(name, invocation.text(name));
    }
    std::string reasons;
    for (const auto& reason : invocation.all("reason"))
        reasons += (reasons.empty() ? "" : ",") + reason;
    target.add("reason", reasons);
    const auto status = invocation.flag("errors") ? "failure" : invocation.text("status");
    if (use == FilterUse::list || status == "success" || status == "failure") target.add("status", status);
    return ok();
}

std::string moment(const std::string& text) {
    return !text.empty() && !text.starts_with('-') && parse_duration(text) ? "-" + text : text;
}

Result<std::string> latest_id(ApiClient& api, const std::string& path) {
    Target target(path);
    target.add("limit", "1");
    ARK_TRY(const auto page, api.get(target));
    const auto id = page["items"][std::size_t{0}]["id"].text();
    if (id.empty()) return fail(Errc::not_found, "@latest: there is nothing yet");
    return std::string(id);
}

}  // namespace ark::cli
