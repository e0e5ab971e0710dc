// Goal: of each kind, what is valid is taken, and what is not is refused with words that say what and where.
#include "resources/testing/test_store.hpp"

#include <gmock/gmock.h>

namespace ark::resources {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Kinds : public ::testing::Test {
protected:
    Kinds() {
        put("Agent", R"({"metadata":{"name":"clerk"},"spec":{"prompt":"p"}})");
        put("Agent", R"({"metadata":{"name":"guest"},"spec":{"executionEngine":{"name":"crew"}}})");
        put("Secret", R"({"metadata":{"name":"keys"},"stringData":{"token":"t"}})");
        put("ConfigMap", R"({"metadata":{"name":"settings"},"data":{"city":"Dover"}})");
    }
    void put(std::string_view kind, std::string_view text) {
        const auto written = t.create(kind, text);
        ASSERT_TRUE(written) << written.error().message;
    }
    /// What is said to a spec: "ok", or field: message of each cause.
    std::string spec(std::string_view kind, std::string_view text, std::string_view name = "x") {
        const auto& row = kind_named(kind);
        JsonValue object;
        object.set("metadata", {}).set("name", JsonValue{std::string(name)});
        object.set("spec", json(text));
        WriteOptions options;
        options.dry_run = true;
        auto written = t.run(t.store().create(row, row.namespaced ? "lab" : "", std::move(object), options));
        warnings = written ? written->warnings : std::vector<std::string>{};
        last = written ? written->resource->value : JsonValue{};
        if (written) return "ok";
        EXPECT_EQ(written.error().reason, Reason::invalid) << written.error().message;
        std::string out;
        for (const auto& cause : written.error().causes)
            out += (out.empty() ? "" : " | ") + cause.field + ": " + cause.message;
        return out;
    }

