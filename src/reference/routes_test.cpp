#include "reference/routes.hpp"

#include "codec/compression.hpp"
#include "codec/json_value.hpp"
#include "disk/faulty_disk.hpp"
#include "journal/embedded.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "reference/sessions_request.hpp"
#include "reference/testing/memory_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::reference {
namespace {

using codec::JsonValue;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

net::Fields json_type(std::string_view type = "application/json") {
    net::Fields fields;
    fields.add("content-type", type);
    return fields;
}

/// The routes on a free port, over a store in memory.
class RoutesTest : public ::testing::Test {
protected:
    void SetUp() override {
        journal::EmbeddedConfig config;
        config.directory = "journal";
        journal_ = std::move(*journal::open_embedded(disk_, config, clock_));
        const receive::Admission::Limits limits{64u << 20, 64u << 20, 64u << 20, std::chrono::milliseconds(0)};
        admission_.emplace(limits, *journal_, std::function<Offset()>());
        Ground ground{store_, *admission_, work_, metrics_, "sync", tenant_of};
        api_ = Api::create(std::move(ground));
        api_->register_routes(router_);
        server_ = std::move(*net::Server::create(net_, {}, router_));
        server_->start();
        net_.start();
        client_.emplace(*net::Url::parse("http://" + server_->address()));
    }
    void TearDown() override {
        server_->stop(std::chrono::milliseconds(0));
        work_.stop();
        net_.stop();
    }
    static Result<std::string> tenant_of(const net::RequestHead& head) {
        if (head.fields.find("x-scope-orgid") == "!") return fail(Errc::bad_argument, "X-Scope-OrgID");
        return std::string("default");
    }

    net::ClientResponse ask(std::string_view method, std::string_view target, const net::Fields& fields = {},
                            std::string_view body = {}) {
        auto response = client_->request(method, target, fields, body);
        EXPECT_TRUE(response) << method << " " << target;
        return response ? std::move(*response) : net::ClientResponse{};
    }
    net::ClientResponse post(std::string_view target, std::string_view body) {
        return ask("POST", target, json_type(), body);
    }
    std::string get(std::string_view target) { return ask("GET", target).body; }
    /// The error's code and message of an answer with that status.
    std::string refusal(const net::ClientResponse& response, int status) {
        EXPECT_EQ(response.status, status) << response.body;
        const auto json = JsonValue::parse(response.body);
        EXPECT_TRUE(json) << response.body;
        if (!json) return "";
        const auto& error = (*json)["error"];
        EXPECT_EQ(error["requestId"].text(), response.fields.find("x-request-id"));
        return std::string(error["code"].text()) + " " + std::string(error["message"].text());
    }
    /// What a stream sends until it has sent `enough`.
    std::string read_stream(std::string_view target, std::string_view enough, const net::Fields& fields = {}) {
        net::Client other(*net::Url::parse("http://" + server_->address()));
        std::string all;
        const auto on_head = [](const net::ClientResponse& head) {
            EXPECT_EQ(head.status, 200);
            EXPECT_EQ(head.fields.find("content-type"), "text/event-stream");
            return true;
        };
        const auto on_bytes = [&](std::string_view bytes) {
            all += bytes;
            return all.find(enough) == std::string::npos;
        };
        static_cast<void>(other.stream(target, fields, std::chrono::seconds(3), on_head, on_bytes));
        return all;
    }

