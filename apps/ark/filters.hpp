#pragma once
#include "api_client.hpp"

namespace ark::cli {

enum class FilterUse {
    list,
    stream,  ///< a state as --status is left out: a stream of rows shows them as they enter and leave it
};
/// Adds the plain parameters of filter_options() that were given. `@latest` as a session is looked up first.
Status add_filters(Target& target, ApiClient& api, const Invocation& invocation, FilterUse use);
/// "15m" and "-15m" → "-15m"; times pass through. For parameters that mean a moment.
std::string moment(const std::string& text);
/// The id of the most recently active row of "/v1/sessions", …; not_found when there is none.
Result<std::string> latest_id(ApiClient& api, const std::string& path);

}  // namespace ark::cli