    TestStore t;
    std::vector<std::string> warnings;
    JsonValue last;
};

TEST_F(Kinds, Query) {
    EXPECT_EQ(
        spec("Query", R"({"input":"hi","target":{"type":"agent","name":"clerk"},"timeout":"2m","sessionId":"s"})"),
        "ok");
    EXPECT_EQ(last["spec"]["type"].text(), "user");
    EXPECT_EQ(last["spec"]["ttl"].text(), "720h");
    EXPECT_EQ(spec("Query", R"({"input":"hi","selector":{"matchLabels":{"a":"b"}}})"), "ok");
    EXPECT_EQ(last["spec"]["timeout"].text(), "5m");
    EXPECT_EQ(spec("Query", R"({"target":{"type":"agent","name":"clerk"}})"), "spec.input: Required value");
    EXPECT_EQ(spec("Query", R"({"input":"hi"})"), "spec.target: Required value: who is asked: a target or a selector");
    EXPECT_EQ(spec("Query", R"({"input":[1],"target":{"type":"agent","name":"clerk"}})"),
              "spec.input: Invalid value: [1]: must be a text for type user");
    EXPECT_EQ(spec("Query", R"({"input":"hi","target":{"type":"agent","name":"nobody"}})"),
              "spec.target.name: Not found: Agent \"nobody\" in namespace \"lab\"");
    EXPECT_EQ(
        spec("Query", R"({"input":"hi","target":{"type":"robot","name":"x"}})"),
        "spec.target.type: Unsupported value: \"robot\": supported values: \"agent\", \"team\", \"model\", \"tool\"");
    EXPECT_EQ(spec("Query", R"({"input":"hi","target":{"type":"agent","name":"clerk"},"timeout":"soon"})"),
              "spec.timeout: Invalid value: \"soon\": must be a duration such as 30s, 5m or 720h");
}

TEST_F(Kinds, QueryParameters) {
    const auto with = [&](std::string_view parameter) {
        return spec("Query", R"({"input":"hi","target":{"type":"agent","name":"clerk"},"parameters":[)" +
                                 std::string(parameter) + "]}");
    };
    EXPECT_EQ(with(R"({"name":"a","value":"1"})"), "ok");
    EXPECT_EQ(with(R"({"name":"a","valueFrom":{"secretKeyRef":{"name":"keys","key":"token"}}})"), "ok");
    EXPECT_EQ(with(R"({"name":"a","valueFrom":{"configMapKeyRef":{"name":"settings","key":"city"}}})"), "ok");
    EXPECT_EQ(with(R"({"name":"a"})"), "spec.parameters[0]: Required value: exactly one of value, valueFrom");
    EXPECT_THAT(with(R"({"name":"a","value":"1","valueFrom":{"queryParameterRef":{"name":"b"}}})"),
                HasSubstr("only one of value, valueFrom may be given"));
    EXPECT_EQ(with(R"({"name":"a","valueFrom":{}})"),
              "spec.parameters[0].valueFrom: Required value: exactly one of secretKeyRef, configMapKeyRef, serviceRef, "
              "queryParameterRef");
    EXPECT_EQ(with(R"({"name":"a","value":"1"},{"name":"a","value":"2"})"),
              "spec.parameters[1].name: Duplicate value: \"a\"");
    EXPECT_EQ(with(R"({"name":"a","valueFrom":{"secretKeyRef":{"name":"keys","key":"no"}}})"),
              "spec.parameters[0].valueFrom.secretKeyRef.key: Not found: key \"no\" of Secret \"keys\"");
    EXPECT_EQ(with(R"({"name":"a","valueFrom":{"configMapKeyRef":{"name":"no","key":"k"}}})"),
              "spec.parameters[0].valueFrom.configMapKeyRef.name: Not found: ConfigMap \"no\" in namespace \"lab\"");
}

TEST_F(Kinds, QueryMigrations) {
    EXPECT_EQ(spec("Query", R"({"type":"messages","target":{"type":"agent","name":"clerk"},"input":[
        {"role":"user","content":"one"},{"role":"assistant","content":"x"},
        {"role":"user","content":[{"type":"image"},{"type":"text","text":"two"}]}]})"),
              "ok");
    EXPECT_EQ(last["spec"]["input"].text(), "two");
    EXPECT_EQ(last["spec"]["type"].text(), "user");
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("no longer supported")));
    put("Agent", R"({"metadata":{"name":"other"},"spec":{}})");
    auto config = json(R"({"metadata":{"name":"default"},"spec":{"queryTTL":"168h"}})");
    ASSERT_TRUE(t.run(t.store().create(kind_named("ArkConfig"), "", std::move(config), {})));
    EXPECT_EQ(spec("Query", R"({"input":"hi","target":{"type":"agent","name":"clerk"}})"), "ok");
    EXPECT_EQ(last["spec"]["ttl"].text(), "168h") << "ArkConfig's, when there is one";
}

