#include "expr/program.hpp"

#include "base/text.hpp"
#include "codec/utf8.hpp"
#include "expr/checker.hpp"
#include "expr/evaluator.hpp"
#include "expr/lower.hpp"
#include "expr/parser.hpp"

#include <algorithm>

namespace ark::expr {

void Bindings::set(std::uint32_t slot, const Value& value) {
    if (slot >= values_.size()) values_.resize(slot + 1);
    values_[slot] = value;
}

std::optional<Value> Bindings::variable(std::uint32_t slot, Evaluation&) const {
    return slot < values_.size() ? values_[slot] : std::nullopt;
}

Value FlatProgram::evaluate(const Activation& activation, Evaluation& evaluation) const {
    evaluation.start();
    const auto value = evaluate_step(*this, root, activation, evaluation);
    return evaluation.is_exhausted() ? evaluation.exhausted() : value;
}

namespace {

/// A message may quote what was wrong, which may be as long as an expression or a value.
std::string shortened(std::string_view message) {
    if (message.size() <= message_bytes_max) return std::string(message);
    return std::string(clip(message, message_bytes_max)) + "…";
}

}  // namespace

Issue Program::issue(const Value& error) const {
    const auto& failure = error.failure();
    Issue issue{failure.code, shortened(failure.message), failure.offset == no_offset ? 0 : failure.offset, 1, 1, {}};
    locate(issue, text());
    return issue;
}

namespace {

Issues located(Issues issues, std::string_view text) {
    for (auto& issue : issues.list) {
        issue.message = shortened(issue.message);
        locate(issue, text);
    }
    return issues;
}

Issues one(Code code, std::size_t offset, std::string message) {
    return Issues{{Issue{code, std::move(message), static_cast<std::uint32_t>(offset), 1, 1, {}}}};
}

}  // namespace

Compiled<std::shared_ptr<const Program>> compile(std::string_view text, const Environment& environment) {
    const auto& limits = environment.options().limits;
    if (text.size() > limits.source_bytes)
        return one(Code::too_complex, 0, fmt::format("the expression is longer than {} bytes", limits.source_bytes));
    if (!codec::valid_utf8(text))
        return one(Code::parse_error, codec::utf8_error_offset(text), "the expression is not valid UTF-8");
    auto ast = parse(text, environment.options());
    if (!ast) return located(std::move(ast).error(), text);
    auto warnings = std::move((*ast)->warnings);
    auto analysis = analyze(**ast, environment);
    if (!analysis.issues.empty()) return located(Issues{std::move(analysis.issues)}, text);
    warnings.insert(warnings.end(), analysis.warnings.begin(), analysis.warnings.end());
    for (auto& warning : warnings)
        locate(warning, text);
    auto program = lower(std::move(*ast), std::move(analysis), environment, std::move(warnings));
    if (!program) return located(std::move(program).error(), text);
    return std::shared_ptr<const Program>(std::move(*program));
}

}  // namespace ark::expr
