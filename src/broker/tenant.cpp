#include "broker/tenant.hpp"

#include <algorithm>

namespace ark::broker {
namespace {

constexpr std::size_t tenant_bytes_max = 128;

bool is_tenant_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

}  // namespace

Result<std::string> tenant_of(const net::RequestHead& head) {
    if (!head.fields.has("x-scope-orgid")) return std::string("default");
    const auto tenant = head.fields.find("x-scope-orgid");
    const bool valid = !tenant.empty() && tenant.size() <= tenant_bytes_max &&
                       std::all_of(tenant.begin(), tenant.end(), is_tenant_character);
    if (!valid) return fail(Errc::bad_argument, "X-Scope-OrgID: 1 to 128 characters of A-Z a-z 0-9 . _ -");
    return std::string(tenant);
}

}  // namespace ark::broker
