#pragma once
#include "base/result.hpp"
#include "net/http.hpp"

#include <string>

namespace ark::broker {

/// Whose request it is. Without authentication: the header X-Scope-OrgID, else "default" (design, Tenants).
/// bad_argument when the header is not 1–128 characters of [A-Za-z0-9._-].
Result<std::string> tenant_of(const net::RequestHead& head);

}  // namespace ark::broker
