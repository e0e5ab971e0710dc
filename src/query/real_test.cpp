#include "items/expression.hpp"
#include "journal/embedded.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "otlp/build.hpp"
#include "query/api.hpp"
#include "query/testing/asking.hpp"

#include <algorithm>
#include <filesystem>
#include <future>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ark::query {
namespace {

using testing::span_id;
using testing::trace_id;

constexpr UnixNanos began{1'790'000'000'000'000'000};
constexpr std::uint64_t ms = 1'000'000;

// The API over the real journal, the real views and a real server.
class RealTest : public ::testing::Test {
protected:
    void SetUp() override { start({}, system_clock()); }

    /// `config`'s directory is given here.
    void start(views::ViewsConfig views_config, Clock& views_clock) {
        directory = std::filesystem::temp_directory_path() / ("ark_query_test." + std::to_string(::getpid()));
        std::filesystem::remove_all(directory);
        journal::EmbeddedConfig journal_config;
        journal_config.directory = directory / "journal";
        journal_config.durability = journal::Durability::os;
        journal_config.segment_bytes = 4u << 20;
        auto opened = journal::open_embedded(disk::real_disk(), journal_config, system_clock());
        ASSERT_TRUE(opened) << opened.error().message();
        journal = std::move(*opened);
        views_config.directory = directory / "views";
        auto folded = views::Views::open(views_config, *journal, views_clock);
        ASSERT_TRUE(folded) << folded.error().message();
        views = std::move(*folded);
        views->start();

        ApiDeps deps{*views, *journal, work, system_clock(), {}, {}, {}, {}};
        deps.tenant_of = [](const net::RequestHead& head) -> Result<std::string> {
            const auto tenant = head.fields.find("x-scope-orgid");
            return std::string(tenant.empty() ? "default" : tenant);
        };
        api = Api::create({}, std::move(deps));
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
        if (views) views->stop();
        if (journal) journal->stop();
        views.reset();
        journal.reset();
        std::filesystem::remove_all(directory);
    }

    Cursor put(model::BatchKind kind, const std::string& payload, std::size_t count,
               const std::string& tenant = "default") {
        model::BatchHeader header;
        header.kind = kind;
        header.item_count = static_cast<std::uint32_t>(count);
        header.tenant = tenant;
        header.received = began;
        std::promise<Cursor> durable;
        journal->append(std::make_shared<model::Batch>(std::move(header), Buffer::copy_of(payload)),
                        [&](Result<journal::Receipt> receipt) {
                            EXPECT_TRUE(receipt);
                            durable.set_value(receipt ? receipt->cursor() : Cursor{});
                        });
        return durable.get_future().get();
    }
    codec::JsonValue get(const std::string& target, const std::string& tenant = "default", int status = 200) {
        net::Client client(*net::Url::parse("http://" + server->address()));
        net::Fields fields;
        fields.add("x-scope-orgid", tenant);
        fields.add("accept", "application/json");
        const auto response = client.request("GET", target, fields);
        EXPECT_TRUE(response) << target;
        if (!response) return {};
        EXPECT_EQ(response->status, status) << target << " " << response->body;
        const auto value = codec::JsonValue::parse(response->body);
        EXPECT_TRUE(value) << response->body;
        return value ? *value : codec::JsonValue{};
    }

