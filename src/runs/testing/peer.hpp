#pragma once
// A server that says what a test tells it, and a client on the test's own thread.
#include "codec/json_value.hpp"
#include "net/http_client.hpp"
#include "net/server.hpp"
#include "runtime/io_pool.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace ark::runs {

class PeerTest : public ::testing::Test {
protected:
    struct Seen {
        std::string path;
        std::string query;
        net::Fields fields;
        std::string body;
    };
    struct Say {
        int status = 200;
        std::string body;
    };

    ~PeerTest() override {
        if (server_) server_->stop(std::chrono::milliseconds(0));
        pool_.stop();
    }
    void serve(std::function<Say(const Seen&)> script) {
        script_ = std::move(script);
        for (const auto* method : {"GET", "POST"}) {
            for (const auto* path : {"/{a}", "/stream/{a}", "/stream/{a}/complete"})
                router_.add(method, path, [this](net::Exchange& exchange) { return answer(exchange); });
        }
        server_ = std::move(*net::Server::create(pool_, {}, router_));
        server_->start();
        pool_.start();
    }
    std::string url() const { return "http://" + server_->address(); }
    std::vector<Seen> seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    template <class T>
    T run(awaitable<T> task) {
        std::optional<T> result;
        asio::co_spawn(context, std::move(task), [&](std::exception_ptr failure, T value) {
            if (failure) std::rethrow_exception(failure);
            result.emplace(std::move(value));
            context.stop();
        });
        context.restart();
        context.run();
        return std::move(*result);
    }

    asio::io_context context;
    std::unique_ptr<net::HttpClient> http = net::HttpClient::create(context, {});

private:
    awaitable<void> answer(net::Exchange& exchange) {
        Seen request;
        request.path = exchange.head().path;
        request.query = exchange.head().raw_query;
        request.fields = exchange.head().fields;
        auto body = co_await exchange.read_body(1u << 20);
        if (body) request.body = body->view();
        auto say = note(request);
        net::Response response;
        response.status = say.status;
        response.body = std::move(say.body);
        co_await exchange.respond(std::move(response));
    }
    Say note(const Seen& request) {
        const std::lock_guard lock(mutex_);
        seen_.push_back(request);
        return script_(request);
    }

    std::mutex mutex_;
    std::vector<Seen> seen_;
    std::function<Say(const Seen&)> script_;
    net::Router router_;
    runtime::IoPool pool_{1};
    std::unique_ptr<net::Server> server_;
};

}  // namespace ark::runs
