#pragma once
#include "context.hpp"
#include "net/server.hpp"
#include "runtime/io_pool.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ark::cli {

/// A server on a free port that answers as a test says, and remembers what it was asked. Each handler gets the request
/// and its body and gives the answer; streams are answers with the content type of one.
class FakeBroker {
public:
    struct Request {
        std::string method;
        std::string target;
        std::string last_event_id;
        std::string body;
    };
    using Answer = std::function<net::Response(const Request&)>;

    explicit FakeBroker(Answer answer) : pool_(1), answer_(std::move(answer)) {
        for (const char* method : {"GET", "POST"}) {
            for (const char* path : {"/v1/{a}", "/v1/{a}/{b}", "/v1/{a}/{b}/{c}"}) {
                router_.add(method, path, [this](net::Exchange& exchange) { return serve(exchange); });
            }
        }
        auto server = net::Server::create(pool_, net::ServerConfig{}, router_);
        EXPECT_TRUE(server);
        server_ = std::move(*server);
        pool_.start();
        server_->start();
    }
    ~FakeBroker() {
        server_->stop(std::chrono::milliseconds(200));
        pool_.stop();
    }

    std::string url() const { return "http://" + server_->address(); }
    std::vector<Request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

    /// A context that talks to this broker and says nothing.
    Context context() const {
        Invocation invocation;
        invocation.add("server", url());
        invocation.add("quiet", "true");
        invocation.add("config", "/dev/null");
        auto configuration = Configuration::load(invocation, [](const std::string&) { return std::nullopt; });
        return *Context::create(invocation, std::move(*configuration));
    }

private:
    awaitable<void> serve(net::Exchange& exchange) {
        Request request;
        request.method = exchange.head().method;
        request.target = exchange.head().target;
        request.last_event_id = exchange.head().fields.find("last-event-id");
        if (request.method == "POST") {
            auto body = co_await exchange.read_body(16u << 20);
            if (body) request.body = body->view();
        }
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        auto response = answer_(request);
        co_await exchange.respond(std::move(response));
    }

    runtime::IoPool pool_;
    net::Router router_;
    Answer answer_;
    mutable std::mutex mutex_;
    std::vector<Request> requests_;
    std::unique_ptr<net::Server> server_;
};

inline net::Response json_answer(std::string body, int status = 200) {
    net::Response response;
    response.status = status;
    response.fields.add("content-type", status == 200 ? "application/json" : "application/problem+json");
    response.body = std::move(body);
    return response;
}

inline net::Response stream_answer(std::string frames) {
    net::Response response;
    response.fields.add("content-type", "text/event-stream");
    response.body = std::move(frames);
    return response;
}

}  // namespace ark::cli
