// A whole evaluation: {"evaluation": …, "events": […], "query": …, "session": …}, as a request and a file of events
// may say them. Whatever is read is run within a budget: each rule has a bool or a problem, the score is a share, and
// the result is JSON that can be read back; twice the same events give the same result.
#include "base/check.hpp"
#include "evaluations/definition.hpp"
#include "evaluations/evaluate.hpp"
#include "evaluations/request.hpp"
#include "evaluations/result_json.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ark::evaluations {
namespace {

constexpr std::size_t rules_max = 20;
constexpr std::size_t events_max = 200;

Budget budget() {
    Budget small;
    small.steps = 50'000;
    small.memory_bytes = 4u << 20;
    small.time_ns = 500'000'000;
    return small;
}

std::string run(const Evaluation& evaluation, const JsonValue& events, const Subject& subject) {
    OneLog source(events.array());
    Evaluator evaluator(source, subject, system_clock(), budget());
    const auto result = evaluation.run(evaluator);
    ARK_CHECK(result, "events in memory cannot be read");
    ARK_CHECK(result->score >= 0 && result->score <= 1, "a score outside of 0 to 1");
    for (const auto& rule : result->rules)
        ARK_CHECK(!rule.passed || !rule.outcome.problem, "a rule passed with a problem");
    const auto text = json_of(*result, Explain::yes).dump();
    ARK_CHECK(JsonValue::parse(text), "a result that is no JSON");
    return text;
}

bool has_problem(std::string_view text, std::string_view code) {
    return text.find(code) != std::string_view::npos;
}

void run_input(std::string_view text) {
    static_cast<void>(read_request(text));
    const auto input = JsonValue::parse(text, 64);
    if (!input || (*input)["events"].size() > events_max) return;
    auto definition = read_definition((*input)["evaluation"]);
    if (!definition || definition->rules.size() > rules_max) return;
    Subject subject = definition->subject;
    if (subject.query.empty()) subject.query = (*input)["query"].text();
    if (subject.session.empty()) subject.session = (*input)["session"].text();
    const Evaluation evaluation(std::move(*definition));
    const auto first = run(evaluation, (*input)["events"], subject);
    const auto second = run(evaluation, (*input)["events"], subject);
    // What ends by its time may end elsewhere the next time.
    ARK_CHECK(first == second || has_problem(first, "budget_exceeded") || has_problem(second, "budget_exceeded"),
              "the same events gave another result");
}

}  // namespace
}  // namespace ark::evaluations

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ark::evaluations::run_input({reinterpret_cast<const char*>(data), size});
    return 0;
}
