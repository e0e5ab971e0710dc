// Models over real sockets, against the scripted one.
#include "llm/model.hpp"
#include "mockllm/mock_model.hpp"
#include "net/server.hpp"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

namespace ark::llm {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view script = R"(
api_key: secret-key
pace: {piece: 1ms}
rules:
  - {when: {user: busy}, times: 2, error: {status: 429, retry_after: 5ms}}
  - {when: {user: later}, error: {status: 429, retry_after: 10m}}
  - {when: {user: broken}, error: {status: 500}}
  - {when: {user: filtered}, error: {status: 400, code: content_filter, message: no}}
  - {when: {user: cut at once}, times: 1, cut_after: 0, reply: never said}
  - {when: {user: cut late}, cut_after: 4, reply: one two three four five}
  - {when: {user: hang}, pace: {first: 10m}, reply: late}
  - {when: {user: tool}, reply: {text: I look, calls: [{name: a, arguments: {x: 1}}, {name: b}]}}
  - reply: "You said: {{user}}"
)";

class HttpModelTest : public ::testing::Test {
protected:
    HttpModelTest() : mock_(*mockllm::Script::parse(script)) {
        mock_.add_routes(router_);
        server_ = std::move(*net::Server::create(pool_, {}, router_));
        server_->start();
        pool_.start();
        config.model = "mock";
        config.base_url = "http://" + server_->address() + "/v1";
        config.api_key = "secret-key";
        config.retry.first = milliseconds(2);
    }
    ~HttpModelTest() override {
        mock_.stop();
        server_->stop(milliseconds(0));
        pool_.stop();
    }
    ChatOutcome ask(std::string text, CallOptions options = {}) {
        const auto model = make_model(config, *http_, system_clock(), random_);
        EXPECT_TRUE(model);
        ChatRequest request;
        Message user;
        user.content = std::move(text);
        request.messages.push_back(std::move(user));
        return run((*model)->chat(std::move(request), std::move(options)));
    }
    std::optional<Failure> probe() {
        const auto model = make_model(config, *http_, system_clock(), random_);
        EXPECT_TRUE(model);
        CallOptions options;
        options.timeout = milliseconds(2000);
        return run((*model)->probe(std::move(options)));
    }
    CallOptions streaming() {
        CallOptions options;
        options.on_delta = [this](const Delta& delta) { pieces.push_back(delta.text); };
        return options;
    }

    ModelConfig config;
    std::vector<std::string> pieces;
    mockllm::MockModel mock_;

private:
    template <class T>
    T run(awaitable<T> task) {
        std::optional<T> result;
        asio::co_spawn(context_, std::move(task), [&](std::exception_ptr failure, T value) {
            if (failure) std::rethrow_exception(failure);
            result.emplace(std::move(value));
            context_.stop();
        });
        context_.restart();
        context_.run();
        return std::move(*result);
    }

    asio::io_context context_;
    std::unique_ptr<net::HttpClient> http_ = net::HttpClient::create(context_, {});
    Random random_{1};
    net::Router router_;
    runtime::IoPool pool_{1};
    std::unique_ptr<net::Server> server_;
};

TEST_F(HttpModelTest, AnswersWholeAndInPieces) {
    const auto whole = ask("hello");
    ASSERT_TRUE(whole.ok()) << whole.failure().error.message();
    EXPECT_EQ(whole.reply().message.content, "You said: hello");
    EXPECT_TRUE(whole.reply().usage.known);
    const auto streamed = ask("hello", streaming());
    ASSERT_TRUE(streamed.ok()) << streamed.failure().error.message();
    EXPECT_EQ(streamed.reply().message.content, "You said: hello");
    EXPECT_GT(pieces.size(), 2u);
    EXPECT_EQ(streamed.reply().usage.total, whole.reply().usage.total);
    for (const auto& outcome : {ask("tool"), ask("tool", streaming())}) {
        ASSERT_TRUE(outcome.ok());
        ASSERT_EQ(outcome.reply().message.tool_calls.size(), 2u);
        EXPECT_EQ(outcome.reply().message.tool_calls[0].arguments, R"({"x":1})");
        EXPECT_EQ(outcome.reply().finish, FinishReason::tool_calls);
    }
}

