#include "reference_variables.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ark::cli {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr Pair caps[] = {
    {"MAX_MESSAGES", "messages-max"},
    {"MAX_CHUNKS", "chunks-max"},
    {"MAX_SPANS", "spans-max"},
    {"MAX_EVENTS", "events-max"},
};
constexpr Pair levels[] = {
    {"fatal", "error"}, {"error", "error"}, {"warn", "warn"},  {"info", "info"},
    {"debug", "debug"}, {"trace", "debug"}, {"silent", "off"},
};
constexpr std::string_view backends[] = {"MESSAGE_BACKEND", "EVENT_BACKEND", "SESSIONS_BACKEND", "CHUNK_BACKEND"};
constexpr std::string_view files[] = {"MEMORY_FILE_PATH", "STREAM_FILE_PATH", "TRACE_FILE_PATH", "EVENT_FILE_PATH",
                                      "SESSIONS_FILE_PATH"};

/// Settings on their way from variables of other names.
class Adoption {
public:
    Adoption(std::vector<Effective>& broker, const Environment& environment)
        : broker_(broker), environment_(environment) {}

    Status adopt() {
        ARK_TRY_STATUS(refuse_backends());
        ARK_TRY_STATUS(adopt_level());
        adopt_address();
        for (const auto& [variable, setting] : caps)
            take(setting, variable, text(variable));
        adopt_files();
        return ok();
    }

private:
    std::string text(std::string_view variable) const { return environment_(std::string(variable)).value_or(""); }

    /// Puts the value in place of a default or of the file's; empty: the variable says nothing.
    void take(std::string_view setting, std::string_view variable, std::string value) {
        if (value.empty()) return;
        const auto same = [setting](const Effective& e) { return e.setting->name == setting; };
        const auto found = std::find_if(broker_.begin(), broker_.end(), same);
        if (found == broker_.end() || found->origin == "flag" || found->origin.starts_with("env ARK_")) return;
        found->values = {std::move(value)};
        found->origin = "env " + std::string(variable);
    }

    Status refuse_backends() const {
        for (const auto variable : backends) {
            const auto backend = text(variable);
            if (backend.empty() || backend == "memory") continue;
            return fail(Errc::config, std::string(variable) + "=" + backend +
                                          ": Ark keeps everything in its own durable journal and needs no database: "
                                          "unset it, and say where the journal lives with ARK_DATA");
        }
        return ok();
    }

    Status adopt_level() {
        const auto level = text("LOG_LEVEL");
        if (level.empty()) return ok();
        const auto known =
            std::find_if(std::begin(levels), std::end(levels), [&](const Pair& p) { return p.first == level; });
        if (known == std::end(levels))
            return fail(Errc::config,
                        "LOG_LEVEL=" + level + " is none of fatal, error, warn, info, debug, trace, silent");
        take("log-level", "LOG_LEVEL", std::string(known->second));
        return ok();
    }

    void adopt_address() {
        const auto host = text("HOST");
        const auto port = text("PORT");
        if (host.empty() && port.empty()) return;
        auto address = host.empty() ? "127.0.0.1" : host;
        if (address.find(':') != std::string::npos) address = "[" + address + "]";
        take("listen", port.empty() ? "HOST" : "PORT", address + ":" + (port.empty() ? "8080" : port));
    }

    /// Its JSON files are not read: their folder is the place that was meant to be kept.
    void adopt_files() {
        for (const auto variable : files) {
            const auto path = text(variable);
            if (path.empty()) continue;
            const auto slash = path.rfind('/');
            take("data", variable, slash == std::string::npos ? "ark" : path.substr(0, slash) + "/ark");
            return;
        }
    }

    std::vector<Effective>& broker_;
    const Environment& environment_;
};

}  // namespace

Status adopt_reference_variables(std::vector<Effective>& broker, const Environment& environment) {
    return Adoption(broker, environment).adopt();
}

}  // namespace ark::cli
