// Goal: the recipe holds together: what was acknowledged over HTTP is there again after a restart.
#include "controller/controller.hpp"

#include "codec/json_value.hpp"
#include "mockllm/mock_model.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "runtime/io_pool.hpp"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

namespace ark::controller {
namespace {

class ControllerTest : public ::testing::Test {
protected:
    ControllerTest() {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        data_ = ::testing::TempDir() + "ark-controller-" + test->name();
        std::filesystem::remove_all(data_);
        config_.data = data_;
        config_.port = 0;
    }
    ~ControllerTest() override { std::filesystem::remove_all(data_); }

    std::unique_ptr<Controller> start() {
        auto controller = Controller::create(config_);
        EXPECT_TRUE(controller) << controller.error().message();
        EXPECT_TRUE((*controller)->start());
        return std::move(*controller);
    }
    static net::ClientResponse send(const Controller& controller, std::string_view method, std::string_view target,
                                    std::string_view body = {}) {
        net::Client client(*net::Url::parse("http://" + controller.http_address()));
        net::Fields fields;
        fields.add("content-type", "application/json");
        auto response = client.request(method, target, fields, body);
        EXPECT_TRUE(response) << response.error().message();
        return std::move(*response);
    }

    std::string data_;
    ControllerConfig config_;
};

constexpr std::string_view config_maps = "/api/v1/namespaces/lab/configmaps";

TEST_F(ControllerTest, KeepsResourcesOverRestarts) {
    {
        const auto controller = start();
        const auto made = send(*controller, "POST", config_maps, R"({"metadata":{"name":"a"},"data":{"k":"v"}})");
        EXPECT_EQ(made.status, 201) << made.body;
        controller->stop();
        controller->stop();
    }
    const auto controller = start();
    const auto found = send(*controller, "GET", std::string(config_maps) + "/a");
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ((*codec::JsonValue::parse(found.body))["data"]["k"].text(), "v");
}

TEST_F(ControllerTest, SaysHowItIs) {
    const auto controller = start();
    EXPECT_TRUE(controller->ready_line().starts_with("ready http=127.0.0.1:"));
    EXPECT_EQ(send(*controller, "GET", "/readyz").body, "ok\n");
    EXPECT_NE(send(*controller, "GET", "/metrics").body.find("ark_resources 0"), std::string::npos);
    EXPECT_EQ(Controller::create(config_).error().code, Errc::conflict) << "one process has the data";
}

TEST_F(ControllerTest, RefusesToBeExposedByAccident) {
    config_.host = "0.0.0.0";
    EXPECT_EQ(Controller::create(config_).error().code, Errc::config);
}

// Goal: a query that comes over HTTP is run against a real model, and another process knows its answer.
TEST_F(ControllerTest, RunsQueries) {
    auto script = mockllm::Script::parse("rules: [{when: {user: tide}, reply: 'High tide: 14:05.'}]");
    ASSERT_TRUE(script) << script.error().message();
    mockllm::MockModel model(std::move(*script));
    net::Router routes;
    model.add_routes(routes);
    runtime::IoPool pool(1);
    auto server = std::move(*net::Server::create(pool, net::ServerConfig{}, routes));
    pool.start();
    server->start();
    {
        const auto controller = start();
        const std::string base = "/apis/ark.mckinsey.com/v1alpha1/namespaces/lab/";
        const auto put = [&](const std::string& plural, const std::string& body) {
            const auto made = send(*controller, "POST", base + plural, body);
            EXPECT_EQ(made.status, 201) << made.body;
        };
        put("models", R"({"metadata":{"name":"default"},"spec":{"provider":"openai","model":{"value":"mock"},)"
                      R"("config":{"openai":{"baseUrl":{"value":"http://)" +
                          server->address() + R"(/v1"},"apiKey":{"value":"k"}}}}})");
        put("agents", R"({"metadata":{"name":"clerk"},"spec":{"prompt":"You know tides."}})");
        put("queries", R"({"metadata":{"name":"q"},"spec":{"input":"When is high tide?",)"
                       R"("target":{"type":"agent","name":"clerk"}}})");
        codec::JsonValue status;
        for (int i = 0; i < 500 && status["phase"].text() != "done"; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            status = (*codec::JsonValue::parse(send(*controller, "GET", base + "queries/q").body))["status"];
        }
        EXPECT_EQ(status["phase"].text(), "done") << status.dump();
        EXPECT_EQ(status["response"]["content"].text(), "High tide: 14:05.");
        controller->stop();
    }
    EXPECT_EQ(model.requests(), 1u);
    // Nothing was told yet, since there is no broker; nothing of it is asked again.
    start()->stop();
    EXPECT_EQ(model.requests(), 1u);
    model.stop();
    server->stop(std::chrono::milliseconds(500));
    pool.stop();
}

}  // namespace
}  // namespace ark::controller