    testing::MemoryStore store_;
    disk::FaultyDisk disk_{1};
    FakeClock clock_;
    std::unique_ptr<journal::Journal> journal_;  // nothing is appended: admission wants one
    std::optional<receive::Admission> admission_;
    runtime::IoPool net_{1};
    runtime::WorkPool work_{1};
    telemetry::Registry metrics_;
    net::Router router_;
    std::unique_ptr<Api> api_;
    std::unique_ptr<net::Server> server_;
    std::optional<net::Client> client_;
};

TEST_F(RoutesTest, UnknownPathsAndMethodsAre404) {
    EXPECT_EQ(refusal(ask("GET", "/nope"), 404), "NOT_FOUND Not found");
    EXPECT_EQ(refusal(ask("PUT", "/events"), 404), "NOT_FOUND Not found");
    EXPECT_EQ(refusal(ask("GET", "/events/%ZZ"), 400), "REQUEST_ERROR Failed to decode param '%ZZ'");
    EXPECT_EQ(refusal(ask("GET", "/events/%FF"), 400), "REQUEST_ERROR Failed to decode param '%FF'");
    EXPECT_EQ(ask("GET", "/v1/nope").fields.find("content-type"), "application/problem+json");
    EXPECT_EQ(get("/HEALTH/"), "OK");
    net::Fields stranger;
    stranger.add("x-scope-orgid", "!");
    EXPECT_EQ(refusal(ask("GET", "/events", stranger), 400), "REQUEST_ERROR X-Scope-OrgID");
}

TEST_F(RoutesTest, EveryAnswerNamesItsRequest) {
    const auto made = ask("GET", "/conversations");
    EXPECT_EQ(made.fields.find("content-type"), "application/json; charset=utf-8");
    EXPECT_THAT(std::string(made.fields.find("x-request-id")), MatchesRegex("[0-9a-f-]{36}"));
    net::Fields fields;
    fields.add("x-request-id", "abc def/1");
    EXPECT_EQ(ask("GET", "/conversations", fields).fields.find("x-request-id"), "abc def/1");
    fields.add("if-none-match", made.fields.find("etag"));
    EXPECT_EQ(ask("GET", "/conversations", fields).status, 304);
    fields.add("cache-control", "no-cache");
    EXPECT_EQ(ask("GET", "/conversations", fields).status, 200);
    EXPECT_EQ(ask("OPTIONS", "/anything", fields).status, 204);
}

TEST_F(RoutesTest, BodiesAreReadAsTheReferenceMeansTo) {
    const std::string good = R"({"conversation_id":"c","query_id":"q","messages":[1]})";
    EXPECT_EQ(post("/messages", good).status, 200);
    EXPECT_EQ(ask("POST", "/messages", json_type("application/json; charset=UTF-8"), good).status, 200);
    for (auto [coding, body] :
         {std::pair("gzip", std::string(codec::gzip(good).view())), std::pair("identity", good)}) {
        auto fields = json_type();
        fields.add("content-encoding", coding);
        EXPECT_EQ(ask("POST", "/messages", fields, body).status, 200) << coding;
    }
    auto broken = json_type();
    broken.add("content-encoding", "gzip");
    EXPECT_THAT(refusal(ask("POST", "/messages", broken, "no"), 400), StartsWith("REQUEST_ERROR "));
    broken.set("content-encoding", "zip");
    EXPECT_THAT(refusal(ask("POST", "/messages", broken, "no"), 415), StartsWith("REQUEST_ERROR "));
    EXPECT_THAT(refusal(ask("POST", "/messages", json_type("application/json; charset=latin1"), good), 415),
                HasSubstr("latin1"));
    EXPECT_EQ(refusal(ask("POST", "/messages", json_type("text/plain"), good), 400),
              "VALIDATION_ERROR body: Invalid input: expected object, received undefined");
    for (const char* bad : {"{", "null", "\"x\"", "{\"a\":01}"})
        EXPECT_THAT(refusal(post("/messages", bad), 400), StartsWith("REQUEST_ERROR ")) << bad;
    EXPECT_EQ(refusal(post("/messages", "[]"), 400),
              "VALIDATION_ERROR body: Invalid input: expected object, received array");
    EXPECT_THAT(refusal(post("/events", ""), 400),
                HasSubstr("data: Invalid input: expected object, received undefined"));
    const std::string large(11u << 20, ' ');
    EXPECT_EQ(refusal(post("/messages", large), 413), "REQUEST_ERROR request entity too large");
}

TEST_F(RoutesTest, MessagesAreCheckedAndPaged) {
    const auto message = [](std::string_view ttl) {
        return fmt::format(R"({{"conversation_id":"c","query_id":"q","messages":[{{"a":1}}, 2],"ttl_seconds":{}}})",
                           ttl);
    };
    for (const char* good : {"60", "\"60\"", "true", "[5]"})
        EXPECT_EQ(post("/messages", message(good)).status, 200) << good;
    EXPECT_EQ(store_.last_ttl, std::chrono::seconds(5));
    for (const char* bad : {"0", "-1", "1.5", "null", "\"\"", "\"abc\"", "{}"})
        EXPECT_THAT(refusal(post("/messages", message(bad)), 400), StartsWith("VALIDATION_ERROR ttl_seconds: ")) << bad;
    EXPECT_THAT(refusal(post("/messages", R"({"query_id":"q","messages":[]})"), 400), HasSubstr("conversation_id: "));
    EXPECT_THAT(refusal(post("/messages", R"({"conversation_id":"","query_id":1,"messages":[]})"), 400),
                HasSubstr("query_id: "));
    EXPECT_THAT(refusal(post("/messages", R"({"conversation_id":"","query_id":"","messages":{}})"), 400),
                HasSubstr("messages: "));

    const auto first = JsonValue::parse(get("/messages?limit=3"));
    EXPECT_EQ((*first)["items"].size(), 3u);
    EXPECT_EQ((*first)["total"].integer(), 8);
    EXPECT_TRUE((*first)["hasMore"].boolean());
    EXPECT_EQ((*first)["nextCursor"].integer(), 3);
    EXPECT_EQ((*first)["items"][1]["message"].integer(), 2);
    const auto last = get("/messages?cursor=6");
    EXPECT_THAT(last, HasSubstr(R"("total":8,"hasMore":false})"));
    EXPECT_EQ(get("/messages?cursor=100"), R"({"items":[],"total":8,"hasMore":false})");
    EXPECT_EQ(refusal(ask("GET", "/messages?limit=1001"), 400), "PAGINATION_ERROR limit cannot exceed 1000");
    EXPECT_THAT(refusal(ask("GET", "/messages?cursor=abc"), 400), StartsWith("VALIDATION_ERROR cursor: "));
    EXPECT_THAT(refusal(ask("GET", "/messages?watch=1"), 400), StartsWith("VALIDATION_ERROR watch: "));
    EXPECT_THAT(refusal(ask("GET", "/messages?query_id=a&query_id=b"), 400), HasSubstr("received array"));
}

TEST_F(RoutesTest, ConversationsComeFromMessages) {
    for (const char* conversation : {"c2", "c1", "__proto__"})
        EXPECT_EQ(
            post("/messages", fmt::format(R"({{"conversation_id":"{}","query_id":"q","messages":[1]}})", conversation))
                .status,
            200);
    EXPECT_EQ(get("/conversations"), R"({"conversations":["c2","c1","__proto__"]})");
    EXPECT_THAT(get("/memory-status"),
                HasSubstr(R"("total_messages":3,"conversations":{"c2":{"message_count":1,"query_count":1})"));
    EXPECT_THAT(get("/conversations/c1"), StartsWith(R"({"conversation_id":"c1","messages":[{)"));
    EXPECT_EQ(refusal(ask("GET", "/conversations/none"), 404), "NOT_FOUND Conversation not found");
    const auto made = ask("POST", "/conversations");
    EXPECT_EQ(made.status, 201);
    EXPECT_THAT(made.body, MatchesRegex(R"(\{"conversation_id":"[0-9a-f-]{36}"\})"));
    EXPECT_EQ(ask("DELETE", "/conversations/c1/queries/q/messages").body,
              R"({"status":"success","message":"Query q messages deleted from conversation c1"})");
    EXPECT_EQ(ask("DELETE", "/conversations/c2").body, R"({"status":"success","message":"Conversation c2 deleted"})");
    EXPECT_EQ(get("/conversations"), R"({"conversations":["__proto__"]})");
    EXPECT_EQ(ask("DELETE", "/queries/q/messages").body,
              R"({"status":"success","message":"Query q messages deleted"})");
    EXPECT_EQ(ask("DELETE", "/messages").body, R"({"status":"success","message":"Memory purged"})");
    EXPECT_EQ(ask("DELETE", "/conversations").body, R"({"status":"success","message":"All conversations deleted"})");
}

TEST_F(RoutesTest, EventsAreAnsweredWith201) {
    const auto created = post("/events", R"({"reason":"A","data":{"queryId":"q","x":[1, 2]},"ttl_seconds":"9"})");
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.body, R"({"status":"success"})");
    EXPECT_EQ(
        get("/events"),
        R"({"items":[{"reason":"A","data":{"queryId":"q","x":[1,2]},"ttl_seconds":9}],"total":1,"hasMore":false})");
    EXPECT_EQ(get("/events/other"), R"({"items":[],"total":0,"hasMore":false})");
    EXPECT_THAT(refusal(post("/events", R"({"data":{"queryId":""}})"), 400), HasSubstr("data.queryId: Too small"));
    EXPECT_THAT(refusal(post("/events", R"({"data":{"queryId":5}})"), 400), HasSubstr("data.queryId: "));
    EXPECT_THAT(refusal(post("/events", R"({"data":[]})"), 400), HasSubstr("data: "));
    EXPECT_EQ(ask("DELETE", "/events/q").body, R"({"status":"success","message":"Query q events deleted"})");
    EXPECT_EQ(ask("DELETE", "/events").body, R"({"status":"success","message":"Event data purged"})");
}

