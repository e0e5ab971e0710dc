#include "reference/refusal.hpp"

#include "base/check.hpp"

namespace ark::reference {

Refusal validation(std::string message) {
    return {400, "VALIDATION_ERROR", std::move(message)};
}

Refusal pagination(std::string message) {
    return {400, "PAGINATION_ERROR", std::move(message)};
}

Refusal not_found(std::string message) {
    return {404, "NOT_FOUND", std::move(message)};
}

void Issues::note(const Refusal& refusal) {
    if (any()) message_ += "; ";
    message_ += refusal.message;
}

Refusal refusal_of(const Error& error) {
    const int status = http_status(error.code);
    switch (error.code) {
        case Errc::not_found:
            return not_found(error.context);
        case Errc::unauthorized:
            return {status, "UNAUTHORIZED", error.context};
        case Errc::forbidden:
            return {status, "FORBIDDEN", error.context};
        case Errc::overloaded:
            return {status, "OVERLOADED", error.context};
        default:
            break;
    }
    if (status < 500) return {status, "REQUEST_ERROR", error.context};
    if (status == 500) return {};
    return {status, "UNAVAILABLE", "Service unavailable, try again"};
}

}  // namespace ark::reference
