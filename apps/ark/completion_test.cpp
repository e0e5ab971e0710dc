#include "completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> words_for(const std::vector<std::string>& typed) {
    const auto ids = [](const std::string& plural, const std::string&) {
        return std::vector<std::string>{plural + "-1", plural + "-2"};
    };
    std::vector<std::string> words;
    for (const auto& candidate : candidates(all_commands(), global_options(), typed, ids))
        words.push_back(candidate.word);
    return words;
}

TEST(Completion, OffersCommandsThenMembers) {
    EXPECT_THAT(words_for({""}), Contains("sessions"));
    EXPECT_THAT(words_for({"ses"}), ElementsAre("sessions"));
    EXPECT_THAT(words_for({"sessions", ""}), ElementsAre("list", "get"));
    EXPECT_THAT(words_for({"-o", "json", "sessions", "l"}), ElementsAre("list"));
}

TEST(Completion, OffersFlagsAndTheirChoices) {
    EXPECT_THAT(words_for({"watch", "--until"}), ElementsAre("--until-idle"));
    EXPECT_THAT(words_for({"watch", "--o"}), ElementsAre("--output"));
    EXPECT_THAT(words_for({"watch", "-o", "n"}), ElementsAre("ndjson", "name"));
    EXPECT_THAT(words_for({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
}

TEST(Completion, AsksForIds) {
    EXPECT_THAT(words_for({"sessions", "get", ""}), ElementsAre("@latest", "sessions-1", "sessions-2"));
    EXPECT_THAT(words_for({"watch", "--session", ""}), ElementsAre("sessions-1", "sessions-2"));
    EXPECT_THAT(words_for({"traces", "get", "x", ""}), IsEmpty());
    EXPECT_THAT(words_for({"events", "get", ""}), Not(Contains("@latest")));
}

}  // namespace
}  // namespace ark::cli