TEST_F(Kinds, Agent) {
    EXPECT_EQ(spec("Agent", R"({"prompt":"p","tools":[{"type":"http","name":"t"},{"type":"built-in","name":"terminate"},
        {"type":"mcp","name":"m","approval":{"required":true}}],"outputSchema":{"type":"object"}})"),
              "ok");
    EXPECT_EQ(last["spec"]["modelRef"]["name"].text(), "default");
    EXPECT_EQ(last["spec"]["tools"][2]["approval"]["onTimeout"].text(), "reject");
    EXPECT_EQ(last["spec"]["tools"][2]["approval"]["timeout"].text(), "5m") << "without one the reference falls over";
    EXPECT_EQ(spec("Agent", R"({"executionEngine":{"name":"a2a"}})"), "ok");
    EXPECT_TRUE(last["spec"]["modelRef"].is_null()) << "an A2A server answers for it";
    EXPECT_EQ(spec("Agent", R"({"tools":[{"type":"http","name":"t"},{"type":"http"}]})"),
              "spec.tools[1].name: Required value");
    EXPECT_EQ(spec("Agent", R"({"tools":[{"type":"built-in","name":"sleep"}]})"),
              "spec.tools[0].name: Unsupported value: \"sleep\": supported values: \"noop\", \"terminate\"");
    EXPECT_EQ(spec("Agent", R"({"modelRef":{}})"), "spec.modelRef.name: Required value");
    EXPECT_THAT(spec("Agent", R"({"tools":[{"type":"ftp","name":"t"}]})"),
                HasSubstr("spec.tools[0].type: Unsupported"));
    EXPECT_THAT(spec("Agent", R"({"outputSchema":{"type":"object","properties":{"a":{"type":"text"}}}})"),
                HasSubstr("spec.outputSchema.properties.a.type: Unsupported value: \"text\""));
    EXPECT_THAT(spec("Agent", R"({"overrides":[{"resourceType":"model","headers":[]}]})"),
                HasSubstr("spec.overrides[0].headers: Invalid value: []: the number of elements must be at least 1"));
    EXPECT_EQ(spec("Agent", R"({"tools":[{"type":"custom","name":"t"}],"promt":"p"})"), "ok");
    EXPECT_THAT(warnings, ElementsAre("unknown field \"spec.promt\"", HasSubstr("'custom' is deprecated")));
    EXPECT_TRUE(last["spec"]["promt"].is_null());
}

TEST_F(Kinds, UnknownFieldsAreRefusedWhenAsked) {
    WriteOptions strict;
    strict.fields = FieldValidation::strict;
    auto object = json(R"({"metadata":{"name":"x"},"spec":{"promt":"p","tols":[]}})");
    const auto refused = t.run(t.store().create(kind_named("Agent"), "lab", std::move(object), strict));
    EXPECT_EQ(refused.error().reason, Reason::bad_request);
    EXPECT_THAT(refused.error().message, HasSubstr("unknown field \"spec.promt\", unknown field \"spec.tols\""));
}

TEST_F(Kinds, TeamSequential) {
    EXPECT_EQ(spec("Team", R"({"strategy":"sequential","members":[{"name":"clerk","type":"agent"}]})"), "ok");
    EXPECT_FALSE(last["spec"]["loops"].boolean(true));
    EXPECT_EQ(
        spec("Team",
             R"({"strategy":"sequential","loops":true,"maxTurns":4,"members":[{"name":"clerk","type":"agent"}]})"),
        "ok");
    EXPECT_EQ(spec("Team", R"({"strategy":"sequential","loops":true,"members":[{"name":"clerk","type":"agent"}]})"),
              "spec.maxTurns: Required value: a team that loops must end somewhere");
    EXPECT_THAT(spec("Team", R"({"strategy":"sequential","maxTurns":2,"members":[{"name":"clerk","type":"agent"}]})"),
                HasSubstr("spec.maxTurns: Forbidden"));
    EXPECT_THAT(spec("Team", R"({"strategy":"sequential","members":[]})"), HasSubstr("spec.members: Invalid value"));
    EXPECT_EQ(spec("Team", R"({"strategy":"sequential","members":[{"name":"no","type":"agent"}]})"),
              "spec.members[0].name: Not found: Agent \"no\" in namespace \"lab\"");
    EXPECT_EQ(spec("Team", R"({"strategy":"sequential","members":[{"name":"x","type":"team"}]})"),
              "spec.members[0].name: Invalid value: \"x\": a team cannot be its own member");
    EXPECT_EQ(
        spec(
            "Team",
            R"({"strategy":"sequential","members":[{"name":"clerk","type":"agent"},{"name":"guest","type":"agent"}]})"),
        "spec.members: Forbidden: agents of other execution engines and agents that run here cannot be mixed");
    EXPECT_THAT(spec("Team", R"({"strategy":"vote","members":[{"name":"clerk","type":"agent"}]})"),
                HasSubstr("spec.strategy: Unsupported value: \"vote\""));
}

