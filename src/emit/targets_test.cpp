#include "emit/targets.hpp"

#include "emit/testing/recorded.hpp"

#include <map>

#include <gtest/gtest.h>

namespace ark::emit {
namespace {

using emit::testing::text_of;

Environment with(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(std::string(name));
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

TEST(Targets, TheGeneralEndpointIsABase) {
    const auto target = external_targets(with({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://langfuse.example/otel/"},
                                               {"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20abc, x-y = z"},
                                               {"OTEL_EXPORTER_OTLP_TIMEOUT", "2500"}}));
    ASSERT_TRUE(target && target->size() == 1);
    EXPECT_EQ(target->front().traces_url, "https://langfuse.example/otel/v1/traces");
    EXPECT_EQ(target->front().logs_url, "https://langfuse.example/otel/v1/logs");
    EXPECT_EQ(target->front().fields.find("authorization"), "Basic abc");
    EXPECT_EQ(target->front().fields.find("x-y"), "z");
    EXPECT_EQ(target->front().timeout.count(), 2500);
}

TEST(Targets, TheEndpointOfASignalIsUsedAsItIs) {
    const auto target = external_targets(with({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://x/traces"}}));
    ASSERT_TRUE(target && target->size() == 1);
    EXPECT_EQ(target->front().traces_url, "http://x/traces");
    EXPECT_EQ(target->front().logs_url, "");
}

TEST(Targets, NothingIsSentWhereNothingIsSaid) {
    EXPECT_TRUE(external_targets(with({}))->empty());
    EXPECT_TRUE(
        external_targets(with({{"OTEL_SDK_DISABLED", "true"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://x"}}))->empty());
}

// Goal: what is meant for one signal is not sent with the other, credentials least of all.
TEST(Targets, SignalsAreIndependent) {
    const auto targets = external_targets(with({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://x"},
                                                {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://y/logs"},
                                                {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=t"},
                                                {"OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"},
                                                {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"}}));
    ASSERT_TRUE(targets && targets->size() == 2);
    EXPECT_EQ((*targets)[0].traces_url, "https://x/v1/traces");
    EXPECT_EQ((*targets)[0].logs_url, "");
    EXPECT_EQ((*targets)[0].fields.find("authorization"), "t");
    EXPECT_EQ((*targets)[1].logs_url, "https://y/logs");
    EXPECT_FALSE((*targets)[1].fields.has("authorization"));
    EXPECT_TRUE((*targets)[1].gzip);
    EXPECT_EQ((*targets)[1].ca_file, "/ca.pem");
    EXPECT_NE((*targets)[0].name, (*targets)[1].name);
    const auto none = with({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://x"}, {"OTEL_LOGS_EXPORTER", "none"}});
    EXPECT_EQ(external_targets(none)->front().logs_url, "");
}

TEST(Targets, SaysWhatItCannotRead) {
    const std::string endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    EXPECT_FALSE(external_targets(with({{endpoint, "http://x"}, {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}})));
    EXPECT_FALSE(external_targets(with({{endpoint, "http://x"}, {"OTEL_EXPORTER_OTLP_TIMEOUT", "soon"}})));
    const auto headers = external_targets(with({{endpoint, "http://x"}, {"OTEL_EXPORTER_OTLP_HEADERS", "secret"}}));
    ASSERT_FALSE(headers);
    EXPECT_EQ(headers.error().context.find("secret"), std::string::npos);
}

// Goal: nobody gets more than was asked for because we left a variable out.
TEST(Targets, SamplersAndExportersAreObeyedOrRefused) {
    const std::string endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const auto with_one = [&](const std::string& name, const std::string& value) {
        return external_targets(with({{endpoint, "http://x"}, {name, value}}));
    };
    EXPECT_EQ(with_one("OTEL_TRACES_SAMPLER", "parentbased_always_on")->front().traces_url, "http://x/v1/traces");
    EXPECT_EQ(with_one("OTEL_TRACES_SAMPLER", "always_off")->front().traces_url, "");
    EXPECT_EQ(with_one("OTEL_TRACES_SAMPLER", "traceidratio").error().code, Errc::config);
    EXPECT_EQ(with_one("OTEL_TRACES_EXPORTER", "console,otlp")->front().traces_url, "http://x/v1/traces");
    EXPECT_EQ(with_one("OTEL_LOGS_EXPORTER", "console").error().code, Errc::config);
    EXPECT_TRUE(with_one("OTEL_SDK_DISABLED", "True")->empty());
    EXPECT_TRUE(external_targets(with({{"OTEL_TRACES_SAMPLER", "traceidratio"}}))) << "nothing is sent";
}

TEST(Targets, BatchesAreAsOften) {
    const auto targets = external_targets(with({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://x"},
                                                {"OTEL_BSP_SCHEDULE_DELAY", "5000"},
                                                {"OTEL_BSP_EXPORT_TIMEOUT", "700"}}));
    ASSERT_TRUE(targets && targets->size() == 2);
    EXPECT_EQ((*targets)[0].pace, std::chrono::seconds(5));
    EXPECT_EQ((*targets)[0].timeout.count(), 700);
    EXPECT_FALSE((*targets)[1].pace);
    EXPECT_FALSE(
        external_targets(with({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://x"}, {"OTEL_BSP_SCHEDULE_DELAY", "x"}})));
}

TEST(Targets, NamesWhatChangesNothing) {
    EXPECT_EQ(disregarded({"PATH", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_PROPAGATORS",
                           "OTEL_PYTHON_LOG_CORRELATION", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_SERVICE_NAME"}),
              (std::vector<std::string>{"OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
                                        "OTEL_PROPAGATORS"}));
}

TEST(Targets, ResourceAttributes) {
    const auto resource = resource_of(
        with({{"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=a%2Cb,service.name=x"}, {"OTEL_SERVICE_NAME", "y"}}),
        "1");
    EXPECT_EQ(text_of(resource, "service.name"), "y");
    EXPECT_EQ(text_of(resource, "service.version"), "1");
    EXPECT_EQ(text_of(resource, "deployment.environment"), "a,b");
    EXPECT_EQ(text_of(resource_of(with({{"OTEL_RESOURCE_ATTRIBUTES", "broken"}}), "1"), "service.name"),
              "ark-controller");
}

}  // namespace
}  // namespace ark::emit
