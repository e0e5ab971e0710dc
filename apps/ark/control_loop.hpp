#pragma once
#include "context.hpp"
#include "net/http_client.hpp"
#include "watchdog.hpp"

#include <optional>
#include <stop_token>

namespace ark::cli {

/// Runs coroutines of the control path on the command's own thread, with an HTTP client; Ctrl-C and --timeout stop
/// them. Create it before other threads (Watchdog).
class ControlLoop {
public:
    explicit ControlLoop(const Context& context);
    ~ControlLoop();

    /// Runs `task` to its end; once at a time.
    template <class T>
    T run(awaitable<T> task) {
        std::optional<T> result;
        auto keep = [](awaitable<T> work, std::optional<T>& into) -> awaitable<void> {
            into.emplace(co_await std::move(work));
        };
        run_to_end(keep(std::move(task), result));
        return std::move(*result);
    }
    asio::io_context& context() { return context_; }
    net::HttpClient& http() { return *http_; }
    std::stop_token stop_token() const { return stop_.get_token(); }
    /// The exit code when a stop was why the work ended; else nothing.
    std::optional<Exit> stopped_by() const;

private:
    void run_to_end(awaitable<void> task);

    asio::io_context context_;
    std::unique_ptr<net::HttpClient> http_;
    std::stop_source stop_;
    Watchdog watchdog_;  // last: its thread asks for stops
};

/// The fields of `--header 'Name: value'`, given any number of times.
Result<net::Fields> fields_of(const Invocation& invocation);

}  // namespace ark::cli