TEST_F(RoutesTest, AnArrayOfEventsIsTakenWholeOrNotAtAll) {
    EXPECT_THAT(refusal(post("/events", "[]"), 400), HasSubstr("body: "));
    EXPECT_EQ(post("/events", R"([{"reason":"A","data":{"queryId":"q"}}, {"data":{"queryId":"r"}}])").status, 201);
    EXPECT_EQ(get("/events/r"), R"({"items":[{"data":{"queryId":"r"}}],"total":1,"hasMore":false})");
    EXPECT_THAT(refusal(post("/events", R"([{"data":{"queryId":"s"}}, {"data":{}}])"), 400),
                HasSubstr("data.queryId: "));
    EXPECT_THAT(refusal(post("/events", R"([[{"data":{"queryId":"s"}}]])"), 400), HasSubstr("body: "));
    EXPECT_EQ(get("/events/s"), R"({"items":[],"total":0,"hasMore":false})");
}

TEST_F(RoutesTest, ChunksAreTakenLineByLine) {
    const auto taken = ask("POST", "/stream/q%2F1", {}, "{\"a\": 1}\n\n  2 \nnull\nnot json\r\n\"last\"");
    EXPECT_EQ(taken.body, R"({"status":"stream_processed","query":"q/1","chunks_received":4})");
    EXPECT_EQ(get("/stream?limit=1"), R"({"items":[{"sequenceNumber":1,"data":{"queryId":"q/1","chunk":{"a":1}}}],)"
                                      R"("total":3,"hasMore":true,"nextCursor":1})");
    EXPECT_EQ(refusal(ask("POST", "/stream/none/complete"), 404), "NOT_FOUND Stream not found");
    EXPECT_EQ(ask("POST", "/stream/q%2F1/complete").body, R"({"status":"completed","query":"q/1"})");
    EXPECT_EQ(ask("POST", "/stream/q%2F1/complete").body, R"({"status":"already_completed","query":"q/1"})");
    EXPECT_EQ(read_stream("/stream/q%2F1?from-beginning=true", "never"),
              "data: {\"a\":1}\nid: 1\n\ndata: 2\nid: 2\n\ndata: [DONE]\n\n");
    net::Fields seen;
    seen.add("last-event-id", "1");
    EXPECT_EQ(read_stream("/stream/q%2F1", "never", seen), "data: 2\nid: 2\n\ndata: [DONE]\n\n");
    EXPECT_THAT(refusal(ask("GET", "/stream/q?wait-for-query=-1"), 400), HasSubstr("wait-for-query: "));
    EXPECT_THAT(refusal(ask("GET", "/stream/q?max-chunk-size=0"), 400), HasSubstr("max-chunk-size: "));
    EXPECT_THAT(refusal(ask("GET", "/stream/q?from-beginning=yes"), 400), HasSubstr("from-beginning: "));
    EXPECT_EQ(ask("DELETE", "/stream").body, R"({"status":"success","message":"Stream data purged"})");
}

