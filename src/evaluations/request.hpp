#pragma once
#include "base/cursor.hpp"
#include "evaluations/evaluate.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ark::evaluations {

/// The body of POST /v1/evaluations (docs/evaluations.md).
struct Request {
    std::optional<Definition> definition;  ///< or …
    std::string expression;                ///< … one expression
    Subject subject;                       ///< the request's own, else the document's
    JsonValue filter;                      ///< an expression, or an object of plain parameters; null: none
    bool explain = false;
    bool fail_fast = false;
    bool dry_run = false;
    bool strict = false;  ///< refuse what does not compile, instead of failing its rules
    bool live = false;
    std::optional<std::chrono::nanoseconds> wait;  ///< for the end of the query, at most so long
    std::chrono::nanoseconds until{};              ///< how long a live one goes on at most
    JsonValue document;                            ///< as it came: what a live evaluation is taken up again from
};

inline constexpr std::chrono::hours wait_max{1};
inline constexpr std::chrono::hours until_max{24};
inline constexpr std::chrono::hours until_default{1};

/// Errors: bad_argument naming the member, also for an unknown one; unsupported as read_definition.
Result<Request> read_request(std::string_view body);

}  // namespace ark::evaluations
