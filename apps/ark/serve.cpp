#include "serve.hpp"

#include "net/server.hpp"
#include "runtime/io_pool.hpp"
#include "settings.hpp"
#include "telemetry/log.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>

#include <fmt/format.h>

namespace ark::cli {
namespace {

constexpr std::chrono::milliseconds leave_grace{500};

/// Whole or not at all: a script that waits for the file must not read half a line.
Status write_port_file(const std::string& path, const std::string& line) {
    const auto unfinished = path + ".new";
    {
        std::ofstream file(unfinished, std::ios::trunc);
        file << line << '\n';
        if (!file.flush()) return from_errno(errno, "port file " + unfinished);
    }
    if (std::rename(unfinished.c_str(), path.c_str()) != 0) return from_errno(errno, "port file " + path);
    return ok();
}

}  // namespace

Result<Exit> serve(const Context& context, const Service& service) {
    telemetry::configure_log(*telemetry::parse_level(service.log_level),
                             service.log_json ? telemetry::LogFormat::json : telemetry::LogFormat::text);
    // Threads inherit this: only sigwait below sees the two signals.
    sigset_t signals;
    sigset_t previous;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, &previous);

    ARK_TRY(const auto ready_line, service.start());
    // Beyond this point requests are accepted.
    if (!service.port_file.empty()) {
        ARK_TRY_STATUS(write_port_file(service.port_file, ready_line));
    }
    // The one line on standard output: programs that started us read the addresses from it.
    context.out().line(ready_line);
    context.out().flush();
    service.announced();

    int signal = 0;
    sigwait(&signals, &signal);
    pthread_sigmask(SIG_SETMASK, &previous, nullptr);  // a second one ends us without ceremony
    context.debug(fmt::format("stopping after signal {}", signal));
    service.stop();
    if (!service.port_file.empty()) std::remove(service.port_file.c_str());
    return Exit::success;
}

Result<Exit> serve(const Context& context, const broker::BrokerConfig& config,
                   const std::function<void(broker::Broker&)>& ready, const std::function<void()>& leaving) {
    std::unique_ptr<broker::Broker> broker;
    Service service;
    service.log_level = config.log_level;
    service.log_json = config.log_json;
    service.port_file = config.port_file;
    service.start = [&]() -> Result<std::string> {
        ARK_TRY(broker, broker::Broker::create(config));
        ARK_TRY_STATUS(broker->start());
        return broker->ready_line();
    };
    service.announced = [&] {
        if (ready) ready(*broker);
    };
    service.stop = [&] {
        if (leaving) leaving();
        broker->stop();
    };
    return serve(context, service);
}

Result<Exit> serve(const Context& context, const std::string& listen,
                   const std::function<void(net::Router&)>& add_routes, const std::function<void()>& leaving) {
    ARK_TRY(const auto address, parse_listen(listen));
    if (!address) return fail(Errc::bad_argument, "--listen: off leaves nothing to do");
    net::Router router;
    add_routes(router);
    runtime::IoPool pool(1);
    std::unique_ptr<net::Server> server;
    Service service;
    service.start = [&]() -> Result<std::string> {
        net::ServerConfig config;
        config.host = address->host;
        config.port = address->port;
        ARK_TRY(server, net::Server::create(pool, config, router));
        server->start();
        pool.start();
        return "ready http=" + server->address();
    };
    service.stop = [&] {
        leaving();
        server->stop(leave_grace);
        pool.stop();
    };
    return serve(context, service);
}

}  // namespace ark::cli
