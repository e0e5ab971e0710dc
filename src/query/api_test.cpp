#include "query/api.hpp"

#include "codec/compression.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "net/sse.hpp"
#include "query/testing/asking.hpp"

#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace ark::query {
namespace {

// The API on a real server and a free port, over a fake journal and fake views.
class ApiTest : public ::testing::Test {
protected:
    void serve(const ApiConfig& config = {}) {
        ApiDeps deps{views,
                     journal,
                     work,
                     system_clock(),
                     [](const net::RequestHead& head) -> Result<std::string> {
                         if (head.fields.find("authorization") == "wrong")
                             return fail(Errc::unauthorized, "no such key");
                         return "default";
                     },
                     [](codec::JsonWriter& json) { json.field("extra", 1); },
                     [this](std::string& why) {
                         why = "busy";
                         return ready;
                     },
                     [] { return std::string("up 1\n"); }};
        api = Api::create(config, std::move(deps));
        api->register_routes(router);
        auto created = net::Server::create(io, {}, router);
        ASSERT_TRUE(created);
        server = std::move(*created);
        io.start();
        server->start();
    }
    void TearDown() override {
        if (server) server->stop(std::chrono::milliseconds(500));
        io.stop();
        work.stop();
    }
    std::string base() const { return "http://" + server->address(); }
    net::ClientResponse get(const std::string& target, const net::Fields& fields = {},
                            std::string_view method = "GET") {
        net::Client client(*net::Url::parse(base()));
        auto response = client.request(method, target, fields);
        EXPECT_TRUE(response) << target;
        return response ? *response : net::ClientResponse{};
    }
    codec::JsonValue json(const net::ClientResponse& response) {
        const auto value = codec::JsonValue::parse(response.body);
        EXPECT_TRUE(value) << response.body;
        return value ? *value : codec::JsonValue{};
    }
    static std::string cursor(std::uint64_t offset, std::uint32_t epoch = 7) {
        return Cursor{Epoch{epoch}, Offset{offset}}.text();
    }
    void put_tools(std::size_t count) {
        std::vector<otlp::Span> spans(count);
        std::vector<Offset> offsets;
        for (std::size_t i = 0; i < count; ++i) {
            spans[i].trace_id = testing::trace_id(1);
            spans[i].span_id = testing::span_id(i + 1);
            spans[i].name = "execute_tool t";
            spans[i].start = UnixNanos{1'700'000'000'000'000'000 + i * 1'000'000};
            spans[i].end = spans[i].start + 500'000;
            spans[i].attributes = {{"gen_ai.operation.name", "execute_tool"}, {"gen_ai.tool.name", "t"}};
            offsets.emplace_back(i);
        }
        journal.put_spans(spans);
        views::SessionRow row;
        row.id = "s";
        views.session_rows = {row};
        views.session_items["s"] = offsets;
        views.context.session_id = "s";
        views.fold(journal.end());
    }

