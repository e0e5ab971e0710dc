#include "resources/refusal.hpp"

#include "base/check.hpp"

#include <array>

#include <fmt/format.h>

namespace ark::resources {
namespace {

struct ReasonRow {
    Reason reason;
    std::string_view name;
    int status;
    Errc code;
};

constexpr std::array<ReasonRow, 14> reason_rows{{
    {Reason::bad_request, "BadRequest", 400, Errc::bad_argument},
    {Reason::not_found, "NotFound", 404, Errc::not_found},
    {Reason::already_exists, "AlreadyExists", 409, Errc::conflict},
    {Reason::conflict, "Conflict", 409, Errc::conflict},
    {Reason::invalid, "Invalid", 422, Errc::bad_argument},
    {Reason::forbidden, "Forbidden", 403, Errc::forbidden},
    {Reason::method_not_allowed, "MethodNotAllowed", 405, Errc::unsupported},
    {Reason::expired, "Expired", 410, Errc::expired},
    {Reason::too_large, "RequestEntityTooLarge", 413, Errc::too_large},
    {Reason::unsupported_media_type, "UnsupportedMediaType", 415, Errc::unsupported},
    {Reason::not_acceptable, "NotAcceptable", 406, Errc::unsupported},
    {Reason::too_many_requests, "TooManyRequests", 429, Errc::overloaded},
    {Reason::unavailable, "ServiceUnavailable", 503, Errc::unavailable},
    {Reason::internal, "InternalError", 500, Errc::internal},
}};

const ReasonRow& row_of(Reason reason) {
    for (const auto& row : reason_rows) {
        if (row.reason == reason) return row;
    }
    ARK_CHECK(false, "reason {} has no row", static_cast<int>(reason));
    return reason_rows.back();
}

Reason reason_of(Errc code) {
    for (const auto& row : reason_rows) {
        if (row.code == code) return row.reason;
    }
    if (code == Errc::bad_payload || code == Errc::protocol) return Reason::bad_request;
    return is_retryable(code) ? Reason::unavailable : Reason::internal;
}

}  // namespace

std::string_view name(Reason reason) {
    return row_of(reason).name;
}

int http_status(Reason reason) {
    return row_of(reason).status;
}

Reason reason_named(std::string_view name) {
    for (const auto& row : reason_rows) {
        if (row.name == name) return row.reason;
    }
    return Reason::internal;
}

Error Refusal::error() const {
    return fail(row_of(reason).code, message);
}

Refusal refuse(const Error& error) {
    return refuse(reason_of(error.code), error.context);
}

Cause required(std::string field, std::string_view why) {
    auto message = why.empty() ? "Required value" : fmt::format("Required value: {}", why);
    return {"FieldValueRequired", std::move(message), std::move(field)};
}

Cause invalid(std::string field, std::string_view value, std::string_view why) {
    return {"FieldValueInvalid", fmt::format("Invalid value: {}: {}", value, why), std::move(field)};
}

Cause not_supported(std::string field, std::string_view value, const std::vector<std::string>& choices) {
    std::string list;
    for (const auto& choice : choices)
        list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", choice);
    return {"FieldValueNotSupported", fmt::format("Unsupported value: {}: supported values: {}", value, list),
            std::move(field)};
}

Cause forbidden(std::string field, std::string_view why) {
    return {"FieldValueForbidden", fmt::format("Forbidden: {}", why), std::move(field)};
}

Cause not_found(std::string field, std::string_view value) {
    return {"FieldValueNotFound", fmt::format("Not found: {}", value), std::move(field)};
}

Cause duplicate(std::string field, std::string_view value) {
    return {"FieldValueDuplicate", fmt::format("Duplicate value: {}", value), std::move(field)};
}

}  // namespace ark::resources