TEST_F(HttpModelTest, TriesAgainWhatMayHelp) {
    int retries = 0;
    CallOptions options;
    options.on_retry = [&](const Failure& failure, milliseconds wait) {
        ++retries;
        EXPECT_EQ(failure.type, ErrorType::rate_limit);
        EXPECT_EQ(wait, milliseconds(5));
    };
    const auto busy = ask("busy", std::move(options));
    ASSERT_TRUE(busy.ok());
    EXPECT_EQ(busy.attempts, 3u);
    EXPECT_EQ(retries, 2);

    const auto broken = ask("broken");
    EXPECT_EQ(broken.attempts, config.retry.attempts_max);
    EXPECT_EQ(broken.failure().http_status, 500);
    // Nothing was handed on before the connection broke, so nobody hears it twice.
    const auto cut = ask("cut at once", streaming());
    ASSERT_TRUE(cut.ok());
    EXPECT_EQ(cut.attempts, 2u);
}

TEST_F(HttpModelTest, DoesNotTryAgainWhatWillNotHelp) {
    EXPECT_EQ(ask("filtered").attempts, 1u);
    EXPECT_EQ(ask("filtered").failure().type, ErrorType::content_filter);
    const auto later = ask("later");
    EXPECT_EQ(later.attempts, 1u);
    EXPECT_EQ(later.failure().retry_after, milliseconds(600'000));
    const auto cut = ask("cut late", streaming());
    EXPECT_EQ(cut.attempts, 1u);
    EXPECT_EQ(cut.failure().error.code, Errc::closed);
    EXPECT_FALSE(pieces.empty());
    config.api_key = "wrong-key";
    const auto denied = ask("hello");
    EXPECT_EQ(denied.failure().type, ErrorType::auth);
    EXPECT_THAT(denied.failure().error.context, Not(HasSubstr("wrong-key")));
}

TEST_F(HttpModelTest, EndsInTime) {
    CallOptions limited;
    limited.timeout = milliseconds(50);
    const auto late = ask("hang", std::move(limited));
    EXPECT_EQ(late.failure().type, ErrorType::timeout);

    std::stop_source stop;
    CallOptions stopped;
    stopped.stop = stop.get_token();
    std::thread other([&] { stop.request_stop(); });
    const auto ended = ask("hang", std::move(stopped));
    other.join();
    EXPECT_EQ(ended.failure().type, ErrorType::canceled);
    EXPECT_EQ(ended.attempts, 1u);
}

TEST_F(HttpModelTest, SaysWhenNobodyIsThere) {
    config.base_url = "http://127.0.0.1:1/v1";
    const auto nobody = ask("hello");
    EXPECT_EQ(nobody.attempts, config.retry.attempts_max);
    EXPECT_EQ(nobody.failure().error.code, Errc::connect);
}

TEST_F(HttpModelTest, ProbesWithoutSayingAnythingWhereThereIsAList) {
    EXPECT_FALSE(probe());
    EXPECT_EQ(mock_.requests(), 0u);
    // Not in the list, and answers all the same.
    config.model = "mock-with-another-name";
    EXPECT_FALSE(probe());
    EXPECT_EQ(mock_.requests(), 1u);
}

TEST_F(HttpModelTest, AProbeSaysWhatIsWrong) {
    config.api_key = "wrong";
    const auto denied = probe();
    ASSERT_TRUE(denied);
    EXPECT_EQ(denied->type, ErrorType::auth);
    EXPECT_EQ(denied->http_status, 401);
    EXPECT_EQ(denied->code, "invalid_api_key");
    config.base_url = "http://127.0.0.1:1/v1";
    const auto absent = probe();
    ASSERT_TRUE(absent);
    EXPECT_EQ(absent->http_status, 0);
    EXPECT_EQ(absent->error.code, Errc::connect);
}

TEST(MakeModel, RefusesWhatCannotWork) {
    asio::io_context context;
    const auto http = net::HttpClient::create(context, {});
    Random random{1};
    const auto refused = [&](ModelConfig config) { return !make_model(config, *http, system_clock(), random); };
    ModelConfig good;
    good.model = "m";
    good.base_url = "https://h/v1";
    EXPECT_FALSE(refused(good));
    auto nameless = good;
    nameless.model.clear();
    EXPECT_TRUE(refused(nameless));
    auto homeless = good;
    homeless.base_url = "ftp://h";
    EXPECT_TRUE(refused(homeless));
    auto greedy = good;
    greedy.properties = {{"messages", "[]"}};
    EXPECT_TRUE(refused(greedy));
}

}  // namespace
}  // namespace ark::llm
