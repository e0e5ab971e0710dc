#include "follow.hpp"

#include "testing/fake_broker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Watched {
    Status status;
    std::vector<std::string> seen;
    std::string last_id;
    Watchdog::Cause cause = Watchdog::Cause::none;
};

Watched watch(const FakeBroker& broker, std::size_t max, std::chrono::milliseconds total = std::chrono::seconds(20)) {
    const auto context = broker.context();
    auto api = ApiClient::create(context);
    EXPECT_TRUE(api);
    Watched result;
    Watchdog watchdog([&api] { api->raw().abort(); });
    watchdog.limit_total(total);
    StreamFollower follower(context, api->raw(), watchdog, "/v1/stream?topics=event");
    result.status = follower.run([&](const net::SseEvent& event) {
        result.seen.push_back(event.type + " " + event.data);
        return result.seen.size() < max;
    });
    result.last_id = follower.last_id();
    result.cause = watchdog.cause();
    return result;
}

// Goal: after a connection ends, the next one asks to go on behind the last id that was seen, and nothing is shown
// twice.
TEST(StreamFollower, ResumesBehindTheLastId) {
    int connection = 0;
    FakeBroker broker([&](const FakeBroker::Request& request) {
        ++connection;
        if (connection == 1) {
            EXPECT_EQ(request.last_event_id, "");
            return stream_answer(
                "id: c-1\nevent: event\ndata: {\"n\":1}\n\nid: c-2\nevent: event\ndata: {\"n\":2}\n\n");
        }
        if (connection == 2) return json_answer("{\"detail\":\"starting\"}", 503);
        EXPECT_EQ(request.last_event_id, "c-2");
        return stream_answer("id: c-3\nevent: event\ndata: {\"n\":3}\n\nid: c-4\nevent: event\ndata: {\"n\":4}\n\n");
    });
    const auto result = watch(broker, 3);
    EXPECT_TRUE(result.status);
    EXPECT_THAT(result.seen, ElementsAre("event {\"n\":1}", "event {\"n\":2}", "event {\"n\":3}"));
    EXPECT_EQ(result.last_id, "c-3") << "the fourth was not shown, so it is not behind us";
    EXPECT_EQ(connection, 3);
}

TEST(StreamFollower, ARefusalIsNotTriedAgain) {
    FakeBroker broker([](const FakeBroker::Request&) {
        return json_answer(
            R"({"title":"Unknown parameter","detail":"no parameter 'sesion'","hint":"did you mean session?"})", 400);
    });
    const auto result = watch(broker, 1);
    ASSERT_FALSE(result.status);
    EXPECT_EQ(result.status.error().code, Errc::bad_argument);
    EXPECT_THAT(result.status.error().context, HasSubstr("no parameter 'sesion'"));
    EXPECT_THAT(result.status.error().context, HasSubstr("did you mean session?"));
    EXPECT_EQ(broker.requests().size(), 1u);
}

TEST(StreamFollower, NobodyThereIsAnErrorWithAWayOut) {
    Invocation invocation;
    invocation.add("server", "http://127.0.0.1:1");
    invocation.add("config", "/dev/null");
    auto configuration = Configuration::load(invocation, [](const std::string&) { return std::nullopt; });
    const auto context = Context::create(invocation, std::move(*configuration));
    auto api = ApiClient::create(*context);
    Watchdog watchdog([&api] { api->raw().abort(); });
    StreamFollower follower(*context, api->raw(), watchdog, "/v1/stream");
    const auto status = follower.run([](const net::SseEvent&) { return true; });
    ASSERT_FALSE(status);
    EXPECT_EQ(exit_of(status.error()), Exit::unreachable);
    EXPECT_THAT(status.error().context, HasSubstr("ark up"));
}

TEST(StreamFollower, TheWatchdogEndsIt) {
    FakeBroker broker([](const FakeBroker::Request&) { return stream_answer(": hb\n\n"); });
    const auto result = watch(broker, 1, std::chrono::milliseconds(100));
    EXPECT_TRUE(result.status);
    EXPECT_EQ(result.cause, Watchdog::Cause::total);
}

TEST(Target, EncodesWhatItAdds) {
    Target target("/v1/sessions");
    target.add("q", "a b&c=ü").add("empty", "").add("limit", "5");
    EXPECT_EQ(target.text(), "/v1/sessions?q=a%20b%26c%3D%C3%BC&limit=5");
}

TEST(ApiClient, MapsProblemsToExitCodes) {
    FakeBroker broker([](const FakeBroker::Request& request) {
        if (request.target == "/v1/a/missing") return json_answer(R"({"detail":"no such session"})", 404);
        if (request.target == "/v1/a/denied") return json_answer("not json", 403);
        if (request.target == "/v1/a/slow") return json_answer(R"({"title":"Too late"})", 504);
        return json_answer(R"({"id":"s-1"})");
    });
    const auto context = broker.context();
    auto api = ApiClient::create(context);
    ASSERT_TRUE(api);
    EXPECT_EQ((*api->get(Target("/v1/a/there")))["id"].text(), "s-1");
    const auto missing = api->get(Target("/v1/a/missing"));
    EXPECT_EQ(exit_of(missing.error()), Exit::not_found);
    EXPECT_EQ(missing.error().context, "no such session");
    EXPECT_EQ(exit_of(api->get(Target("/v1/a/denied")).error()), Exit::denied);
    EXPECT_EQ(exit_of(api->get(Target("/v1/a/slow")).error()), Exit::timeout);
}

}  // namespace
}  // namespace ark::cli
