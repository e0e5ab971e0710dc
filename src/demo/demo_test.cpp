// Goal: what the demo brings along fits together: files that can be read, tools that answer, visitors who ask real
// things.
#include "codec/yaml_reader.hpp"
#include "demo/files.hpp"
#include "demo/harbour.hpp"
#include "demo/visits.hpp"
#include "mockllm/script.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "runtime/io_pool.hpp"
#include "tools/mcp/client.hpp"

#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

namespace ark::demo {
namespace {

using ::testing::HasSubstr;

std::string_view text_of(std::string_view name) {
    for (const auto& file : files()) {
        if (file.name == name) return file.text;
    }
    return {};
}

TEST(DemoFiles, EveryVisitAsksSomebodyWhoIsThere) {
    std::set<std::string> there;
    for (const auto& file : files()) {
        const auto documents = codec::parse_yaml(file.text);
        ASSERT_TRUE(documents) << file.name << ": " << documents.error().message();
        if (!file.name.starts_with("resources/")) continue;
        for (const auto& document : *documents) {
            auto kind = std::string(document.value["kind"].text());
            kind.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(kind.front())));
            there.insert(kind + "/" + std::string(document.value["metadata"]["name"].text()));
        }
    }
    const auto visits = parse_visits(text_of("demo/visits.yaml"));
    ASSERT_TRUE(visits) << visits.error().message();
    for (const auto& visit : *visits) {
        for (const auto& question : visit.questions)
            EXPECT_EQ(there.count(question.type + "/" + question.name), 1u) << visit.name << ": " << question.name;
    }
    const auto script = mockllm::Script::parse(text_of("demo/model.yaml"));
    EXPECT_TRUE(script) << script.error().message();
}

TEST(DemoVisits, MistakesNameTheVisit) {
    EXPECT_THAT(parse_visits("- {name: a, queries: [{target: agent, input: x}]}").error().context,
                HasSubstr("visit a"));
    EXPECT_THAT(parse_visits("- {name: a, queries: []}").error().context, HasSubstr("visit a"));
    EXPECT_FALSE(parse_visits("[]"));
}

class HarbourTest : public ::testing::Test {
protected:
    HarbourTest() {
        harbour_.add_routes(router_);
        server_ = std::move(*net::Server::create(pool_, {}, router_));
        server_->start();
        pool_.start();
    }
    ~HarbourTest() override {
        harbour_.stop();
        server_->stop(std::chrono::milliseconds(500));
        pool_.stop();
    }
    std::string url() const { return "http://" + server_->address(); }

    Harbour harbour_;
    net::Router router_;
    runtime::IoPool pool_{1};
    std::unique_ptr<net::Server> server_;
};

TEST_F(HarbourTest, TheWebServiceAnswersAndRefuses) {
    net::Client client(*net::Url::parse(url()));
    const auto tides = client.request("GET", "/tides/dover?day=today", {}, "");
    ASSERT_TRUE(tides);
    EXPECT_THAT(tides->body, HasSubstr("Dover, today: high water "));
    EXPECT_EQ(client.request("GET", "/tides/Atlantis", {}, "")->status, 404);
    EXPECT_EQ(client.request("POST", "/berths", {}, R"({"boat":"Kittiwake","nights":3})")->status, 201);
    EXPECT_EQ(client.request("POST", "/berths", {}, R"({"boat":"Kittiwake","nights":30})")->status, 409);
    EXPECT_EQ(client.request("POST", "/berths", {}, "?")->status, 400);
}

awaitable<std::string> talk(tools::mcp::Client& client) {
    std::string said;
    std::stop_token never;
    const auto connected = co_await client.connect(never);
    if (!connected) co_return connected.error().message();
    said += connected->name;
    const auto tools = co_await client.tools(never);
    if (!tools) co_return tools.error().message();
    for (const auto& tool : *tools)
        said += " " + tool.definition.name;
    tools::CallContext context;
    std::string name = "lookup";
    std::string arguments = R"({"place":"Calais"})";
    const auto called = co_await client.call(std::move(name), std::move(arguments), std::move(context));
    said += called ? " " + called->text : called.error().message();
    co_await client.close();
    co_return said;
}

TEST_F(HarbourTest, TheMcpServerSpeaksWithOurClient) {
    asio::io_context context;
    const auto http = net::HttpClient::create(context, {});
    tools::mcp::ClientConfig config;
    config.url = url() + "/mcp";
    const auto client = tools::mcp::Client::create(*http, std::move(config));
    std::string said;
    asio::co_spawn(context, talk(*client), [&](std::exception_ptr, std::string text) {
        said = std::move(text);
        context.stop();
    });
    context.run();
    EXPECT_THAT(said, HasSubstr("sea-charts lookup route Calais: 6.5 m"));
}

}  // namespace
}  // namespace ark::demo