TEST_F(RoutesTest, AQueryThatDoesNotComeEndsWithATimeout) {
    EXPECT_EQ(read_stream("/stream/q?wait-for-query=0", "never"),
              "data: {\"error\":{\"message\":\"Request timeout waiting for streaming query "
              "response\",\"type\":\"timeout_error\","
              "\"code\":\"timeout\"}}\n\ndata: [DONE]\n\n");
}

TEST_F(RoutesTest, WatchersAreConnectedAndReplayed) {
    for (const char* query : {"a", "b"})
        post("/events", fmt::format(R"({{"data":{{"queryId":"{}","sessionId":"s"}}}})", query));
    EXPECT_EQ(read_stream("/events?watch=true&cursor=1", "id: 2\n\n"),
              ": connected\n\ndata: {\"data\":{\"queryId\":\"b\",\"sessionId\":\"s\"}}\nid: 2\n\n");
    EXPECT_THAT(read_stream("/events/a?watch=true&from-beginning=true", "id: 1\n\n"), HasSubstr("\"queryId\":\"a\""));
    post("/sessions", R"({"sessionId":"s"})");
    store_.add_span(TraceId::from_hex("000102030405060708090a0b0c0d0e0f").value(), "s", R"({"name":"x"})");
    EXPECT_THAT(read_stream("/traces?watch=true&cursor=0&session_id=s", "id: 1\n\n"),
                HasSubstr("data: {\"name\":\"x\"}\n"));
}