TEST_F(Kinds, TeamSelector) {
    const auto team = [&](std::string_view more) {
        return spec("Team",
                    R"({"strategy":"selector","members":[{"name":"clerk","type":"agent"}],)" + std::string(more) + "}");
    };
    EXPECT_EQ(team(R"("maxTurns":3,"selector":{"agent":"clerk"},"graph":{"edges":[{"from":"clerk","to":"clerk"}]})"),
              "ok");
    EXPECT_EQ(team(R"("maxTurns":3)"), "spec.selector.agent: Required value: the agent that chooses who speaks next");
    EXPECT_EQ(team(R"("maxTurns":3,"selector":{"agent":"no"})"),
              "spec.selector.agent: Not found: Agent \"no\" in namespace \"lab\"");
    EXPECT_THAT(team(R"("selector":{"agent":"clerk"})"), HasSubstr("spec.maxTurns: Required value"));
    EXPECT_THAT(team(R"("maxTurns":3,"loops":true,"selector":{"agent":"clerk"})"), HasSubstr("spec.loops: Forbidden"));
    EXPECT_EQ(team(R"("maxTurns":3,"selector":{"agent":"clerk"},"graph":{"edges":[]})"),
              "spec.graph.edges: Required value: at least one edge");
    EXPECT_EQ(team(R"("maxTurns":3,"selector":{"agent":"clerk"},"graph":{"edges":[{"from":"clerk","to":"no"}]})"),
              "spec.graph.edges[0].to: Invalid value: \"no\": is no member");
    EXPECT_EQ(team(R"("maxTurns":3,"selector":{"agent":"clerk","selectorPrompt":"choose"})"), "ok");
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("select-next-speaker")));
}

TEST_F(Kinds, TeamMigrations) {
    EXPECT_EQ(spec("Team", R"({"strategy":"round-robin","maxTurns":3,"members":[{"name":"clerk","type":"agent"}]})"),
              "ok");
    EXPECT_EQ(last["spec"]["strategy"].text(), "sequential");
    EXPECT_TRUE(last["spec"]["loops"].boolean());
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("'round-robin' is deprecated")));
    EXPECT_EQ(spec("Team", R"({"strategy":"graph","maxTurns":3,"members":[{"name":"clerk","type":"agent"}],
        "graph":{"edges":[{"from":"clerk","to":"clerk"}]}})"),
              "ok");
    EXPECT_TRUE(last["spec"]["graph"].is_null() && last["spec"]["maxTurns"].is_null());
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("'graph' is deprecated")));
}

TEST_F(Kinds, Model) {
    EXPECT_EQ(spec("Model", R"({"provider":"openai","model":{"value":"m"},"config":{"openai":{
        "baseUrl":{"value":"http://127.0.0.1:9/v1"},"apiKey":{"valueFrom":{"secretKeyRef":{"name":"k","key":"t"}}},
        "properties":{"temperature":{"value":"0.2"}}}}})"),
              "ok");
    EXPECT_EQ(last["spec"]["type"].text(), "completions");
    EXPECT_EQ(last["spec"]["pollInterval"].text(), "1m");
    EXPECT_EQ(spec("Model", R"({"type":"azure","model":{"value":"m"},"config":{"azure":{"baseUrl":{"value":"https://x"},
        "apiKey":{"value":"k"}}}})"),
              "ok");
    EXPECT_EQ(last["spec"]["provider"].text(), "azure");
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("use spec.provider 'azure'"), HasSubstr("auth.apiKey")));
    EXPECT_EQ(spec("Model", R"({"provider":"anthropic","model":{"value":"m"},"config":{}})"),
              "spec.config.anthropic: Required value: the part of the provider");
    EXPECT_EQ(
        spec("Model", R"({"provider":"openai","config":{"openai":{"baseUrl":{},"apiKey":{"value":"k"}}}})"),
        "spec.model: Required value | spec.config.openai.baseUrl: Required value: at least one of value, valueFrom");
    const auto at = [&](std::string url) {
        return spec("Model", R"({"provider":"openai","model":{"value":"m"},"config":{"openai":{"apiKey":{"value":"k"},
            "baseUrl":{"value":")" +
                                 url + R"("}}}})");
    };
    EXPECT_EQ(at("https://llm.example/v1"), "ok");
    EXPECT_EQ(at("http://169.254.169.254/latest"),
              "spec.config.openai.baseUrl.value: Forbidden: 169.254.169.254 is a link-local address");
    EXPECT_THAT(at("llm.example"), HasSubstr("must be a URL"));
    EXPECT_THAT(
        spec("Model", R"({"provider":"azure","model":{"value":"m"},"config":{"azure":{"baseUrl":{"value":"https://x"},
        "auth":{"apiKey":{"value":"k"},"managedIdentity":{}}}}})"),
        HasSubstr("only one of apiKey, managedIdentity, workloadIdentity"));
}

