#include "commands/commands.hpp"
#include "manifests.hpp"
#include "resource_client.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;

enum class Change { created, configured, unchanged };

std::string_view word_of(Change change) {
    return change == Change::created ? "created" : change == Change::configured ? "configured" : "unchanged";
}

class Applier {
public:
    Applier(const Context& context, ResourceClient& client, const Invocation& invocation)
        : context_(context), client_(client), ns_(namespace_of(invocation)), dry_(invocation.flag("dry-run")) {}

    /// Says what became of it. Errors: the server's words with the place in the file.
    Status apply(Manifest& manifest) {
        auto& object = manifest.object;
        const auto* kind = resources::find_kind_of(object["apiVersion"].text(), object["kind"].text());
        if (kind == nullptr) {
            return fail(Errc::bad_payload,
                        fmt::format("{}: there is no kind {} in {}", manifest.source, printable(object["kind"].text()),
                                    printable(object["apiVersion"].text())));
        }
        const auto name = std::string(object["metadata"]["name"].text());
        if (name.empty()) return create(*kind, manifest);
        const auto given = object["metadata"]["namespace"].text();
        const auto path = resource_path(*kind, given.empty() ? ns_ : std::string(given), name);
        auto before = client_.send("GET", path);
        if (!before && before.error().code != Errc::not_found) return placed(manifest, std::move(before).error());
        auto after = client_.send("PATCH", with_options(path).text(), "application/apply-patch+yaml", object.dump());
        if (!after) return placed(manifest, std::move(after).error());
        auto change = Change::created;
        if (before) {
            const auto version = [](const JsonValue& v) { return v["metadata"]["resourceVersion"].text(); };
            const bool same = version(before->value) == version(after->value);
            change = same ? Change::unchanged : Change::configured;
        }
        report(*kind, name, word_of(change), *after);
        return ok();
    }

private:
    /// What has only a generateName is made anew each time.
    Status create(const resources::Kind& kind, const Manifest& manifest) {
        const auto given = manifest.object["metadata"]["namespace"].text();
        const auto path = collection_path(kind, given.empty() ? ns_ : std::string(given));
        auto made = client_.send("POST", with_options(path).text(), "application/json", manifest.object.dump());
        if (!made) return placed(manifest, std::move(made).error());
        report(kind, made->value["metadata"]["name"].text(), word_of(Change::created), *made);
        return ok();
    }

    Target with_options(const std::string& path) const {
        Target target(path);
        target.add("fieldManager", "ark").add("force", "true").add("fieldValidation", "Strict");
        target.add("dryRun", dry_ ? "All" : "");
        return target;
    }

    void report(const resources::Kind& kind, std::string_view name, std::string_view what,
                const ResourceClient::Answer& answer) const {
        for (const auto& warning : answer.warnings)
            say("warning: " + warning);
        if (context_.format == Format::json || context_.format == Format::ndjson) {
            context_.out().line(answer.value.dump());
        } else if (context_.format == Format::name) {
            context_.out().line(shown_name(kind, name));
        } else {
            context_.out().line(fmt::format("{} {}{}", shown_name(kind, name), what, dry_ ? " (dry run)" : ""));
        }
    }

    static Error placed(const Manifest& manifest, Error error) {
        return error.code == Errc::connect ? std::move(error) : prefix(std::move(error), manifest.source);
    }

    const Context& context_;
    ResourceClient& client_;
    const std::string ns_;
    const bool dry_;
};

Result<Exit> run_apply(Context& context, const Invocation& invocation) {
    if (!invocation.has("filename")) return fail(Errc::bad_argument, "what? say -f FILE, -f FOLDER or -f -");
    ARK_TRY(auto waiting, read_manifests(invocation.all("filename")));
    sort_for_apply(waiting);
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    Applier applier(context, client, invocation);
    // What refers to something further down is tried again after it, as long as that helps.
    std::vector<Error> errors;
    while (!waiting.empty()) {
        std::vector<Manifest> failed;
        errors.clear();
        for (auto& manifest : waiting) {
            auto status = applier.apply(manifest);
            if (status) continue;
            if (status.error().code == Errc::connect) return std::move(status).error();
            errors.push_back(std::move(status).error());
            failed.push_back(std::move(manifest));
        }
        if (failed.size() == waiting.size()) break;
        waiting = std::move(failed);
    }
    context.out().flush();
    if (waiting.empty()) return Exit::success;
    for (std::size_t i = 0; i + 1 < errors.size(); ++i)
        say("error: " + errors[i].context);
    return std::move(errors.back());
}

}  // namespace

void add_apply(CommandTable& table) {
    CommandSpec command;
    command.path = "apply";
    command.summary = "Create resources from files, or bring them to what the files say";
    command.details =
        "For example: ark apply -f examples/resources/\n"
        "Fields that an earlier apply set and the file no longer has are removed; others are left alone.\n"
        "Unknown fields are errors. What refers to something else in the same files may come before it.";
    command.options = {{"-f,--filename",
                        "PATH",
                        "a file, a folder, or - for standard input; YAML or JSON",
                        "",
                        {},
                        true,
                        Complete::files},
                       namespace_option(),
                       {"--dry-run", "", "check everything, change nothing", "", {}, false, Complete::nothing}};
    command.run = run_apply;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
