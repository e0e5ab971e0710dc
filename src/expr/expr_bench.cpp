// Rates of compile() and evaluate(). The filter is the one of docs/expressions.md: two fields, a comparison, a
// function.
#include "expr/program.hpp"

#include <array>

#include <benchmark/benchmark.h>

namespace ark::expr {
namespace {

constexpr std::string_view filter = R"(reason == "ToolCallError" && agent.startsWith("res"))";

Environment environment() {
    Environment made;
    made.add_variable("reason", Type::string());
    made.add_variable("agent", Type::string());
    made.add_variable("events", Type::list(Type::map(Type::string(), Type::dyn())));
    return made;
}

class Fields final : public Activation {
public:
    explicit Fields(std::string_view reason) : reason_(reason) {}
    std::optional<Value> variable(std::uint32_t slot, Evaluation&) const override {
        return slot == 0 ? Value::string(reason_) : Value::string("researcher");
    }

private:
    std::string_view reason_;
};

void compile_filter(benchmark::State& state) {
    const auto made = environment();
    for (auto _ : state)
        benchmark::DoNotOptimize(compile(filter, made));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(compile_filter);

void evaluate(benchmark::State& state, std::string_view text, std::string_view reason) {
    const auto program = *compile(text, environment());
    const Fields fields(reason);
    Evaluation evaluation;
    for (auto _ : state)
        benchmark::DoNotOptimize(program->evaluate(fields, evaluation));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(evaluate, filter_true, filter, "ToolCallError");
BENCHMARK_CAPTURE(evaluate, filter_false, filter, "LLMCallComplete");
BENCHMARK_CAPTURE(evaluate, member_of_five, R"(reason in ["A", "B", "C", "D", "ToolCallError"])", "ToolCallError");
BENCHMARK_CAPTURE(evaluate, regular_expression, R"(agent.matches("^res.*er$"))", "ToolCallError");
BENCHMARK_CAPTURE(evaluate, thousand_elements, "lists.range(1000).exists(x, x == 999)", "ToolCallError");

}  // namespace
}  // namespace ark::expr
