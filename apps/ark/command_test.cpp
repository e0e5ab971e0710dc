#include "command.hpp"

#include "parser.hpp"
#include "run_options.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Parsed> parse(const std::vector<std::string>& words) {
    static const auto commands = all_commands();
    static const auto globals = global_options();
    return parse_line(commands, globals, words);
}

std::string error_of(const std::vector<std::string>& words) {
    const auto parsed = parse(words);
    return parsed ? "" : parsed.error().context;
}

TEST(Parser, FindsCommandFlagsAndArguments) {
    const auto parsed =
        parse({"sessions", "list", "--limit", "5", "--reason", "ToolCall*", "--reason=LLMCallError", "-w"});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->command->path, "sessions list");
    EXPECT_EQ(parsed->invocation.text("limit"), "5");
    EXPECT_THAT(parsed->invocation.all("reason"), ElementsAre("ToolCall*", "LLMCallError"));
    EXPECT_TRUE(parsed->invocation.flag("watch"));
    EXPECT_FALSE(parsed->invocation.has("session"));

    const auto get = parse({"traces", "get", "0af7"});
    ASSERT_TRUE(get);
    EXPECT_EQ(get->invocation.text("ID"), "0af7");

    const auto api = parse({"api", "GET", "/v1/sessions?limit=5", "-H", "accept: text/plain"});
    ASSERT_TRUE(api) << api.error().context;
    EXPECT_EQ(api->invocation.text("METHOD"), "GET");
    EXPECT_EQ(api->invocation.text("PATH"), "/v1/sessions?limit=5");
    EXPECT_THAT(api->invocation.all("header"), ElementsAre("accept: text/plain"));

    const auto none = parse({"journal", "verify"});
    ASSERT_TRUE(none) << none.error().context;
    EXPECT_FALSE(none->invocation.has("DIR"));
    EXPECT_THAT(error_of({"traces", "get", "a", "b"}), HasSubstr("takes no argument 'b'"));
}

TEST(Parser, GlobalFlagsMayComeAnywhere) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"-o", "json", "sessions", "list"},
                                                                   {"sessions", "-o", "json", "list"},
                                                                   {"sessions", "list", "-o", "json"},
                                                                   {"sessions", "list", "--output=json"}}) {
        const auto parsed = parse(words);
        ASSERT_TRUE(parsed) << parsed.error().context;
        EXPECT_EQ(parsed->invocation.text("output"), "json");
        EXPECT_EQ(parsed->command->path, "sessions list");
    }
}

TEST(Parser, TimesAgoAreValuesNotFlags) {
    const auto parsed = parse({"watch", "--since", "-15m", "--max", "3"});
    ASSERT_TRUE(parsed) << parsed.error().context;
    EXPECT_EQ(parsed->invocation.text("since"), "-15m");
    EXPECT_EQ(parsed->invocation.text("max"), "3");
}

TEST(Parser, NamesTheSlipAndTheNearestWord) {
    EXPECT_THAT(error_of({"sesions", "list"}), HasSubstr("did you mean 'sessions'"));
    EXPECT_THAT(error_of({"sessions", "lst"}), HasSubstr("did you mean 'list'"));
    EXPECT_THAT(error_of({"sessions", "list", "--sesion", "x"}), HasSubstr("did you mean '--session'"));
    EXPECT_THAT(error_of({"sessions", "list", "-o", "jsn"}), HasSubstr("did you mean 'json'"));
    EXPECT_THAT(error_of({"traces", "get"}), HasSubstr("needs ID"));
    EXPECT_NE(error_of({"sessions", "list", "--limit"}), "");
}

TEST(Parser, HelpNeedsNothingElse) {
    const auto parsed = parse({"traces", "get", "--help"});
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->help);
    EXPECT_EQ(parsed->command->path, "traces get");
    const auto bare = parse({});
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->command, nullptr);
}

TEST(Invocation, SaysWhatIsWrongWithAValue) {
    Invocation invocation;
    invocation.add("limit", "many");
    invocation.add("duration", "5 minutes");
    EXPECT_THAT(invocation.whole_number("limit", 1).error().context,
                HasSubstr("--limit: 'many' is not a whole number"));
    EXPECT_THAT(invocation.duration_nanos("duration", 1).error().context, HasSubstr("is not a duration"));
    EXPECT_EQ(*invocation.whole_number("absent", 7), 7u);
}

TEST(RunOptions, TheProbesTimeIsTheOptionsElseTheVariables) {
    using std::chrono::seconds;
    controller::ControllerConfig config;
    ASSERT_TRUE(read_run_options(Invocation(), config));
    EXPECT_EQ(config.probe_timeout, seconds(60));
    EXPECT_TRUE(config.probe_models);
    ::setenv("ARK_MODEL_PROBE_TIMEOUT_SECONDS", "7", 1);
    ASSERT_TRUE(read_run_options(Invocation(), config));
    EXPECT_EQ(config.probe_timeout, seconds(7));
    Invocation said;
    said.add("model-probe-timeout", "2s");
    ASSERT_TRUE(read_run_options(said, config));
    EXPECT_EQ(config.probe_timeout, seconds(2));
    ::setenv("ARK_MODEL_PROBE_TIMEOUT_SECONDS", "soon", 1);
    EXPECT_THAT(read_run_options(Invocation(), config).error().context,
                HasSubstr("ARK_MODEL_PROBE_TIMEOUT_SECONDS: a duration up to an hour, such as 30, not 'soon'"));
    ::unsetenv("ARK_MODEL_PROBE_TIMEOUT_SECONDS");
}

TEST(Nearest, IsNearOrNothing) {
    EXPECT_EQ(nearest("statos", {"status", "since"}), "status");
    EXPECT_FALSE(nearest("zzz", {"status", "since"}));
}

// Goal: every path is unique, groups come before their members, every flag has words.
TEST(Table, IsWellFormed) {
    std::vector<std::string> seen;
    for (const auto& command : all_commands()) {
        EXPECT_EQ(std::count(seen.begin(), seen.end(), command.path), 0) << command.path;
        if (const auto space = command.path.rfind(' '); space != std::string::npos) {
            EXPECT_EQ(std::count(seen.begin(), seen.end(), command.path.substr(0, space)), 1) << command.path;
        }
        EXPECT_FALSE(command.summary.empty()) << command.path;
        for (const auto& option : command.options)
            EXPECT_FALSE(option.help.empty()) << command.path << " " << option.name;
        seen.push_back(command.path);
    }
}

TEST(Exit, IsStableForScripts) {
    EXPECT_EQ(exit_of(fail(Errc::config, "")), Exit::usage);
    EXPECT_EQ(exit_of(fail(Errc::deadline, "")), Exit::timeout);
    EXPECT_EQ(exit_of(fail(Errc::not_found, "")), Exit::not_found);
    EXPECT_EQ(exit_of(fail(Errc::connect, "")), Exit::unreachable);
    EXPECT_EQ(exit_of(fail(Errc::unauthorized, "")), Exit::denied);
    EXPECT_EQ(exit_of(fail(Errc::conflict, "")), Exit::conflict);
    EXPECT_EQ(exit_of(fail(Errc::io, "")), Exit::failed);
}

}  // namespace
}  // namespace ark::cli
