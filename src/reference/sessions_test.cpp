#include "codec/json_value.hpp"
#include "reference/testing/store_world.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace ark::reference {
namespace {

using codec::JsonValue;
using testing::StoreWorld;

JsonValue session_of(StoreWorld& world, const std::string& id) {
    world.settle();
    const auto found = world.store->session("default", id);
    EXPECT_TRUE(found);
    if (!found || !*found) return {};
    auto json = JsonValue::parse((*found)->json);
    EXPECT_TRUE(json) << (*found)->json;
    return json ? *json : JsonValue();
}

std::string event(const std::string& data, const std::string& reason) {
    return R"({"data":{"queryId":"u",)" + data + R"(},"reason":")" + reason + R"("})";
}

TEST(Sessions, AreTheDocumentedExample) {
    StoreWorld world;
    const std::string ids = R"("sessionId":"session-abc","queryName":"qn-1","queryNamespace":"default")";
    world.add_event(event(ids + R"(,"agent":"default/noah","toolName":"tl")", "QueryExecutionStart"));
    world.clock.advance_ms(5);
    world.add_event(event(ids + R"(,"conversationId":"conv-m","targetType":"team")", "QueryResolveStart"));
    world.clock.advance_ms(5);
    world.add_event(event(ids + R"(,"error":"bad")", "QueryExecutionComplete"));
    world.settle();
    const auto found = world.store->session("default", "session-abc");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->json,
              R"({"sessionId":"session-abc","name":"abc","queries":{"qn-1":{"name":"qn-1","namespace":"default",)"
              R"("conversationId":"conv-m","agent":"default/noah","tool":"tl","targetType":"team","phase":"error",)"
              R"("error":"bad","createdAt":"2023-11-14T22:13:20.000Z","completedAt":"2023-11-14T22:13:20.010Z",)"
              R"("lastActivity":"2023-11-14T22:13:20.010Z"}},"status":"error","errorCount":1,)"
              R"("createdAt":"2023-11-14T22:13:20.000Z","lastActivity":"2023-11-14T22:13:20.010Z","conversations":)"
              R"([{"conversationId":"conv-m","name":"default/noah","participants":["default/noah"],"messageCount":1,)"
              R"("duration":"0s","startTime":"2023-11-14T22:13:20.000Z","participantType":"team","errorCount":1}],)"
              R"("participants":[{"id":"default/noah","name":"default/noah","type":"team"}]})");
}

TEST(Sessions, PhasesFollowTheRules) {
    StoreWorld world;
    const auto phase_after = [&](const std::vector<std::string>& reasons) {
        static int number = 0;
        const auto id = "s" + std::to_string(++number);
        for (const auto& reason : reasons)
            world.add_event(event(R"("sessionId":")" + id + R"(","queryName":"q")", reason));
        return std::string(session_of(world, id)["queries"]["q"]["phase"].text());
    };
    EXPECT_EQ(phase_after({"Anything"}), "running");
    EXPECT_EQ(phase_after({"QueryExecutionComplete"}), "done");
    EXPECT_EQ(phase_after({"QueryExecutionComplete", "Anything"}), "done") << "is not reopened";
    EXPECT_EQ(phase_after({"QueryExecutionComplete", "QueryExecutionCanceled"}), "canceled");
    EXPECT_EQ(phase_after({"ToolCallError", "QueryExecutionCanceled"}), "error");
    EXPECT_EQ(phase_after({"ToolCallError", "QueryExecutionComplete"}), "done") << "clears the error";
    EXPECT_EQ(phase_after({"QueryExecutionCanceled", "QueryExecutionComplete"}), "canceled");
    EXPECT_EQ(phase_after({"QueryExecutionCanceled", "ToolCallError"}), "error");
}

