#include "control_loop.hpp"

#include "base/check.hpp"

#include <cctype>

#include <boost/asio/co_spawn.hpp>

namespace ark::cli {

namespace {

net::HttpClientConfig client_config() {
    net::HttpClientConfig config;
    net::use_proxy_of_environment(config);
    config.user_agent = "ark/" ARK_VERSION;
    return config;
}

}  // namespace

ControlLoop::ControlLoop(const Context& context)
    : http_(net::HttpClient::create(context_, client_config())), watchdog_([this] { stop_.request_stop(); }) {
    if (context.timeout_given) watchdog_.limit_total(context.timeout);
}

ControlLoop::~ControlLoop() = default;

void ControlLoop::run_to_end(awaitable<void> task) {
    asio::co_spawn(context_, std::move(task), [this](std::exception_ptr failure) {
        ARK_CHECK(!failure, "a task of the command threw");
        context_.stop();
    });
    context_.restart();
    context_.run();
}

std::optional<Exit> ControlLoop::stopped_by() const {
    if (watchdog_.cause() == Watchdog::Cause::signal) return Exit{128 + watchdog_.signal()};
    if (watchdog_.cause() == Watchdog::Cause::total) return Exit::timeout;
    return std::nullopt;
}

Result<net::Fields> fields_of(const Invocation& invocation) {
    net::Fields fields;
    for (const auto& header : invocation.all("header")) {
        const auto colon = header.find(':');
        if (colon == std::string::npos || colon == 0)
            return fail(Errc::bad_argument, "--header '" + header + "' is not NAME: VALUE");
        std::string name;
        for (const char c : header.substr(0, colon))
            name.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        const auto value = header.find_first_not_of(' ', colon + 1);
        fields.add(name, value == std::string::npos ? "" : header.substr(value));
    }
    return fields;
}

}  // namespace ark::cli
