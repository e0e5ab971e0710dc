#pragma once
#include "resources/kind.hpp"

#include <map>
#include <string>
#include <string_view>

namespace ark::resources {

/// What clients read first: /api, /apis, /version, /openapi/v3 and below, path by path. They never change.
std::map<std::string, std::string> discovery_documents(std::string_view product);

/// OpenAPI 3.0 of the kinds of one group and version, from their schemas.
std::string openapi_json(std::string_view api_version);

std::string namespace_json(std::string_view name);
std::string namespace_list_json(std::string_view items);
std::string bookmark_json(const Kind& kind, std::uint64_t version, bool initial_events_end);
/// A Warning field (RFC 7234, code 299) that holds this text.
std::string warning_field(std::string_view text);

}  // namespace ark::resources
