// Goal: a jq program does what jq does, and a hostile one does nothing else.
#include "tools/jq.hpp"

#include "base/time.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::tools {
namespace {

using ::testing::HasSubstr;

TEST(Jq, GivesNothingOneOrSeveral) {
    EXPECT_EQ(*run_jq("empty", "{}"), "");
    EXPECT_EQ(*run_jq(".a", R"({"a":{"b":[1,"é"]}})"), R"({"b":[1,"é"]})");
    EXPECT_EQ(*run_jq(".[] | .n", R"([{"n":1},{"n":"x"}])"), R"([1,"x"])");
}

// Goal: more than a socket holds goes both ways, however soon the worker ends.
TEST(Jq, TakesAndGivesMuch) {
    const std::string json = "[\"" + std::string(3u << 20, 'x') + "\"]";
    EXPECT_EQ(*run_jq(".", json), json);
    EXPECT_EQ(*run_jq("length", json), "1");
    EXPECT_EQ(run_jq(".[", json).error().code, Errc::bad_argument);
    JqLimits limits;
    limits.output_bytes = 1u << 20;
    EXPECT_EQ(run_jq(".", json, limits).error().code, Errc::too_large);
}

TEST(Jq, SaysWhatIsWrong) {
    EXPECT_EQ(run_jq(".a |", "{}").error().code, Errc::bad_argument);
    const auto failed = run_jq(".a", "[1]");
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().context, HasSubstr("Cannot index"));
    EXPECT_TRUE(check_jq(".a"));
    EXPECT_FALSE(check_jq("nonsense(1)"));
    EXPECT_EQ(run_jq("error(\"mine\")", "{}").error().context, "jq: mine");
}

TEST(Jq, IsEndedWhenItDoesNotEnd) {
    JqLimits limits;
    limits.time = std::chrono::milliseconds(300);
    limits.memory_bytes = 64u << 20;
    limits.output_bytes = 1u << 20;
    const auto begun = system_clock().monotonic_nanos();
    EXPECT_FALSE(run_jq("def f: f; f", "{}", limits));
    EXPECT_FALSE(run_jq("[range(1e12)]", "{}", limits));
    EXPECT_FALSE(run_jq("repeat(.)", "{\"some\":\"text\"}", limits));
    EXPECT_FALSE(run_jq("def g: [g,g]; g", "{}", limits));
    EXPECT_LT(system_clock().monotonic_nanos() - begun, 5'000'000'000u);
}

TEST(Jq, SeesNothingOfOurs) {
    setenv("ARK_TEST_SECRET", "s3cret", 1);
    EXPECT_EQ(*run_jq("env | length", "{}"), "0");
    EXPECT_EQ(*run_jq("$ENV.ARK_TEST_SECRET", "{}"), "null");
    unsetenv("ARK_TEST_SECRET");
    EXPECT_FALSE(run_jq(R"(import "passwd" as $p {search:"/etc"}; $p)", "{}"));
    EXPECT_FALSE(run_jq("input", "{}"));
    EXPECT_EQ(*run_jq("stderr", "1"), "1");
}

}  // namespace
}  // namespace ark::tools

// jq programs run in this executable, started again.
int main(int argc, char** argv) {
    if (ark::tools::is_jq_worker(argc, argv)) return ark::tools::run_jq_worker();
    testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}
