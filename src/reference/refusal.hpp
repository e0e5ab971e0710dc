#pragma once
#include "base/error.hpp"
#include "base/outcome.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace ark::reference {

/// Why a request is refused, in the reference's words: {"error":{"code","message","requestId"}} with a status.
struct Refusal {
    Refusal() = default;
    Refusal(int http_status, std::string_view literal, std::string text)
        : status(http_status), code(literal), message(std::move(text)) {}

    int status = 500;
    std::string_view code = "INTERNAL_ERROR";  ///< a literal
    std::string message = "Internal server error";
};

template <class T>
using Outcome = ark::Outcome<T, Refusal>;

Refusal validation(std::string message);  ///< 400 VALIDATION_ERROR; "path: reason" joined with "; "
Refusal pagination(std::string message);  ///< 400 PAGINATION_ERROR
Refusal not_found(std::string message);   ///< 404 NOT_FOUND
/// Collects what is wrong with a request, so that the sender learns all of it at once.
class Issues {
public:
    /// The value; or, once it is noted why there is none, an empty one.
    template <class T>
    T take(Outcome<T> outcome) {
        if (outcome) return std::move(*outcome);
        note(outcome.error());
        return T{};
    }
    void note(const Refusal& refusal);
    bool any() const { return !message_.empty(); }
    Refusal refusal() const { return validation(message_); }

private:
    std::string message_;
};

/// What an error of the layers below is to a client. Its text is told when it is about the request, not when it is
/// ours.
Refusal refusal_of(const Error& error);

}  // namespace ark::reference
