#include "base/outcome.hpp"

#include "base/result.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace ark {
namespace {

static_assert(!std::copy_constructible<Result<std::unique_ptr<int>>>);
static_assert(std::copy_constructible<Result<std::string>>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::string>>);
static_assert(!std::default_initializable<Outcome<std::reference_wrapper<int>, Error>>);

TEST(Outcome, HoldsAValueOrAnError) {
    Result<std::string> text = std::string(100, 'x');
    ASSERT_TRUE(text);
    EXPECT_EQ(text->size(), 100u);
    text = fail(Errc::too_large, "body");
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, Errc::too_large);
    text = "short";
    EXPECT_EQ(*text, "short");
}

TEST(Outcome, CopiesAndMovesWhatItHolds) {
    const Result<std::string> value = std::string(100, 'x');
    const Result<std::string> error = fail(Errc::io, std::string(100, 'y'));
    Result<std::string> copy = value;
    EXPECT_EQ(*copy, *value);
    copy = error;
    EXPECT_EQ(copy.error().context, error.error().context);
    copy = Result<std::string>(value);
    EXPECT_EQ(*copy, *value);
    const std::string taken = *std::move(copy);
    EXPECT_EQ(taken, *value);
}

TEST(Outcome, TakesWhatBecomesAValue) {
    struct Base {
        virtual ~Base() = default;
    };
    struct Derived final : Base {};
    Result<std::unique_ptr<Base>> pointer = std::make_unique<Derived>();
    EXPECT_TRUE(*pointer);
    const auto owned = std::move(pointer).value();
    EXPECT_TRUE(owned);
    const Result<std::optional<int>> nothing = std::nullopt;
    EXPECT_TRUE(nothing && !nothing->has_value());
}

TEST(Outcome, StatusIsSuccessOrAnError) {
    Status status;
    EXPECT_TRUE(status);
    status = fail(Errc::io, "disk");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().context, "disk");
}

TEST(OutcomeDeathTest, AskingForWhatItDoesNotHoldEndsTheProcess) {
    const Result<int> error = fail(Errc::io, "disk");
    EXPECT_DEATH(static_cast<void>(error.value()), "outcome_test.cpp:[0-9]+.*asked for a value.*disk");
    const Result<int> value = 3;
    EXPECT_DEATH(static_cast<void>(value.error()), "asked for an error");
}

}  // namespace
}  // namespace ark
