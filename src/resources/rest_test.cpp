// Goal: what kubectl and client libraries rely on, over a real connection.
#include "resources/rest.hpp"

#include "net/client.hpp"
#include "net/server.hpp"
#include "resources/testing/test_store.hpp"
#include "resources/wire.hpp"

#include <gmock/gmock.h>

namespace ark::resources {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* agents = "/apis/ark.mckinsey.com/v1alpha1/namespaces/lab/agents";
constexpr const char* config_maps = "/api/v1/namespaces/lab/configmaps";
constexpr std::string_view table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

class Rest : public ::testing::Test {
protected:
    Rest() : pool_(1), api_(t.store(), t.clock, {}) {
        api_.register_routes(router_);
        auto server = net::Server::create(pool_, {}, router_);
        EXPECT_TRUE(server) << server.error().message();
        server_ = std::move(*server);
        pool_.start();
        server_->start();
    }
    ~Rest() override {
        server_->stop(std::chrono::seconds(5));
        t.store().stop();
        pool_.stop();
    }

    struct Answer {
        int status = 0;
        JsonValue body;
        net::Fields fields;
    };
    Answer send(std::string_view method, std::string_view target, std::string_view body = {},
                std::string_view type = "application/json", std::string_view accept = "") {
        net::Client client(*net::Url::parse("http://" + server_->address()));
        net::Fields fields;
        if (!type.empty()) fields.add("content-type", type);
        if (!accept.empty()) fields.add("accept", accept);
        auto response = client.request(method, target, fields, body);
        EXPECT_TRUE(response) << response.error().message();
        return {response->status, json(response->body), response->fields};
    }
    std::vector<std::string> watch(const std::string& target, std::size_t wanted) {
        net::Client client(*net::Url::parse("http://" + server_->address()));
        std::string text;
        const auto status = client.stream(
            target, {}, std::chrono::seconds(10), [](const auto& head) { return head.status == 200; },
            [&](std::string_view bytes) {
                text += bytes;
                return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) < wanted;
            });
        EXPECT_TRUE(status);
        std::vector<std::string> out;
        for (std::size_t at = 0, end = text.find('\n'); end != std::string::npos;
             at = end + 1, end = text.find('\n', at)) {
            const auto event = json(std::string_view(text).substr(at, end - at));
            out.push_back(std::string(event["type"].text()) + " " +
                          std::string(event["object"]["metadata"]["name"].text("-")));
        }
        return out;
    }

    TestStore t;

private:
    runtime::IoPool pool_;
    RestApi api_;
    net::Router router_;
    std::unique_ptr<net::Server> server_;
};

TEST_F(Rest, CreatesReadsChangesAndDeletes) {
    const auto made = send("POST", agents, "metadata: {name: a}\nspec: {prompt: p, typo: 1}\n", "application/yaml");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.fields.find("warning"), "299 - \"unknown field \\\"spec.typo\\\"\"");
    const auto one = std::string(agents) + "/a";
    EXPECT_EQ(send("GET", one).body["spec"]["prompt"].text(), "p");
    EXPECT_EQ(send("PATCH", one, R"({"spec":{"prompt":"q"}})", "application/merge-patch+json")
                  .body["metadata"]["generation"]
                  .integer(),
              2);
    EXPECT_EQ(
        send("PATCH", one, R"([{"op":"replace","path":"/spec/prompt","value":"r"}])", "application/json-patch+json")
            .status,
        200);
    EXPECT_EQ(send("PATCH", one + "/status", R"({"status":{"conditions":[]}})", "application/merge-patch+json").status,
              200);
    EXPECT_EQ(send("PATCH", one, "{}", "application/strategic-merge-patch+json").status, 415);
    EXPECT_EQ(send("PATCH", one, "{}", "text/plain").status, 415);
    const auto gone = send("DELETE", one);
    EXPECT_EQ(gone.status, 200);
    EXPECT_EQ(gone.body["status"].text(), "Success");
    EXPECT_EQ(gone.body["details"]["kind"].text(), "agents");
    EXPECT_EQ(send("GET", one).status, 404);
}