    std::filesystem::path directory;
    std::unique_ptr<journal::Journal> journal;
    std::unique_ptr<views::Views> views;
    runtime::IoPool io{1};
    runtime::WorkPool work{2};
    std::unique_ptr<Api> api;
    net::Router router;
    std::unique_ptr<net::Server> server;
};

otlp::Span span(std::uint64_t trace, std::uint64_t id, std::uint64_t parent, std::uint64_t start, std::uint64_t length,
                std::string name, otlp::ValueMap attributes) {
    otlp::Span out;
    out.trace_id = trace_id(trace);
    out.span_id = span_id(id);
    if (parent != 0) out.parent_span_id = span_id(parent);
    out.name = std::move(name);
    out.start = began + start * ms;
    out.end = out.start + length * ms;
    out.attributes = std::move(attributes);
    return out;
}

// A workflow, its agent, a model call that asks for a tool, the tool, and the answer.
std::vector<otlp::Span> execution(std::uint64_t trace, const std::string& session) {
    const auto input = R"([{"role":"user","parts":[{"type":"text","content":"What is 6 x 7?"}]}])";
    const auto asks = R"([{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"multiply",)"
                      R"("arguments":{"a":6,"b":7}}]}])";
    const auto history = R"([{"role":"user","parts":[{"type":"text","content":"What is 6 x 7?"}]},)"
                         R"({"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"multiply",)"
                         R"("arguments":{"a":6,"b":7}}]},)"
                         R"({"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":42}]}])";
    const auto answers = R"([{"role":"assistant","parts":[{"type":"text","content":"It is 42."}]}])";
    return {
        span(trace, 3, 2, 10, 100, "chat gpt-4.1",
             {{"gen_ai.operation.name", "chat"},
              {"gen_ai.request.model", "gpt-4.1"},
              {"gen_ai.input.messages", input},
              {"gen_ai.output.messages", asks},
              {"gen_ai.usage.input_tokens", 10},
              {"gen_ai.usage.output_tokens", 5}}),
        span(trace, 4, 2, 120, 30, "execute_tool multiply",
             {{"gen_ai.operation.name", "execute_tool"}, {"gen_ai.tool.name", "multiply"}}),
        span(trace, 5, 2, 160, 100, "chat gpt-4.1",
             {{"gen_ai.operation.name", "chat"},
              {"gen_ai.request.model", "gpt-4.1"},
              {"gen_ai.input.messages", history},
              {"gen_ai.output.messages", answers},
              {"gen_ai.usage.input_tokens", 30},
              {"gen_ai.usage.output_tokens", 6}}),
        span(trace, 2, 1, 5, 270, "invoke_agent counter",
             {{"gen_ai.operation.name", "invoke_agent"}, {"gen_ai.agent.name", "counter"}}),
        span(trace, 1, 0, 0, 300, "invoke_workflow demo",
             {{"gen_ai.operation.name", "invoke_workflow"}, {"session.id", session}}),
    };
}

std::vector<std::string> ids_on(const codec::JsonValue& page) {
    std::vector<std::string> out;
    for (const auto& item : page["items"].array())
        out.emplace_back(item["id"].text());
    return out;
}

TEST_F(RealTest, OneExecutionFromEverySide) {
    const auto spans = execution(1, "s-1");
    const auto at =
        put(model::BatchKind::traces, otlp::encode_traces({{"service.name", "svc"}}, {"t", "1"}, spans), 5).text();

    const auto sessions = get("/v1/sessions?at_least=" + at);
    ASSERT_EQ(sessions["items"].size(), 1u);
    EXPECT_EQ(sessions["items"][0]["id"].text(), "s-1");
    EXPECT_EQ(sessions["watchCursor"].text(), at);
    EXPECT_EQ(get("/v1/sessions/s-1")["spans"].integer(), 5);
    EXPECT_EQ(get("/v1/queries")["items"].size(), 1u);
    EXPECT_EQ(get("/v1/traces?session=s-1")["items"].size(), 1u);
    EXPECT_EQ(get("/v1/spans?session=s-1")["items"].size(), 5u);

    const auto trace = "/v1/traces/" + trace_id(1).hex();
    EXPECT_EQ(get(trace)["spans"].size(), 5u);
    EXPECT_EQ(get(trace + "?view=full")["spans"][1]["attributes"]["gen_ai.tool.name"].text(), "multiply");
    const auto otlp = get(trace + "?format=otlp");
    EXPECT_EQ(otlp["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"].text(), "svc");
    EXPECT_EQ(otlp["resourceSpans"][0]["scopeSpans"][0]["spans"].size(), 5u);
    EXPECT_EQ(
        get("/v1/spans/" + trace_id(1).hex() + "/" + span_id(3).hex())["attributes"]["gen_ai.request.model"].text(),
        "gpt-4.1");

    const auto skeleton = get("/v1/sessions/s-1/skeleton");
    EXPECT_EQ(skeleton["count"].integer(), 5);
    EXPECT_EQ(skeleton["lanes"].size(), 3u);  // unattached, workflow, counter
    EXPECT_TRUE(get("/v1/sessions/s-1/timeline")["exact"].boolean());

    const auto messages = get("/v1/sessions/s-1/messages");
    std::vector<std::string> roles;
    for (const auto& message : messages["items"].array())
        roles.emplace_back(message["role"].text());
    EXPECT_EQ(roles, (std::vector<std::string>{"user", "assistant", "tool", "assistant"}));
    EXPECT_EQ(messages["items"][3]["agent"].text(), "counter");
    EXPECT_EQ(get("/v1/facets?field=tool")["values"][0]["value"].text(), "multiply");
    EXPECT_EQ(get("/readyz")["status"].text(), "ready");
    EXPECT_EQ(get("/v1/status")["journal"]["items"].integer(), 5);
}

