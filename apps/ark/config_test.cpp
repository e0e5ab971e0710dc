#include "config.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ark::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigTest : public testing::Test {
protected:
    void SetUp() override {
        directory_ = std::filesystem::temp_directory_path() / ("ark-config-" + std::to_string(::getpid()));
        std::filesystem::create_directories(directory_ / "ark");
        environment_["XDG_CONFIG_HOME"] = directory_.string();
        environment_["XDG_DATA_HOME"] = "/var/data";
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::string write(const std::string& name, const std::string& text) {
        const auto path = (directory_ / name).string();
        std::ofstream(path) << text;
        return path;
    }
    Result<Configuration> load() { return Configuration::load(invocation_, environment()); }
    Environment environment() {
        return [this](const std::string& name) -> std::optional<std::string> {
            const auto found = environment_.find(name);
            return found == environment_.end() ? std::nullopt : std::optional(found->second);
        };
    }
    const Effective& setting(const Configuration& configuration, std::string_view name) {
        for (const auto& effective : configuration.broker()) {
            if (effective.setting->name == name) return effective;
        }
        return configuration.client().front();
    }

    std::filesystem::path directory_;
    std::map<std::string, std::string> environment_;
    Invocation invocation_;
};

TEST_F(ConfigTest, DefaultsAreTheStructsDefaults) {
    const auto configuration = load();
    ASSERT_TRUE(configuration);
    const auto config = configuration->broker_config();
    ASSERT_TRUE(config) << config.error().context;
    const broker::BrokerConfig plain;
    EXPECT_EQ(config->listen, plain.listen);
    EXPECT_EQ(config->otlp_listen, plain.otlp_listen);
    EXPECT_EQ(config->grpc_listen, plain.grpc_listen);
    EXPECT_EQ(config->durability, plain.durability);
    EXPECT_EQ(config->retention_age, plain.retention_age);
    EXPECT_EQ(config->retention_bytes, plain.retention_bytes);
    EXPECT_EQ(config->segment_bytes, plain.segment_bytes);
    EXPECT_EQ(config->request_bytes_max, plain.request_bytes_max);
    EXPECT_EQ(config->inflate_ratio_max, plain.inflate_ratio_max);
    EXPECT_EQ(config->nesting_max, plain.nesting_max);
    EXPECT_EQ(config->attributes_max, plain.attributes_max);
    EXPECT_EQ(config->subscribers_max, plain.subscribers_max);
    EXPECT_EQ(config->connections_max, plain.connections_max);
    EXPECT_EQ(config->net_threads, plain.net_threads);
    EXPECT_EQ(config->work_threads, plain.work_threads);
    EXPECT_EQ(config->memory_journal_tail, plain.memory_journal_tail);
    EXPECT_EQ(config->views_cache, plain.views_cache);
    EXPECT_EQ(config->views_hot, plain.views_hot);
    EXPECT_EQ(config->interrupted_after, plain.interrupted_after);
    EXPECT_EQ(config->log_level, plain.log_level);
    EXPECT_EQ(config->log_json, plain.log_json);
    EXPECT_EQ(config->allow_public, plain.allow_public);
    EXPECT_EQ(config->data, "/var/data/ark");
}

TEST_F(ConfigTest, FlagBeatsVariableBeatsFileBeatsDefault) {
    const auto file = write("ark/config.yaml", "broker:\n  work-threads: 3\n  listen: 127.0.0.1:1\n  nesting-max: 5\n");
    environment_["ARK_WORK_THREADS"] = "4";
    environment_["ARK_LISTEN"] = "127.0.0.1:2";
    invocation_.add("listen", "127.0.0.1:3");
    const auto configuration = load();
    ASSERT_TRUE(configuration) << configuration.error().context;
    const auto config = configuration->broker_config();
    ASSERT_TRUE(config);
    EXPECT_EQ(config->listen->port, 3);
    EXPECT_EQ(config->work_threads, 4u);
    EXPECT_EQ(config->nesting_max, 5u);
    EXPECT_EQ(setting(*configuration, "listen").origin, "flag");
    EXPECT_EQ(setting(*configuration, "work-threads").origin, "env ARK_WORK_THREADS");
    EXPECT_EQ(setting(*configuration, "nesting-max").origin, file + ":4");
    EXPECT_EQ(setting(*configuration, "log-level").origin, "default");
}

TEST_F(ConfigTest, UnknownKeysAreErrorsWithTheNearest) {
    invocation_.add("config", write("bad.yaml", "server: http://x\nbroker:\n  retenton-age: 7d\n"));
    const auto configuration = load();
    ASSERT_FALSE(configuration);
    EXPECT_THAT(configuration.error().context, HasSubstr("bad.yaml:3: unknown key 'broker.retenton-age'"));
    EXPECT_THAT(configuration.error().context, HasSubstr("did you mean 'broker.retention-age'"));
}

TEST_F(ConfigTest, SaysWhereABrokenFileIsBroken) {
    invocation_.add("config", write("bad.yaml", "broker: {listen: [}\n"));
    EXPECT_THAT(load().error().context, HasSubstr("bad.yaml: line 1"));
    Invocation missing;
    missing.add("config", "/does/not/exist.yaml");
    invocation_ = missing;
    EXPECT_THAT(load().error().context, HasSubstr("no such file"));
}

