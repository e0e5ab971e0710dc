#include "resources/feed.hpp"

#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

namespace ark::resources {
namespace {

constexpr std::chrono::milliseconds watch_wait{60'000};
constexpr std::chrono::seconds refused_wait{1};

}  // namespace

awaitable<void> Feed::run(std::function<void(const WatchEvent&)> take) {
    while (!stopped_.stop_requested()) {
        auto opened = store_.watch(kind_, {}, executor_);
        if (!opened) {
            telemetry::log(telemetry::LogLevel::error, "resources", "changes cannot be watched; tried again",
                           {{"kind", kind_.name}, {"reason", opened.error().message}});
            static_cast<void>(co_await runtime::sleep_for(refused_wait, stopped_.get_token()));
            continue;
        }
        watch_ = std::move(*opened);
        while (!stopped_.stop_requested()) {
            const auto events = co_await watch_->next(watch_wait);
            if (!events) break;
            for (const auto& event : *events) {
                if (!stopped_.stop_requested()) take(event);
            }
        }
    }
}

void Feed::stop() {
    stopped_.request_stop();
    if (watch_) watch_->stop();
}

}  // namespace ark::resources
