#include "net/client.hpp"

#include <charconv>

namespace ark::net {

Result<Url> Url::parse(std::string_view text) {
    const auto bad = [text](std::string_view why) {
        return fail(Errc::bad_argument, "URL '" + std::string(text) + "': " + std::string(why));
    };
    Url url;
    std::string_view rest = text;
    if (const auto scheme = rest.find("://"); scheme != rest.npos) {
        if (rest.substr(0, scheme) != "http") return bad("only http is served");
        rest.remove_prefix(scheme + 3);
    }
    url.scheme = "http";
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    rest.remove_prefix(authority.size());
    if (authority.find('@') != authority.npos) return bad("credentials do not belong into a URL");

    const auto bracket = authority.rfind(']');
    const auto colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
    url.host = authority.substr(0, colon);
    if (url.host.starts_with('[') && url.host.ends_with(']')) url.host = url.host.substr(1, url.host.size() - 2);
    if (url.host.empty()) return bad("no host");
    if (colon != authority.npos) {
        const auto port = authority.substr(colon + 1);
        const auto* end = port.data() + port.size();
        const auto parsed = std::from_chars(port.data(), end, url.port);
        if (parsed.ec != std::errc{} || parsed.ptr != end || url.port == 0) return bad("not a port");
    }
    url.target = rest.substr(0, rest.find('#'));
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    for (const char c : url.host + url.target) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') return bad("holds spaces or control characters");
    }
    return url;
}

std::string Url::authority() const {
    const bool v6 = host.find(':') != host.npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace ark::net