TEST(Sessions, OrderTheirKeysAsJavaScriptDoes) {
    StoreWorld world;
    for (const auto* name : {"b", "10", "a", "9", "01"})
        world.add_event(event(std::string(R"("sessionId":"x","queryName":")") + name + '"', "R"));
    std::vector<std::string> order;
    const auto session = session_of(world, "x");
    for (const auto& [name, query] : session["queries"].object())
        order.push_back(name);
    EXPECT_EQ(order, (std::vector<std::string>{"9", "10", "b", "a", "01"}));
}

TEST(Sessions, HostileNamesAreJustNames) {
    StoreWorld world;
    for (const auto* id : {"__proto__", "constructor", "toString"})
        world.add_event(event(std::string(R"("sessionId":")") + id + R"(","queryName":")" + id + '"', "R"));
    EXPECT_EQ(session_of(world, "__proto__")["queries"]["__proto__"]["phase"].text(), "running");
    world.add_event(event(R"("sessionId":7,"queryName":"q")", "R"));
    world.settle();
    EXPECT_EQ(world.store->sessions("default")->size(), 3u);
}

TEST(Sessions, LearnTheConversationFromMessages) {
    StoreWorld world;
    world.add_event(event(R"("sessionId":"s","queryName":"q")", "R"));
    world.clock.advance_ms(10);
    world.add_messages("c", "q", {"1"});
    const auto session = session_of(world, "s");
    EXPECT_EQ(session["queries"]["q"]["conversationId"].text(), "c");
    EXPECT_EQ(session["lastActivity"].text(), "2023-11-14T22:13:20.010Z");
}

TEST(Sessions, PostedOnesCountAndPurgesEmpty) {
    StoreWorld world;
    world.add(model::BatchKind::session_updates,
              items::encode_session_update(R"({"sessionId":"s","queryName":"q","_reason":"XError","reason":"no"})"), 1);
    EXPECT_EQ(session_of(world, "s")["status"].text(), "error");
    world.add_deletion(Kind::sessions);
    world.settle();
    EXPECT_TRUE(world.store->sessions("default")->empty());
    SessionsRequest request;
    EXPECT_EQ(world.store->sessions_page("default", request)->total, 0u);
}

// Goal: what is counted as events come is what one would count over all queries.
// Method: random events and messages; the counters against the queries that the sessions show.
TEST(Sessions, CountersAreWhatTheQueriesSay) {
    StoreWorld world;
    std::mt19937_64 random(5);
    const auto pick = [&](std::uint64_t n) { return random() % n; };
    const std::vector<std::string> reasons = {"Start", "QueryExecutionComplete", "QueryExecutionCanceled", "ToolError"};
    for (int i = 0; i < 600; ++i) {
        world.clock.advance_ms(pick(3));
        const auto session = std::to_string(pick(5));
        const auto query = "q" + std::to_string(pick(6));
        if (pick(6) == 0) {
            world.add_messages("c" + std::to_string(pick(3)), query, {"1"});
            continue;
        }
        auto data = R"("sessionId":")" + session + R"(","queryName":")" + query + '"';
        if (pick(3) == 0) data += R"(,"conversationId":"c)" + std::to_string(pick(3)) + '"';
        if (pick(3) == 0) data += R"(,"agent":"A)" + std::to_string(pick(3)) + '"';
        world.add_event(event(data, reasons[pick(reasons.size())]));
        if (i % 200 == 199) world.restart();
    }
    world.settle();
    std::map<std::string, std::uint64_t> statuses;
    for (const auto& text : *world.store->sessions("default")) {
        const auto session = *JsonValue::parse(text.json);
        std::uint64_t running = 0, errors = 0;
        std::string latest_time, latest_phase;
        for (const auto& [name, query] : session["queries"].object()) {
            running += query["phase"].text() == "running" ? 1 : 0;
            errors += query["phase"].text() == "error" ? 1 : 0;
            if (query["lastActivity"].text() <= latest_time) continue;
            latest_time = query["lastActivity"].text();
            latest_phase = query["phase"].text();
        }
        EXPECT_EQ(session["errorCount"].integer(), static_cast<std::int64_t>(errors));
        const auto* status = running > 0 ? "active" : latest_phase == "error" ? "error" : "idle";
        EXPECT_EQ(session["status"].text(), status) << text.json;
        ++statuses[status];
    }
    SessionsRequest request;
    const auto page = world.store->sessions_page("default", request);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, 5u);
    EXPECT_EQ(page->active, statuses["active"]);
    EXPECT_EQ(page->error, statuses["error"]);
    EXPECT_EQ(page->idle, statuses["idle"]);
    request.search = "a1";
    request.sort = SessionSort::date;
    const auto found = world.store->sessions_page("default", request);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->total, found->active + found->error + found->idle);
}