    testing::FakeJournal journal;
    testing::FakeViews views;
    runtime::IoPool io{1};
    runtime::WorkPool work{2};
    std::unique_ptr<Api> api;
    net::Router router;
    std::unique_ptr<net::Server> server;
    bool ready = true;
};

TEST_F(ApiTest, ServesItsPages) {
    serve();
    EXPECT_EQ(get("/healthz").status, 200);
    EXPECT_EQ(get("/readyz").body, "OK");
    net::Fields accept;
    accept.add("accept", "application/json");
    EXPECT_EQ(json(get("/readyz", accept))["status"].text(), "ready");
    EXPECT_EQ(get("/metrics").body, "up 1\n");
    EXPECT_EQ(get("/metrics").fields.find("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(json(get("/openapi.json"))["openapi"].text(), "3.1.0");
    EXPECT_EQ(get("/problems/cursor-mismatch").status, 200);
    EXPECT_EQ(get("/problems/nonsense").status, 404);
    EXPECT_EQ(json(get("/v1/status"))["extra"].integer(), 1);
    EXPECT_EQ(json(get("/v1/meta"))["apiVersions"][0].text(), "v1");
    const auto head = get("/v1/meta", {}, "HEAD");
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.body.empty());
}

TEST_F(ApiTest, IsNotReadyWhileSomethingIsWrong) {
    serve();
    ready = false;
    auto answer = get("/readyz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(json(answer)["detail"].text(), "busy");
    ready = true;
    journal.set_failure("disk on fire");
    answer = get("/readyz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(json(answer)["type"].text(), "/problems/not-ready");
    EXPECT_FALSE(answer.fields.find("retry-after").empty());
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(ApiTest, RefusesWithProblemDocuments) {
    serve();
    net::Fields fields;
    fields.add("x-request-id", "mine-1");
    const auto unknown = get("/v1/events?sesion=1", fields);
    EXPECT_EQ(unknown.status, 400);
    EXPECT_EQ(unknown.fields.find("content-type"), "application/problem+json");
    EXPECT_EQ(unknown.fields.find("x-request-id"), "mine-1");
    EXPECT_EQ(json(unknown)["requestId"].text(), "mine-1");
    EXPECT_EQ(json(unknown)["instance"].text(), "/v1/events");

    EXPECT_EQ(get("/v1/sessions/%ff").status, 400);
    net::Fields wrong;
    wrong.add("authorization", "wrong");
    EXPECT_EQ(get("/v1/events", wrong).status, 401);
    EXPECT_EQ(api->counters().problems_total, 3u);
}

TEST_F(ApiTest, ValidatesAndCompressesAndLinks) {
    serve();
    put_tools(100);
    const auto first = get("/v1/sessions/s");
    EXPECT_EQ(first.status, 200);
    net::Fields known;
    known.add("if-none-match", first.fields.find("etag"));
    EXPECT_EQ(get("/v1/sessions/s", known).status, 304);
    EXPECT_EQ(api->counters().not_modified_total, 1u);

    net::Fields gzip;
    gzip.add("accept-encoding", "gzip");
    const auto packed = get("/v1/events?limit=50", gzip);
    EXPECT_EQ(packed.fields.find("content-encoding"), "gzip");
    EXPECT_NE(packed.fields.find("link").find("rel=\"next\""), std::string_view::npos);
    EXPECT_EQ(packed.fields.find("ark-cursor"), cursor(100));
    const auto plain = codec::gunzip(packed.body, {});
    ASSERT_TRUE(plain);
    EXPECT_EQ(codec::JsonValue::parse(plain->view())->operator[]("items").size(), 50u);
}

TEST_F(ApiTest, WaitsForAtLeast) {
    ApiConfig config;
    config.at_least_max = std::chrono::milliseconds(5000);
    serve(config);
    put_tools(3);
    views.fold(Offset{0});
    std::thread folder([&] {
        while (!views.listened())
            std::this_thread::yield();
        views.fold(Offset{1});  // not far enough: goes on waiting
        views.fold(Offset{3});
    });
    const auto answer = get("/v1/events?at_least=" + cursor(3));
    folder.join();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.fields.find("ark-cursor"), cursor(3));
    EXPECT_EQ(get("/v1/events?at_least=" + cursor(4)).status, 400);
    EXPECT_EQ(get("/v1/events?at_least=" + cursor(1, 8)).status, 410);
    EXPECT_EQ(get("/v1/events?at_least=soon").status, 400);
}

TEST_F(ApiTest, GivesUpWaitingInTime) {
    ApiConfig config;
    config.at_least_max = std::chrono::milliseconds(20);
    serve(config);
    put_tools(1);
    views.fold(Offset{0});
    const auto late = get("/v1/events?at_least=" + cursor(1));
    EXPECT_EQ(late.status, 504);
    EXPECT_EQ(json(late)["type"].text(), "/problems/deadline");
}

TEST_F(ApiTest, RefusesBeyondItsBound) {
    ApiConfig config;
    config.requests_max = 0;
    config.replays_max = 0;
    serve(config);
    put_tools(1);
    for (const auto* target : {"/v1/events", "/v1/sessions/s/replay"}) {
        const auto refused = get(target);
        EXPECT_EQ(refused.status, 503) << target;
        EXPECT_EQ(refused.fields.find("retry-after"), "1") << target;
    }
    EXPECT_EQ(api->counters().overloaded_total, 2u);
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(ApiTest, AnswersManyAtOnce) {
    serve();
    put_tools(20);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 25; ++n)
                EXPECT_EQ(get("/v1/events?session=s&limit=5").status, 200);
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(api->counters().in_flight, 0u);
    EXPECT_EQ(api->counters().requests_total, 100u);
}

TEST_F(ApiTest, ReplaysASessionAndResumes) {
    serve();
    put_tools(10);
    const auto play = [&](const std::string& target, const std::string& last_id) {
        net::Client client(*net::Url::parse(base()));
        net::Fields fields;
        if (!last_id.empty()) fields.add("last-event-id", last_id);
        net::SseParser parser;
        std::vector<net::SseEvent> events;
        const auto ended = client.stream(
            target, fields, std::chrono::seconds(5), [](const net::ClientResponse& head) { return head.status == 200; },
            [&](std::string_view bytes) {
                return parser.feed(bytes, [&](const net::SseEvent& event) { events.push_back(event); });
            });
        EXPECT_TRUE(ended);
        return events;
    };
    const auto all = play("/v1/sessions/s/replay?speed=0", "");
    ASSERT_EQ(all.size(), 21u);
    EXPECT_EQ(all.back().type, "bye");
    EXPECT_EQ(codec::JsonValue::parse(all[0].data)->operator[]("id").text(), all[0].id);
    const auto rest = play("/v1/sessions/s/replay?speed=1000", all[14].id);
    ASSERT_EQ(rest.size(), 6u);
    EXPECT_EQ(rest[0].id, all[15].id);
    EXPECT_EQ(get("/v1/sessions/s/replay?speed=fast").status, 400);
    EXPECT_EQ(get("/v1/sessions/none/replay").status, 404);
}

// The document names every route and nothing else; and every parameter of a route, and no other.
TEST_F(ApiTest, TheDocumentIsTheRoutes) {
    serve();
    const auto document = json(get("/openapi.json"));
    std::set<std::pair<std::string, std::string>> documented;
    for (const auto& [path, operations] : document["paths"].object()) {
        for (const auto& [method, operation] : operations.object()) {
            EXPECT_EQ(method, "get") << path;
            documented.emplace("GET", path);
        }
    }
    const auto routes = router.routes();
    EXPECT_EQ(documented, std::set(routes.begin(), routes.end()));

    const auto names = [&](const std::string& path) {
        std::set<std::string> out;
        for (const auto& parameter : document["paths"][path]["get"]["parameters"].array()) {
            const auto reference = parameter["$ref"].text();
            const auto& value = reference.empty()
                                    ? parameter
                                    : document["components"]["parameters"][reference.substr(reference.rfind('/') + 1)];
            EXPECT_FALSE(value["name"].text().empty()) << path << " " << reference;
            if (value["in"].text() == "query") out.emplace(value["name"].text());
        }
        return out;
    };
    for (const auto& route : read_routes()) {
        EXPECT_EQ(names(std::string(route.pattern)),
                  std::set<std::string>(route.parameters.begin(), route.parameters.end()))
            << route.pattern;
    }
    const auto replay = replay_parameters();
    EXPECT_EQ(names(std::string(replay_pattern)), std::set<std::string>(replay.begin(), replay.end()));

    const auto& types = document["paths"]["/problems/{type}"]["get"]["parameters"][0]["schema"]["enum"];
    EXPECT_EQ(types.size(), problem_types().size());
    for (const auto& type : types.array())
        EXPECT_NE(find_problem_type(type.text()), nullptr) << type.text();
}

}  // namespace
}  // namespace ark::query