TEST_F(RoutesTest, TracesAreFoundByEveryFormOfTheirId) {
    store_.add_span(TraceId::from_hex("000102030405060708090a0b0c0d0e0f").value(), "s", R"({"name":"x"})");
    const std::string one = R"({"traceId":"000102030405060708090a0b0c0d0e0f","spans":[{"name":"x"}]})";
    EXPECT_EQ(get("/traces/000102030405060708090A0B0C0D0E0F"), one);
    EXPECT_EQ(get("/traces/AAECAwQFBgcICQoLDA0ODw%3D%3D"), one);
    EXPECT_EQ(get("/traces"), "{\"items\":[" + one + "],\"total\":1,\"hasMore\":false}");
    EXPECT_EQ(get("/traces?cursor=1"), R"({"items":[],"total":1,"hasMore":false})");
    EXPECT_EQ(refusal(ask("GET", "/traces/zz"), 404), "NOT_FOUND Trace not found");
    EXPECT_EQ(refusal(ask("DELETE", "/traces/zz"), 404), "NOT_FOUND Not found");
    EXPECT_EQ(ask("DELETE", "/traces").body, R"({"status":"success","message":"Trace data purged"})");
}

TEST_F(RoutesTest, SessionsAreAMapOrAPage) {
    for (const char* id : {"a", "b", "c"})
        EXPECT_EQ(post("/sessions", fmt::format(R"({{"sessionId":"{}"}})", id)).status, 201);
    EXPECT_EQ(get("/sessions?limit=&cursor="),
              R"({"sessions":{"a":{"sessionId":"a"},"b":{"sessionId":"b"},"c":{"sessionId":"c"}}})");
    EXPECT_EQ(get("/sessions?limit=2"),
              R"({"items":[{"sessionId":"a"},{"sessionId":"b"}],"total":3,"hasMore":true,"nextCursor":2,)"
              R"("statusCounts":{"active":0,"idle":3,"error":0}})");
    EXPECT_THAT(get("/sessions?cursor=2&sort=name&order=asc&status=error&search=X"),
                HasSubstr(R"("items":[{"sessionId":"c"}])"));
    EXPECT_EQ(store_.last_sessions_request.sort, SessionSort::name);
    EXPECT_FALSE(store_.last_sessions_request.descending);
    EXPECT_EQ(store_.last_sessions_request.status, SessionStatus::error);
    EXPECT_EQ(store_.last_sessions_request.search, "X");
    EXPECT_EQ(get("/sessions/b"), R"({"sessionId":"b"})");
    EXPECT_EQ(refusal(ask("GET", "/sessions/constructor"), 404), "NOT_FOUND Session not found");
    EXPECT_THAT(refusal(ask("GET", "/sessions?status="), 400), StartsWith("VALIDATION_ERROR status: Invalid option"));
    EXPECT_THAT(refusal(ask("GET", "/sessions?limit=x"), 400), StartsWith("PAGINATION_ERROR "));
    EXPECT_THAT(refusal(post("/sessions", R"({"sessionId":""})"), 400), HasSubstr("sessionId: "));
    EXPECT_EQ(ask("DELETE", "/sessions").body, R"({"status":"success","message":"Sessions purged"})");
}

TEST_F(RoutesTest, FailuresOfTheStoreAreTold) {
    store_.failure = fail(Errc::overloaded, "the journal is behind");
    const auto busy = post("/events", R"({"data":{"queryId":"q"}})");
    EXPECT_EQ(refusal(busy, 503), "OVERLOADED the journal is behind");
    EXPECT_EQ(busy.fields.find("retry-after"), "1");
    store_.failure = fail(Errc::corrupt, "segment 4 of /secret/path");
    EXPECT_EQ(refusal(ask("GET", "/events"), 500), "INTERNAL_ERROR Internal server error");
}

TEST(ParseDate, ReadsIsoFormsInUtc) {
    const auto text = [](const char* date) { return to_rfc3339(parse_date(date).value_or(UnixNanos{})); };
    EXPECT_EQ(text("2026-11-20T09:24:09.746Z"), "2026-11-20T09:24:09.746Z");
    EXPECT_EQ(text("2026-11-20"), "2026-11-20T00:00:00.000Z");
    EXPECT_EQ(text("2026-11"), "2026-11-01T00:00:00.000Z");
    EXPECT_EQ(text("2026"), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(text("2026-11-20T09:24"), "2026-11-20T09:24:00.000Z");
    EXPECT_EQ(text("2026-11-20T09:24Z"), "2026-11-20T09:24:00.000Z");
    EXPECT_EQ(text("2026-11-20T09:24:09"), "2026-11-20T09:24:09.000Z");
    EXPECT_EQ(text("2026-11-20T09:24:09+01:00"), "2026-11-20T08:24:09.000Z");
    EXPECT_GT(parse_date("9999-12-31"), parse_date("2261-01-01"));
    EXPECT_EQ(parse_date("1969-12-31"), UnixNanos{});
    for (const char* bad : {"", "x", "yesterday", "2026-13-01", "20261120", "2026-1-1"})
        EXPECT_FALSE(parse_date(bad)) << bad;
}

}  // namespace
}  // namespace ark::reference