// Goal: pages by date, with and without dates and a status that narrow them, are cut from the whole list as it would be
// sorted, whatever the index does.
// Method: random events and messages, many in one millisecond, with restarts; every page against all sessions, sorted.
TEST(Sessions, PagesByDateAndStatusAreCutFromTheSortedWhole) {
    StoreWorld world;
    std::mt19937 random(7);
    const auto pick = [&](std::size_t n) { return random() % n; };
    const std::vector<std::string> reasons = {"R", "ToolCallError", "QueryExecutionComplete"};
    for (int i = 0; i < 300; ++i) {
        if (pick(4) == 0) world.clock.advance_ms(1 + pick(3));
        const auto query = "q" + std::to_string(pick(20));
        if (pick(8) == 0) {
            world.add_messages("c", query, {"1"});
        } else {
            const auto session = (pick(2) == 0 ? "" : "s") + std::to_string(pick(20));
            world.add_event(event(R"("sessionId":")" + session + R"(","queryName":")" + query + '"', reasons[pick(3)]));
        }
        if (i % 100 == 99) world.restart();
    }
    world.settle();
    struct Session {
        std::string id, status;
        UnixNanos active;
    };
    std::vector<Session> whole;
    for (const auto& text : *world.store->sessions("default")) {
        const auto json = *JsonValue::parse(text.json);
        const auto active = parse_rfc3339(json["lastActivity"].text());
        ASSERT_TRUE(active);
        whole.push_back({text.id, std::string(json["status"].text()), *active});
    }
    ASSERT_EQ(whole.size(), 40u);
    for (int i = 0; i < 400; ++i) {
        SessionsRequest request;
        request.sort = pick(4) == 0 ? SessionSort::none : SessionSort::date;
        request.descending = pick(2) == 0;
        request.offset = pick(3) * 5;
        request.limit = 1 + pick(50);
        if (pick(2) == 0) request.status = static_cast<SessionStatus>(pick(3));
        if (pick(3) == 0) request.from = whole[pick(whole.size())].active;
        if (pick(3) == 0) request.until = whole[pick(whole.size())].active;
        auto expected = whole;
        static const char* const names[] = {"active", "idle", "error"};
        std::erase_if(expected, [&](const Session& session) {
            return (request.status && session.status != names[static_cast<std::size_t>(*request.status)]) ||
                   (request.from && session.active < *request.from) ||
                   (request.until && session.active > *request.until);
        });
        if (request.sort == SessionSort::date) {
            std::stable_sort(expected.begin(), expected.end(), [&](const Session& a, const Session& b) {
                return request.descending ? b.active < a.active : a.active < b.active;
            });
        }
        const auto page = world.store->sessions_page("default", request);
        ASSERT_TRUE(page);
        std::vector<std::string> ids, wanted;
        for (const auto& session : page->sessions)
            ids.push_back(session.id);
        for (auto at = request.offset; at < expected.size() && wanted.size() < request.limit; ++at)
            wanted.push_back(expected[at].id);
        EXPECT_EQ(ids, wanted);
        EXPECT_EQ(page->total, expected.size());
        EXPECT_EQ(page->active + page->idle + page->error, expected.size());
        EXPECT_EQ(page->has_more, request.offset + wanted.size() < expected.size());
    }
}

}  // namespace
}  // namespace ark::reference
