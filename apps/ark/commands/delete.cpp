#include "commands/commands.hpp"
#include "manifests.hpp"
#include "resource_client.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;
using resources::Kind;

constexpr std::chrono::milliseconds look_pause{20};
constexpr int looks_max = 100;

class Deleter {
public:
    Deleter(const Context& context, ResourceClient& client, const Invocation& invocation)
        : context_(context), client_(client), invocation_(invocation), ns_(namespace_of(invocation)) {
        JsonValue options;
        auto policy = invocation.text("cascade", "background");
        policy.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(policy.front())));
        options.set("propagationPolicy", JsonValue{policy});
        if (invocation.flag("dry-run"))
            options.set("dryRun", JsonValue{JsonValue::Array{JsonValue{std::string("All")}}});
        body_ = options.dump();
    }

    Status one(const Kind& kind, std::string_view ns, std::string_view name) {
        const auto path = resource_path(kind, ns.empty() ? ns_ : ns, name);
        auto answer = client_.send("DELETE", path, "application/json", body_);
        if (!answer) {
            if (answer.error().code != Errc::not_found || !invocation_.flag("ignore-not-found"))
                return std::move(answer).error();
            return ok();
        }
        const bool gone = answer->value["status"].text() == "Success";
        report(kind, name, gone || goes_soon(path, answer->value["metadata"]["uid"].text()));
        return ok();
    }

    Status selected(const Kind& kind) {
        Target target(collection_path(kind, ns_));
        target.add("labelSelector", invocation_.text("selector"));
        ARK_TRY(const auto answer, client_.send("DELETE", target.text(), "application/json", body_));
        for (const auto& item : answer.value["items"].array())
            report(kind, item["metadata"]["name"].text(), item["metadata"]["finalizers"].size() == 0);
        if (answer.value["items"].size() == 0) context_.note("no " + kind.plural + " found");
        return ok();
    }

private:
    /// What is cleaned up after is gone a moment later, mostly, and who deletes it means to find it gone.
    bool goes_soon(const std::string& path, std::string_view uid) {
        if (invocation_.flag("dry-run")) return false;
        for (int look = 0; look < looks_max; ++look) {
            std::this_thread::sleep_for(look_pause);
            const auto now = client_.send("GET", path);
            if (!now) return now.error().code == Errc::not_found;
            if (now->value["metadata"]["uid"].text() != uid) return true;
        }
        return false;
    }

    void report(const Kind& kind, std::string_view name, bool gone) const {
        const auto dry = invocation_.flag("dry-run") ? " (dry run)" : "";
        context_.out().line(
            fmt::format("{} {}{}", shown_name(kind, printable(name)), gone ? "deleted" : "is being deleted", dry));
    }

    const Context& context_;
    ResourceClient& client_;
    const Invocation& invocation_;
    const std::string ns_;
    std::string body_;  // DeleteOptions
};

Status delete_manifests(Deleter& deleter, const Invocation& invocation) {
    ARK_TRY(auto manifests, read_manifests(invocation.all("filename")));
    sort_for_apply(manifests);
    // What refers to others goes before them.
    for (auto manifest = manifests.rbegin(); manifest != manifests.rend(); ++manifest) {
        const auto& object = manifest->object;
        const auto* kind = resources::find_kind_of(object["apiVersion"].text(), object["kind"].text());
        const auto name = object["metadata"]["name"].text();
        if (kind == nullptr || name.empty()) {
            return fail(Errc::bad_argument, manifest->source + ": no kind that is known, or no name");
        }
        ARK_TRY_STATUS(deleter.one(*kind, object["metadata"]["namespace"].text(), name));
    }
    return ok();
}

Result<Exit> run_delete(Context& context, const Invocation& invocation) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    Deleter deleter(context, client, invocation);
    if (invocation.has("filename")) {
        if (invocation.has("KIND")) return fail(Errc::bad_argument, "either -f, or a kind and a name");
        ARK_TRY_STATUS(delete_manifests(deleter, invocation));
        return Exit::success;
    }
    if (!invocation.has("KIND")) return fail(Errc::bad_argument, "what? KIND NAME, KIND -l LABELS, or -f FILE");
    ARK_TRY(const auto word, resource_word(invocation.text("KIND")));
    const auto name = invocation.has("NAME") ? invocation.text("NAME") : word.name;
    if (!name.empty()) {
        ARK_TRY_STATUS(deleter.one(*word.kind, {}, name));
        return Exit::success;
    }
    if (!invocation.has("selector") && !invocation.flag("all")) {
        return fail(Errc::bad_argument, "which ones? NAME, -l LABELS, or --all");
    }
    ARK_TRY_STATUS(deleter.selected(*word.kind));
    return Exit::success;
}

}  // namespace

void add_delete(CommandTable& table) {
    CommandSpec command;
    command.path = "delete";
    command.summary = "Delete resources by name, by label, or by file";
    command.arguments = {{"KIND", "agents, teams, …; or kind/name", false, {}, Complete::nothing},
                         {"NAME", "only this one", false, {}, Complete::nothing}};
    command.options = {
        {"-f,--filename", "PATH", "what these files describe", "", {}, true, Complete::files},
        namespace_option(),
        {"-l,--selector", "LABELS", "all of the kind with these labels", "", {}, false, Complete::nothing},
        {"--all", "", "all of the kind in the namespace", "", {}, false, Complete::nothing},
        {"--cascade",
         "HOW",
         "what becomes of what it owns",
         "background",
         {"background", "foreground", "orphan"},
         false,
         Complete::nothing},
        {"--ignore-not-found", "", "it is fine when it is gone already", "", {}, false, Complete::nothing},
        {"--dry-run", "", "only say what would be deleted", "", {}, false, Complete::nothing}};
    command.run = run_delete;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
