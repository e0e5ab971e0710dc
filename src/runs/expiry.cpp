#include "runs/expiry.hpp"

#include "base/duration.hpp"
#include "resources/metadata.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <utility>
#include <vector>

namespace ark::runs {
namespace {

constexpr std::chrono::nanoseconds ttl_default = std::chrono::hours(720);
constexpr std::chrono::seconds expiry_look_interval{1};

}  // namespace

void Expiry::expect(const resources::Resource& resource) {
    auto since = parse_rfc3339(resource.value["metadata"]["creationTimestamp"].text());
    for (const auto& condition : resource.value["status"]["conditions"].array()) {
        if (condition["type"].text() == "Completed") since = parse_rfc3339(condition["lastTransitionTime"].text());
    }
    const auto ttl = parse_duration(resource.value["spec"]["ttl"].text()).value_or(ttl_default);
    if (!since || ttl.count() < 0) return;
    Due due;
    due.at = *since + static_cast<std::uint64_t>(ttl.count());
    due.name = {std::string(resource.ns()), std::string(resource.name())};
    due_.insert_or_assign(std::string(resource.uid()), std::move(due));
}

awaitable<void> Expiry::run() {
    while (!stopped_.stop_requested()) {
        static_cast<void>(co_await runtime::sleep_for(expiry_look_interval, stopped_.get_token()));
        const auto now = clock_.now();
        std::vector<std::pair<std::string, resources::ObjectName>> past;
        for (const auto& [uid, due] : due_) {
            if (due.at <= now) past.emplace_back(uid, due.name);
        }
        for (auto& [uid, name] : past) {
            if (stopped_.stop_requested()) co_return;
            resources::DeleteOptions options;
            options.uid = uid;
            due_.erase(uid);
            const auto removed = co_await store_.remove(kind_, std::move(name), std::move(options));
            if (removed) continue;
            telemetry::log(telemetry::LogLevel::warn, "runs", "what is past its TTL stays",
                           {{"kind", kind_.name}, {"uid", uid}, {"reason", removed.error().message}});
        }
    }
}

}  // namespace ark::runs
