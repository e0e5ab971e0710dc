#include "net/etag.hpp"

#include "base/hex.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <functional>

namespace ark::net {
namespace {

std::string_view opaque(std::string_view tag) {
    return tag.starts_with("W/") ? tag.substr(2) : tag;
}

}  // namespace

bool names_tag(std::string_view if_none_match, std::string_view tag) {
    if (trimmed(if_none_match, http_blanks) == "*") return true;
    while (!if_none_match.empty()) {
        const auto end = std::min(if_none_match.find(','), if_none_match.size());
        if (opaque(trimmed(if_none_match.substr(0, end), http_blanks)) == opaque(tag)) return true;
        if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
    }
    return false;
}

std::string weak_tag(std::string_view body) {
    std::string tag;
    tag.reserve(20);  // W/"…" with 16 digits: longer than a string holds in itself
    tag.append("W/\"");
    append_hex_number(tag, std::hash<std::string_view>{}(body), 16);
    tag.push_back('"');
    return tag;
}

}  // namespace ark::net