TEST_F(ConfigTest, ListsComeFromEverySource) {
    invocation_.add("config", write("a.yaml", "broker:\n  cors-origin: [https://a.example, https://b.example]\n"));
    EXPECT_THAT(load()->broker_config()->cors_origins, ElementsAre("https://a.example", "https://b.example"));
    environment_["ARK_CORS_ORIGIN"] = "https://c.example,https://d.example";
    EXPECT_THAT(load()->broker_config()->cors_origins, ElementsAre("https://c.example", "https://d.example"));
    invocation_.add("cors-origin", "*");
    EXPECT_THAT(load()->broker_config()->cors_origins, ElementsAre("*"));
}

struct Case {
    const char* name;
    const char* value;
    bool good;
};

TEST_F(ConfigTest, ChecksEveryValue) {
    static constexpr Case cases[] = {
        {"listen", "off", true},
        {"listen", "[::1]:0", true},
        {"listen", "localhost:9", true},
        {"listen", "127.0.0.1", false},
        {"listen", "127.0.0.1:70000", false},
        {"listen", ":80", false},
        {"durability", "sync", true},
        {"durability", "group:5", true},
        {"durability", "group:20ms", true},
        {"durability", "group:0", false},
        {"durability", "fast", false},
        {"durability", "os", true},
        {"retention-age", "7d", true},
        {"retention-age", "0", true},
        {"retention-age", "-1h", false},
        {"retention-bytes", "10GiB", true},
        {"retention-bytes", "lots", false},
        {"net-threads", "8", true},
        {"net-threads", "-1", false},
        {"net-threads", "2x", false},
        {"inflate-ratio-max", "0", false},
        {"inflate-ratio-max", "50", true},
        {"log-level", "loud", false},
        {"log-format", "json", true},
        {"cors-origin", "nonsense", false},
        {"allow-public", "true", true},
        {"segment-bytes", "4KiB", false},
    };
    for (const auto& [name, value, good] : cases) {
        invocation_ = {};
        invocation_.add(name, value);
        const auto config = load()->broker_config();
        EXPECT_EQ(config.has_value(), good) << name << "=" << value;
        if (!config) {
            EXPECT_EQ(config.error().code, Errc::config);
            EXPECT_THAT(config.error().context, HasSubstr(name));
        }
    }
}

TEST_F(ConfigTest, TakesTheVariablesOfTheReference) {
    environment_["PORT"] = "9090";
    environment_["HOST"] = "0.0.0.0";
    environment_["LOG_LEVEL"] = "trace";
    environment_["MAX_SPANS"] = "100000";
    environment_["EVENT_BACKEND"] = "memory";
    environment_["TRACE_FILE_PATH"] = "/data/traces.json";
    EXPECT_EQ(load()->broker_config()->listen->port, 8080);  // only where it is asked for

    auto configuration = load();
    ASSERT_TRUE(configuration->adopt_reference_variables(environment()));
    const auto config = configuration->broker_config();
    ASSERT_TRUE(config) << config.error().context;
    EXPECT_EQ(config->listen, (broker::ListenAddress{"0.0.0.0", 9090}));
    EXPECT_EQ(config->log_level, "debug");
    EXPECT_EQ(config->spans_max, 100'000u);
    EXPECT_EQ(config->data, "/data/ark");
    EXPECT_EQ(setting(*configuration, "listen").origin, "env PORT");

    environment_["ARK_LISTEN"] = "127.0.0.1:1";
    invocation_.add("data", "/mine");
    configuration = load();
    ASSERT_TRUE(configuration->adopt_reference_variables(environment()));
    EXPECT_EQ(configuration->broker_config()->listen->port, 1);
    EXPECT_EQ(configuration->broker_config()->data, "/mine");
}

TEST_F(ConfigTest, RefusesVariablesOfTheReferenceThatItCannotFollow) {
    const auto refused = [this](const std::string& variable, const std::string& value) {
        environment_[variable] = value;
        auto configuration = load();
        auto status = configuration->adopt_reference_variables(environment());
        environment_.erase(variable);
        if (status) status = Status(configuration->broker_config().error());
        return status.error().context;
    };
    EXPECT_THAT(refused("MESSAGE_BACKEND", "postgres"), HasSubstr("needs no database"));
    EXPECT_THAT(refused("CHUNK_BACKEND", "redis"), HasSubstr("CHUNK_BACKEND=redis"));
    EXPECT_THAT(refused("LOG_LEVEL", "loud"), HasSubstr("LOG_LEVEL=loud"));
}

TEST_F(ConfigTest, NothingToListenOnIsAnError) {
    for (const char* name : {"listen", "otlp-listen", "grpc-listen"})
        invocation_.add(name, "off");
    EXPECT_THAT(load()->broker_config().error().context, HasSubstr("nothing to do"));
}

TEST_F(ConfigTest, NeedsADataDirectory) {
    environment_.erase("XDG_DATA_HOME");
    environment_["HOME"] = "/home/somebody";
    EXPECT_EQ(load()->broker_config()->data, "/home/somebody/.local/share/ark");
    environment_.erase("HOME");
    EXPECT_THAT(load()->broker_config().error().context, HasSubstr("--data"));
}

}  // namespace
}  // namespace ark::cli