/// How many items or rows a request's expression was asked of.
class Looked {
public:
    std::uint64_t at(const std::function<void()>& ask) const {
        const auto& count = items::condition_counts().evaluated;
        const auto before = count.load();
        ask();
        return count.load() - before;
    }
};

// Goal: what an index knows of a filter it answers, on every list: the expression is asked of little more than what
// comes out. Method: 60 executions of 30 sessions; counted is how often the expression was evaluated.
TEST_F(RealTest, PartsOfAFilterThatAnIndexServesAreServedByIt) {
    Cursor at;
    for (std::uint64_t i = 0; i < 60; ++i) {
        auto spans = execution(i + 1, "s-" + std::to_string(i % 30));
        if (i % 30 == 7) spans[1].status_code = 2;
        at = put(model::BatchKind::traces, otlp::encode_traces({}, {}, spans), 5);
    }
    get("/v1/sessions?at_least=" + at.text());
    const auto looked = [&](const std::string& list, const std::string& filter, std::size_t found) {
        return Looked().at([&] {
            const auto page = get("/v1/" + list + "?limit=500&filter=" + net::percent_encode(filter));
            EXPECT_EQ(page["items"].size(), found) << list << " " << filter;
        });
    };
    // Two executions of the session: ten spans, twenty events that stand for them.
    EXPECT_LE(looked("spans", "session == 's-7' && name.startsWith('chat')", 4), 10u);
    EXPECT_LE(looked("events", "session == 's-7' && reason == 'ToolCallError'", 2), 20u);
    EXPECT_LE(looked("events", "trace == '" + trace_id(8).hex() + "' && tool == 'multiply'", 2), 10u);
    EXPECT_LE(looked("traces", "session == 's-7' && spans > 1", 2), 2u);
    EXPECT_LE(looked("traces", "id == '" + trace_id(8).hex() + "'", 1), 1u);
    EXPECT_LE(looked("queries", "session == 's-7' && !name.contains('zzz')", 2), 2u);
    EXPECT_LE(looked("sessions", "id == 's-7' && spans == 10", 1), 1u);
    EXPECT_LE(looked("sessions", "failed && spans == 10", 1), 1u);
    EXPECT_LE(looked("sessions", "'nobody' in agents && spans == 10", 0), 0u);
    EXPECT_LE(looked("sessions", "start > timestamp('2100-01-01T00:00:00Z') && spans == 10", 0), 30u);
    EXPECT_LE(looked("sessions", "lastActivity > timestamp('2100-01-01T00:00:00Z') && spans == 10", 0), 0u);
    // What no index knows is asked of all.
    EXPECT_EQ(looked("sessions", "spans == 10", 30), 30u);
}