TEST(ModelAddress, ModelsOfAClusterStayOutOfPrivateNetworks) {
    EmbeddedStoreConfig config;
    config.policy.private_addresses = false;
    TestStore t(config);
    const auto at = [&](std::string url) {
        return said(
            t.create("Model", R"({"metadata":{"generateName":"m"},"spec":{"provider":"openai","model":{"value":"m"},
            "config":{"openai":{"apiKey":{"value":"k"},"baseUrl":{"value":")" +
                                  url + R"("}}}}})"));
    };
    EXPECT_EQ(at("https://llm.example/v1"), "ok");
    EXPECT_EQ(at("http://mock.lab.svc.cluster.local/v1"), "ok");
    EXPECT_THAT(at("http://llm.example/v1"), HasSubstr("must be https"));
    EXPECT_THAT(at("https://localhost/v1"), HasSubstr("localhost is this machine"));
    EXPECT_THAT(at("https://127.0.0.1:80/v1"), HasSubstr("127.0.0.1 is this machine"));
    EXPECT_THAT(at("https://[::1]:80/v1"), HasSubstr("::1 is this machine"));
    EXPECT_THAT(at("https://me@10.1.2.3/v1"), HasSubstr("10.1.2.3 is in a private network"));
    EXPECT_THAT(at("https://172.31.0.1/v1"), HasSubstr("private network"));
    EXPECT_EQ(at("https://172.32.0.1/v1"), "ok");
}

