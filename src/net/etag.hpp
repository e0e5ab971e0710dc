#pragma once
#include <string>
#include <string_view>

namespace ark::net {

/// Whether an If-None-Match field names the tag (weak comparison, RFC 9110 §8.8.3.2) or is "*".
bool names_tag(std::string_view if_none_match, std::string_view tag);
/// W/"…" over the body: the same for the same bytes, within one build of ours.
std::string weak_tag(std::string_view body);

}  // namespace ark::net
