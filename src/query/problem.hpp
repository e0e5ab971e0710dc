#pragma once
#include "base/check.hpp"
#include "base/result.hpp"
#include "expr/code.hpp"
#include "net/http.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Errors of the API as RFC 9457 problem documents (application/problem+json).
namespace ark::query {

/// Every type of problem the API answers with. The name is the last segment of its URL: "/problems/cursor-mismatch".
enum class ProblemKind {
    unknown_parameter,
    invalid_parameter,
    invalid_expression,
    cursor_invalid,
    cursor_mismatch,
    cursor_expired,
    not_available,
    not_found,
    expired,
    unauthorized,
    forbidden,
    conflict,
    too_large,
    overloaded,
    unavailable,
    not_ready,
    deadline,
    not_implemented,
    internal,
};

struct ProblemType {
    ProblemKind kind;
    std::string_view slug;
    int status;
    std::string_view title;
    std::string_view about;  ///< what it means and what to do, for the page behind the URL
};

std::span<const ProblemType> problem_types();
const ProblemType& problem_type(ProblemKind kind);
/// By slug; nullptr when there is none.
const ProblemType* find_problem_type(std::string_view slug);

/// What is wrong with one part of the request.
struct FieldProblem {
    std::string parameter;
    std::string detail;
    std::optional<expr::Issue> issue = std::nullopt;  ///< of an expression: code and position
};

/// One refusal. `detail` says what happened this time, `hint` what would work instead.
struct Problem {
    ProblemKind kind = ProblemKind::internal;
    std::string detail;
    std::string hint;
    std::vector<FieldProblem> errors;
    unsigned retry_after_seconds = 0;  ///< > 0: a Retry-After header
    std::string cause;                 ///< for our log only: what the layers below said

    Problem(ProblemKind of_kind, std::string what) : kind(of_kind), detail(std::move(what)) {}
    /// What an error of the layers below means to a client. Internal ones keep their words to themselves.
    explicit Problem(const Error& error);
};

Problem unknown_parameter(std::string_view name, std::string_view suggestion);
Problem invalid_parameter(std::string_view name, std::string detail, std::string hint = {});
/// Each issue is one of the errors, with its code and position.
Problem invalid_expression(std::string_view name, const expr::Issues& issues);

/// {"type","title","status","detail","instance","requestId",
/// "errors":[{"parameter","detail","code","offset","line","column","suggestion"}],"hint"}; what is empty is left out.
std::string write_problem(const Problem& problem, std::string_view instance, std::string_view request_id);
/// The whole answer, with content type, Retry-After and no-store.
net::Response problem_response(const Problem& problem, std::string_view instance, std::string_view request_id);

/// A value or a Problem: what the read functions return. Works with ARK_TRY; an Error of a lower layer becomes a
/// Problem.
template <class T>
class [[nodiscard]] Outcome {
public:
    Outcome(T value) : state_(std::move(value)) {}
    Outcome(Problem problem) : state_(std::move(problem)) {}
    Outcome(const Error& error) : state_(Problem(error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    T& operator*() {
        ARK_CHECK(state_.index() == 0, "the value of a problem was asked for");
        return *std::get_if<0>(&state_);
    }
    const T& operator*() const {
        ARK_CHECK(state_.index() == 0, "the value of a problem was asked for");
        return *std::get_if<0>(&state_);
    }
    T* operator->() { return &**this; }
    const Problem& error() const& {
        ARK_CHECK(state_.index() == 1, "the problem of a value was asked for");
        return *std::get_if<1>(&state_);
    }
    Problem error() && {
        ARK_CHECK(state_.index() == 1, "the problem of a value was asked for");
        return std::move(*std::get_if<1>(&state_));
    }

private:
    std::variant<T, Problem> state_;
};

}  // namespace ark::query