TEST_F(Rest, RefusalsAreStatuses) {
    const auto missing = send("GET", std::string(agents) + "/no");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.body["kind"].text(), "Status");
    EXPECT_EQ(missing.body["reason"].text(), "NotFound");
    EXPECT_EQ(missing.body["details"]["name"].text(), "no");
    const auto invalid = send("POST", agents, R"({"metadata":{"name":"a"},"spec":{"tools":[{"type":"http"}]}})");
    EXPECT_EQ(invalid.status, 422);
    EXPECT_EQ(invalid.body["message"].text(), "Agent \"a\" is invalid: spec.tools[0].name: Required value");
    EXPECT_EQ(invalid.body["details"]["causes"][0]["field"].text(), "spec.tools[0].name");
    EXPECT_EQ(invalid.body["details"]["causes"][0]["reason"].text(), "FieldValueRequired");
    EXPECT_EQ(send("POST", agents, "{").status, 400);
    EXPECT_EQ(send("POST", agents, "{}", "text/plain").status, 415);
    EXPECT_EQ(send("POST", agents, "{}", "").status, 415) << "a web page can send that";
    EXPECT_EQ(send("POST", agents, std::string(4u << 20, ' ')).status, 413);
    EXPECT_EQ(send("GET", std::string(agents) + "?labelSelector=a%20b").status, 400);
    EXPECT_EQ(send("GET", std::string(agents) + "?fieldSelector=spec.prompt%3Dx").status, 400);
    EXPECT_EQ(send("GET", std::string(agents) + "?limit=x").status, 400);
    EXPECT_EQ(
        send("POST", std::string(agents) + "?fieldValidation=Strict", R"({"metadata":{"name":"a"},"spec":{"x":1}})")
            .status,
        400);
}

TEST_F(Rest, AppliesAsKubectlDoes) {
    const auto target = std::string(agents) + "/a?fieldManager=kubectl&force=true";
    const auto apply = "application/apply-patch+yaml";
    EXPECT_EQ(
        send("PATCH", target,
             "apiVersion: ark.mckinsey.com/v1alpha1\nkind: Agent\nmetadata: {name: a}\nspec: {prompt: p}\n", apply)
            .status,
        201);
    const auto again = send("PATCH", target, R"({"spec":{"description":"d"}})", apply);
    EXPECT_EQ(again.status, 200);
    EXPECT_TRUE(again.body["spec"]["prompt"].is_null());
    EXPECT_EQ(again.body["metadata"]["managedFields"][0]["manager"].text(), "kubectl");
    EXPECT_EQ(send("PATCH", std::string(agents) + "/a", "{}", apply).status, 400) << "nobody applies";
}