TEST_F(Kinds, Tool) {
    EXPECT_EQ(spec("Tool", R"({"type":"http","http":{"url":"https://x.example/{a}"},"inputSchema":{"type":"object",
        "properties":{"type":{"type":"string"},"n":{"type":["integer","null"]}}}})"),
              "ok");
    EXPECT_EQ(last["spec"]["http"]["method"].text(), "GET");
    EXPECT_EQ(spec("Tool", R"({"type":"mcp","mcp":{"mcpServerRef":{"name":"s"},"toolName":"t"}})"), "ok");
    EXPECT_EQ(spec("Tool", R"({"type":"agent","agent":{"name":"clerk"}})"), "ok");
    EXPECT_EQ(spec("Tool", R"({"type":"builtin","builtin":{"name":"noop"}})"), "ok");
    EXPECT_EQ(spec("Tool", R"({"type":"builtin"})", "terminate"), "ok");
    EXPECT_EQ(spec("Tool", R"({"type":"builtin"})"),
              "metadata.name: Unsupported value: \"x\": supported values: \"noop\", \"terminate\"");
    EXPECT_EQ(spec("Tool", R"({"type":"http"})"), "spec.http: Required value: a tool of type http says how");
    EXPECT_THAT(spec("Tool", R"({"type":"http","http":{"url":"ftp://x"}})"), HasSubstr("spec.http.url: Invalid value"));
    EXPECT_THAT(spec("Tool", R"({"type":"http","http":{"url":"http://x","timeout":"1h30m"}})"),
                HasSubstr("spec.http.timeout: Invalid value"));
    EXPECT_THAT(spec("Tool", R"({"type":"http","http":{"url":"http://x"},"inputSchema":{"type":"int"}})"),
                HasSubstr("spec.inputSchema.type: Unsupported value"));
    EXPECT_EQ(spec("Tool", "{}"), "spec.type: Required value");
}

TEST_F(Kinds, Servers) {
    EXPECT_EQ(spec("MCPServer", R"({"address":{"value":"http://x"}})"), "ok");
    EXPECT_EQ(last["spec"]["transport"].text(), "http");
    EXPECT_EQ(last["spec"]["timeout"].text(), "30s");
    EXPECT_EQ(spec("MCPServer", R"({"address":{"value":"http://x"},"authorization":{"tokenSecretRef":{"name":"s"}}})"),
              "ok");
    EXPECT_EQ(last["spec"]["authorization"]["tokenSecretRef"]["expiresAtKey"].text(), "expires_at");
    EXPECT_THAT(spec("MCPServer", R"({"address":{"value":"x"},"transport":"ws"})"),
                HasSubstr("spec.transport: Unsupported"));
    EXPECT_EQ(spec("MCPServer", "{}"), "spec.address: Required value");
    EXPECT_EQ(spec("A2AServer", R"({"address":{"valueFrom":{"serviceRef":{"name":"s"}}}})"), "ok");
    EXPECT_EQ(last["spec"]["timeout"].text(), "5m");
    EXPECT_THAT(spec("A2AServer", R"({"address":{"value":"x"},"headers":[{"name":"h","value":{"value":"1"}},
        {"name":"h","value":{"value":"2"}}]})"),
                HasSubstr("spec.headers[1].name: Duplicate value"));
    EXPECT_EQ(spec("ExecutionEngine", R"({"address":{"value":"http://x"}})"), "ok");
    EXPECT_EQ(spec("ExecutionEngine", "{}"), "spec.address: Required value");
    EXPECT_EQ(spec("Memory", R"({"address":{"value":"http://x"}})"), "ok");
    EXPECT_EQ(spec("Memory", R"({"address":{}})"), "spec.address: Required value: at least one of value, valueFrom");
}

TEST_F(Kinds, TasksEvaluationsAndConfig) {
    EXPECT_EQ(spec("A2ATask", R"({"queryRef":{"name":"q"},"agentRef":{"name":"a"},"taskId":"t"})"), "ok");
    EXPECT_EQ(last["spec"]["timeout"].text(), "12h");
    EXPECT_EQ(last["spec"]["priority"].integer(-1), 0);
    EXPECT_EQ(spec("A2ATask", R"({"queryRef":{"name":"q"},"agentRef":{"name":"a"},"taskId":""})"),
              "spec.taskId: Required value: must not be empty");
    EXPECT_EQ(spec("Evaluation", R"({"type":"event","config":{"rules":[{"name":"r","expression":"true"}]}})"), "ok");
    EXPECT_EQ(spec("Evaluation", R"({"type":"event","config":{}})"),
              "spec.config.rules: Required value: an evaluation of events has rules");
    EXPECT_THAT(
        spec("Evaluation", R"({"type":"event","config":{"rules":[{"name":"r","expression":"true","weight":-1}]}})"),
        HasSubstr("spec.config.rules[0].weight: Invalid value"));
    EXPECT_EQ(spec("Evaluation", R"({"config":{"input":"i"}})"), "spec.config.output: Required value");
    EXPECT_EQ(spec("Evaluation", R"({"config":{"input":"i","output":"o"},"evaluator":{"parameters":[]}})"), "ok");
    EXPECT_EQ(spec("Evaluator", R"({"parameters":[{"name":"min-score","value":"0.9"}]})"), "ok");
    EXPECT_EQ(spec("Evaluator", R"({"address":{"value":"http://x"}})"), "ok");
    EXPECT_THAT(spec("Evaluator", R"({"address":{"value":"http://169.254.169.254/"}})"), HasSubstr("link-local"));
    EXPECT_THAT(spec("Evaluator", R"({"address":{"value":"ftp://x"}})"),
                HasSubstr("spec.address.value: Invalid value"));
    EXPECT_EQ(spec("ArkConfig", R"({"queryTTL":"1h"})", "default"), "ok");
    EXPECT_EQ(spec("ArkConfig", "{}"),
              "metadata.name: Invalid value: \"x\": there is one ArkConfig, named \"default\"");
}

TEST_F(Kinds, SecretsTakePlainText) {
    EXPECT_EQ(t.get("Secret", "keys")->value["data"]["token"].text(), "dA==");
    EXPECT_TRUE(t.get("Secret", "keys")->value["stringData"].is_null());
    EXPECT_EQ(t.get("Secret", "keys")->value["type"].text(), "Opaque");
    EXPECT_THAT(said(t.create("Secret", R"({"metadata":{"name":"s"},"data":{"k":"*"}})")), HasSubstr("must be base64"));
    put("ConfigMap", R"({"metadata":{"name":"fixed"},"immutable":true,"data":{"k":"v"}})");
    EXPECT_THAT(said(t.merge("ConfigMap", "fixed", R"({"data":{"k":"w"}})")), HasSubstr("it is immutable"));
}

TEST_F(Kinds, CoreKinds) {
    EXPECT_EQ(spec("Service", R"({"ports":[{"name":"http","port":80}]})"), "ok");
    EXPECT_THAT(spec("Service", R"({"ports":[{"port":70000}]})"), HasSubstr("must be at most 65535"));
    EXPECT_EQ(said(t.create("Event", R"({"metadata":{"name":"e"},"involvedObject":{"name":"x"},"type":"Normal"})")),
              "ok");
    EXPECT_THAT(said(t.create("Event", R"({"metadata":{"name":"f"}})")), HasSubstr("involvedObject: Required value"));
}

TEST_F(Kinds, MetadataIsChecked) {
    const auto with = [&](std::string_view metadata) {
        return said(t.create("ConfigMap", R"({"metadata":{"name":"m",)" + std::string(metadata) + "}}"));
    };
    EXPECT_THAT(with(R"("labels":{"a b":"c"})"), HasSubstr("metadata.labels: Invalid value: \"a b\""));
    EXPECT_THAT(with(R"("labels":{"a":"-"})"), HasSubstr("metadata.labels: Invalid value: \"-\""));
    EXPECT_THAT(with(R"("annotations":{"":"c"})"), HasSubstr("metadata.annotations: Invalid value"));
    EXPECT_THAT(with(R"("annotations":{"a":")" + std::string(300'000, 'x') + "\"}"), HasSubstr("at most 256 KiB"));
    EXPECT_THAT(with(R"("finalizers":["a b"])"), HasSubstr("metadata.finalizers[0]: Invalid value"));
    EXPECT_THAT(with(R"("ownerReferences":[{"kind":"X","name":"x","uid":"u"}])"),
                HasSubstr("metadata.ownerReferences[0].apiVersion: Required value"));
    EXPECT_THAT(with(R"("labels":["x"])"), HasSubstr("must be of type object, not array"));
}

TEST(KindTable, EveryKindIsFoundByItsWords) {
    for (const auto& kind : all_kinds()) {
        EXPECT_EQ(find_kind_by_word(kind.plural), &kind);
        EXPECT_EQ(find_kind_by_word(kind.name), &kind);
        EXPECT_EQ(find_kind(kind.group, kind.version, kind.plural), &kind);
        EXPECT_EQ(find_kind_of(kind.api_version(), kind.name), &kind);
        EXPECT_FALSE(kind.summary.empty());
        EXPECT_FALSE(kind.columns.empty());
    }
    EXPECT_EQ(find_kind_by_word("nothing"), nullptr);
}

}  // namespace
}  // namespace ark::resources