// Goal: whichever way events are asked for, the same ones come, once; and nothing of another tenant.
TEST_F(RealTest, ScanAndPostingsAgreeAndTenantsAreApart) {
    Cursor at;
    for (std::uint64_t i = 0; i < 30; ++i) {
        const auto spans = execution(i + 1, "s-" + std::to_string(i % 3));
        const auto payload = otlp::encode_traces({}, {}, spans);
        at = put(model::BatchKind::traces, payload, 5, i % 5 == 4 ? "other" : "default");
    }
    const auto pages = [&](const std::string& target) {
        std::vector<std::string> out;
        std::string cursor;
        while (true) {
            const auto page = get(target + "&limit=7" + (cursor.empty() ? "" : "&cursor=" + cursor));
            for (auto& id : ids_on(page))
                out.push_back(std::move(id));
            if (page["nextCursor"].is_null()) return out;
            cursor = page["nextCursor"].text();
        }
    };
    get("/v1/meta");
    get("/v1/sessions?at_least=" + at.text());
    const auto all = pages("/v1/events?order=asc");
    EXPECT_EQ(all.size(), 24u * 10);
    auto back = pages("/v1/events?order=desc");
    std::reverse(back.begin(), back.end());
    EXPECT_EQ(back, all);
    std::vector<std::string> by_session;
    for (const auto* session : {"s-0", "s-1", "s-2"}) {
        const auto ascending = pages(std::string("/v1/events?order=asc&session=") + session);
        auto descending = pages(std::string("/v1/events?session=") + session);
        std::reverse(descending.begin(), descending.end());
        EXPECT_EQ(ascending, descending);
        by_session.insert(by_session.end(), ascending.begin(), ascending.end());
    }
    std::sort(by_session.begin(), by_session.end());
    auto sorted = all;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(by_session, sorted);

    EXPECT_EQ(get("/v1/sessions?count=true", "other")["total"].integer(), 3);
    EXPECT_EQ(get("/v1/spans?limit=1000", "other")["items"].size(), 30u);
    EXPECT_EQ(get("/v1/spans?limit=1000", "third")["items"].size(), 0u);
    get("/v1/events/" + all.front(), "other", 404);
    get("/v1/traces/" + trace_id(1).hex(), "other", 404);
}

class RealTestUnderLoad : public RealTest {
protected:
    void SetUp() override {
        views::ViewsConfig config;
        config.commit_gap = std::chrono::minutes(30);
        start(config, clock);
    }

    FakeClock clock{UnixNanos(5'000'000)};  // more than 50 items in these 5 ms are a load; it stands still
};

// Goal: read-your-writes costs no wait for the views' next commit, however long that may be put off under load.
// Method: half an hour, of which at_least waits ten seconds at the most before it gives up.
TEST_F(RealTestUnderLoad, AtLeastDoesNotWaitForTheNextCommit) {
    std::vector<otlp::Span> many;
    for (std::uint64_t n = 1; n <= 100; ++n)
        many.push_back(span(7, 100 + n, 0, n, 1, "step", {{"session.id", "busy"}}));
    const auto loaded = put(model::BatchKind::traces, otlp::encode_traces({}, {}, many), many.size());
    EXPECT_EQ(get("/v1/sessions?at_least=" + loaded.text())["items"].size(), 1u);
    for (std::uint64_t n = 1; n <= 3; ++n) {
        const auto spans = execution(n, "s-" + std::to_string(n));
        const auto at = put(model::BatchKind::traces, otlp::encode_traces({}, {}, spans), spans.size());
        EXPECT_LT(views->folded(), at.offset) << "nobody waits, so the commit waits for more";
        EXPECT_EQ(get("/v1/sessions?at_least=" + at.text())["items"].size(), 1 + n);
    }
}

}  // namespace
}  // namespace ark::query