TEST_F(Rest, ListsAsListsAndTables) {
    for (const auto* name : {"b", "a", "c"})
        send("POST", agents, R"({"metadata":{"name":")" + std::string(name) + R"("},"spec":{}})");
    t.clock.advance_ms(300'000);
    const auto list = send("GET", std::string(agents) + "?limit=2");
    EXPECT_EQ(list.body["kind"].text(), "AgentList");
    EXPECT_EQ(list.body["items"].size(), 2u);
    EXPECT_EQ(list.body["metadata"]["remainingItemCount"].integer(), 1);
    const auto rest =
        send("GET", std::string(agents) + "?limit=2&continue=" + std::string(list.body["metadata"]["continue"].text()));
    EXPECT_EQ(rest.body["items"][0]["metadata"]["name"].text(), "c");
    EXPECT_EQ(send("GET", "/apis/ark.mckinsey.com/v1alpha1/agents").body["items"].size(), 3u);
    EXPECT_EQ(send("GET", "/api/v1/namespaces").body["items"].size(), 2u);
    EXPECT_EQ(send("GET", "/api/v1/namespaces/lab").status, 200);
    EXPECT_EQ(send("GET", "/api/v1/namespaces/no").status, 404);
    const auto rows = send("GET", agents, "", "", table).body;
    EXPECT_EQ(rows["kind"].text(), "Table");
    EXPECT_EQ(rows["columnDefinitions"][0]["name"].text(), "Name");
    EXPECT_EQ(rows["rows"][0]["cells"].dump(), R"(["a","default",null,null,null,"5m"])");
    EXPECT_EQ(rows["rows"][0]["object"]["kind"].text(), "PartialObjectMetadata");
    const auto gone = send("DELETE", std::string(agents) + "?fieldSelector=metadata.name!%3Da");
    EXPECT_EQ(gone.body["items"].size(), 2u);
}

TEST_F(Rest, WatchesAreLinesOfJson) {
    send("POST", config_maps, R"({"metadata":{"name":"a"}})");
    send("POST", config_maps, R"({"metadata":{"name":"b"}})");
    send("DELETE", std::string(config_maps) + "/a");
    const auto all = std::string(config_maps) + "?watch=true";
    EXPECT_THAT(watch(all, 1), ElementsAre("ADDED b"));
    EXPECT_THAT(watch(all + "&resourceVersion=1", 2), ElementsAre("ADDED b", "DELETED a"));
    EXPECT_THAT(watch(all + "&resourceVersion=1&fieldSelector=metadata.name%3Da", 1), ElementsAre("DELETED a"));
    EXPECT_THAT(watch(all + "&sendInitialEvents=true&allowWatchBookmarks=true", 2),
                ElementsAre("ADDED b", "BOOKMARK -"));
    EXPECT_THAT(watch(all + "&resourceVersion=3&timeoutSeconds=0", 1), ElementsAre());
    const auto old = send("GET", all + "&resourceVersion=99");
    EXPECT_EQ(old.status, 410);
    EXPECT_EQ(old.body["reason"].text(), "Expired");
}

TEST_F(Rest, DiscoveryNamesEveryKind) {
    EXPECT_EQ(send("GET", "/api").body["versions"][0].text(), "v1");
    EXPECT_EQ(send("GET", "/apis").body["groups"][0]["versions"].size(), 2u);
    EXPECT_EQ(send("GET", "/apis/ark.mckinsey.com").body["preferredVersion"]["version"].text(), "v1alpha1");
    EXPECT_FALSE(send("GET", "/version").body["gitVersion"].text().empty());
    std::size_t named = 0;
    for (const auto* path : {"/api/v1", "/apis/ark.mckinsey.com/v1alpha1", "/apis/ark.mckinsey.com/v1prealpha1"}) {
        const auto list = send("GET", path).body;
        for (const auto& resource : list["resources"].array())
            named += find_kind_by_word(resource["name"].text()) != nullptr ? 1 : 0;
        const auto openapi = send("GET", "/openapi/v3" + std::string(path)).body;
        EXPECT_GT(openapi["components"]["schemas"].size(), 1u);
        EXPECT_GT(openapi["paths"].size(), 1u);
    }
    EXPECT_EQ(named, all_kinds().size());
    EXPECT_EQ(send("GET", "/openapi/v3").body["paths"].size(), 3u);
}

TEST(Wire, AgesAreShort) {
    EXPECT_EQ(human_age(0), "0s");
    EXPECT_EQ(human_age(119), "119s");
    EXPECT_EQ(human_age(125), "2m5s");
    EXPECT_EQ(human_age(3'000), "50m");
    EXPECT_EQ(human_age(4 * 3600 + 60), "4h1m");
    EXPECT_EQ(human_age(3 * 86'400), "3d");
    EXPECT_EQ(human_age(800ull * 86'400), "2y70d");
}

}  // namespace
}  // namespace ark::resources
