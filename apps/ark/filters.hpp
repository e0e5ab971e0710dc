#pragma once
#include "api_client.hpp"

namespace ark::cli {

/// Adds the plain parameters of filter_options() that were given. `@latest` as a session is looked up first.
Status add_filters(Target& target, ApiClient& api, const Invocation& invocation);
/// "15m" and "-15m" → "-15m"; times pass through. For parameters that mean a moment.
std::string moment(const std::string& text);
/// The id of the most recently active row of "/v1/sessions", …; not_found when there is none.
Result<std::string> latest_id(ApiClient& api, const std::string& path);

}  // namespace ark::cli
