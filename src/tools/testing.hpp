#pragma once
// A server whose answers the test writes, and a client on the test's own thread.
#include "net/server.hpp"
#include "tools/tool.hpp"

#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>

namespace ark::tools {

struct Seen {
    std::string method;
    std::string path;
    std::string query;
    net::Fields fields;
    std::string body;
    codec::JsonValue json;
};

class ServerTest : public ::testing::Test {
protected:
    /// What to say to a request; of the content type "-" nothing, ever; "cut": the body breaks off.
    struct Say {
        int status = 200;
        std::string type = "application/json";
        std::string body;
        net::Fields fields;
    };
    using Script = std::function<Say(const Seen&)>;

    ~ServerTest() override {
        if (server_) server_->stop(std::chrono::milliseconds(0));
        pool_.stop();
    }

    /// Answers all requests from now on.
    std::string serve(Script script) {
        script_ = std::move(script);
        for (const auto* method : {"GET", "POST", "DELETE"}) {
            for (const auto* path : {"/{a}", "/.well-known/{a}", "/stream/{a}", "/stream/{a}/complete"})
                router_.add(method, path, [this](net::Exchange& exchange) { return answer(exchange); });
        }
        server_ = std::move(*net::Server::create(pool_, {}, router_));
        server_->start();
        pool_.start();
        return "http://" + server_->address();
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
    void run_void(awaitable<void> task) {
        auto wrap = [](awaitable<void> inner) -> awaitable<bool> {
            co_await std::move(inner);
            co_return true;
        };
        run(wrap(std::move(task)));
    }

    asio::io_context context;
    std::unique_ptr<net::HttpClient> http = net::HttpClient::create(context, {});

private:
    awaitable<void> answer(net::Exchange& exchange) {
        Seen request;
        request.method = exchange.head().method;
        request.path = exchange.head().path;
        request.query = exchange.head().raw_query;
        request.fields = exchange.head().fields;
        auto body = co_await exchange.read_body(16u << 20);
        if (body) request.body = body->view();
        if (auto json = codec::JsonValue::parse(request.body)) request.json = std::move(*json);
        auto say = note(request);
        if (say.type == "-" || say.type == "cut") {
            net::Fields fields;
            fields.add("content-type", "text/event-stream");
            auto stream = co_await exchange.start_stream(200, std::move(fields));
            if (!stream) co_return;
            if (!say.body.empty()) co_await (*stream)->write(say.body);
            if (say.type == "cut") co_return;
            asio::steady_timer forever(exchange.executor(), asio::steady_timer::time_point::max());
            (*stream)->on_close([&forever] { forever.cancel(); });
            boost::system::error_code ignored;
            if (!(*stream)->closed()) co_await forever.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            co_return;
        }
        net::Response response;
        response.status = say.status;
        response.fields = std::move(say.fields);
        if (!say.body.empty()) response.fields.add("content-type", say.type);
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
    Script script_;
    net::Router router_;
    runtime::IoPool pool_{1};
    std::unique_ptr<net::Server> server_;
};

}  // namespace ark::tools
