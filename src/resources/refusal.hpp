#pragma once
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Why a request on a resource was not granted, in the words of the Kubernetes API (its `Status` object), so that the
/// embedded store, a real cluster, the HTTP face and the command line say the same.
namespace ark::resources {

/// One thing that is wrong with one field.
struct Cause {
    std::string reason;   ///< "FieldValueRequired", "FieldValueInvalid", …
    std::string message;  ///< "Required value"
    std::string field;    ///< "spec.tools[1].name"

    friend bool operator==(const Cause&, const Cause&) = default;
};
using Causes = std::vector<Cause>;

/// Kubernetes' reasons; each has one HTTP status.
enum class Reason {
    bad_request,
    not_found,
    already_exists,
    conflict,
    invalid,
    forbidden,
    method_not_allowed,
    expired,
    too_large,
    unsupported_media_type,
    not_acceptable,
    too_many_requests,
    unavailable,
    internal,
};
std::string_view name(Reason reason);  ///< "AlreadyExists"
int http_status(Reason reason);
/// By what a Status says; internal for an unknown reason.
Reason reason_named(std::string_view name);

struct [[nodiscard]] Refusal {
    Reason reason = Reason::internal;
    std::string message;  ///< for people: agents.ark.mckinsey.com "x" not found
    std::string group;    ///< of the resource that it is about; all three may be empty
    std::string resource;
    std::string name;
    Causes causes;

    Error error() const;  ///< for callers that speak our own codes
};

template <class T>
using Outcome = ark::Outcome<T, Refusal>;

inline Refusal refuse(Reason reason, std::string message) {
    return Refusal{reason, std::move(message), {}, {}, {}, {}};
}
Refusal refuse(const Error& error);  ///< what an Error of ours is as a Status

// Causes, worded as Kubernetes words them.
Cause required(std::string field, std::string_view why = {});
Cause invalid(std::string field, std::string_view value, std::string_view why);
Cause not_supported(std::string field, std::string_view value, const std::vector<std::string>& choices);
Cause forbidden(std::string field, std::string_view why);
Cause not_found(std::string field, std::string_view value);
Cause duplicate(std::string field, std::string_view value);

}  // namespace ark::resources
