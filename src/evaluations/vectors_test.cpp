#include "evaluations/evaluate.hpp"
#include "evaluations/result_json.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

// Goal: the acceptance vectors give what they expect: tests/vectors/evaluations/vectors.json, or the file that
// ARK_EVALUATION_VECTORS names.
namespace ark::evaluations {
namespace {

JsonValue load_vectors() {
    const auto* named = std::getenv("ARK_EVALUATION_VECTORS");
    std::ifstream file(named != nullptr ? named : ARK_EVALUATION_VECTORS_DIR "/vectors.json");
    std::stringstream text;
    text << file.rdbuf();
    auto parsed = JsonValue::parse(text.str());
    EXPECT_TRUE(parsed) << "no vectors";
    return parsed ? std::move(*parsed) : JsonValue{};
}

const JsonValue& vectors() {
    static const auto loaded = load_vectors();
    return loaded;
}

bool is_number(const JsonValue& value) {
    return std::holds_alternative<std::int64_t>(value.data) || std::holds_alternative<double>(value.data);
}

/// Equal, numbers within 1e-9.
bool same(const JsonValue& a, const JsonValue& b) {
    if (is_number(a) && is_number(b)) return std::abs(a.real() - b.real()) < 1e-9;
    if (a.is_array() && b.is_array()) {
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!same(a[i], b[i])) return false;
        }
        return true;
    }
    if (a.is_object() && b.is_object()) {
        if (a.size() != b.size()) return false;
        for (const auto& [name, value] : a.object()) {
            if (!same(value, b[name])) return false;
        }
        return true;
    }
    return a == b;
}

struct Given {
    explicit Given(const JsonValue& vector)
        : source(vectors()["streams"][vector["stream"].text()].array()),
          evaluator(source,
                    {std::string(vector["current_query"].text()), std::string(vector["session"].text()), std::string()},
                    system_clock()) {}

    OneLog source;
    Evaluator evaluator;
};

TEST(Vectors, ExpressionsGiveWhatTheyShould) {
    ASSERT_GT(vectors()["cases"].size(), 0u);
    for (const auto& vector : vectors()["cases"].array()) {
        SCOPED_TRACE(std::string(vector["stream"].text()) + ": " + std::string(vector["expr"].text()));
        Given given(vector);
        const auto outcome = given.evaluator.evaluate(compile(vector["expr"].text()));
        ASSERT_TRUE(outcome);
        const auto expected_error = vector["expect"]["error"].text();
        if (!expected_error.empty()) {
            ASSERT_TRUE(outcome->problem) << "gave " << outcome->value.dump();
            EXPECT_EQ(outcome->problem->code, expected_error) << outcome->problem->message;
        } else if (outcome->problem) {
            ADD_FAILURE() << outcome->problem->code << ": " << outcome->problem->message;
        } else {
            EXPECT_TRUE(same(outcome->value, vector["expect"]))
                << "gave " << outcome->value.dump() << ", not " << vector["expect"].dump();
        }
    }
}

TEST(Vectors, EvaluationsGiveWhatTheyShould) {
    for (const auto& vector : vectors()["evaluations"].array()) {
        SCOPED_TRACE(vector.dump());
        JsonValue document{JsonValue::Object{{"type", JsonValue{std::string("event")}}, {"rules", vector["rules"]}}};
        if (!vector["min_score"].is_null()) document.set("minScore", vector["min_score"]);
        auto definition = read_definition(document);
        ASSERT_TRUE(definition) << definition.error().context;
        Given given(vector);
        const auto result = Evaluation(std::move(*definition)).run(given.evaluator);
        ASSERT_TRUE(result);
        const auto& expected = vector["expect"];
        EXPECT_EQ(score_text(result->score), expected["score"].text());
        EXPECT_EQ(result->passed, expected["passed"].boolean());
        ASSERT_EQ(result->rules.size(), expected["rules_passed"].size());
        for (std::size_t i = 0; i < result->rules.size(); ++i) {
            EXPECT_EQ(result->rules[i].passed, expected["rules_passed"][i].boolean()) << i;
            const auto& problem = result->rules[i].outcome.problem;
            EXPECT_EQ(problem ? problem->code : "", expected["rule_errors"][i].text()) << i;
        }
    }
}

}  // namespace
}  // namespace ark::evaluations
