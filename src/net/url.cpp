#include "net/client.hpp"

#include <charconv>

namespace ark::net {

namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

}  // namespace

Result<Url> Url::parse(std::string_view text, Schemes schemes) {
    const auto bad = [text](std::string_view why) {
        return fail(Errc::bad_argument, "URL '" + std::string(text) + "': " + std::string(why));
    };
    Url url;
    std::string_view rest = text;
    url.scheme = "http";
    if (const auto scheme = rest.find("://"); scheme != rest.npos) {
        url.scheme = rest.substr(0, scheme);
        const bool https = url.scheme == "https" && schemes == Schemes::http_and_https;
        if (url.scheme != "http" && !https)
            return bad(schemes == Schemes::http ? "only http is served" : "neither http nor https");
        if (https) url.port = https_port;
        rest.remove_prefix(scheme + 3);
    }
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

Result<Url> Url::resolve(std::string_view location) const {
    if (location.find("://") != location.npos) return parse(location, Schemes::http_and_https);
    if (location.starts_with("//")) return parse(scheme + ":" + std::string(location), Schemes::http_and_https);
    auto path = target.substr(0, target.find('?'));
    if (location.starts_with('/')) {
        path.clear();
    } else if (!location.empty() && location.front() != '?') {
        path.erase(path.rfind('/') + 1);
    }
    return parse(scheme + "://" + authority() + path + std::string(location), Schemes::http_and_https);
}

std::string Url::authority() const {
    const bool v6 = host.find(':') != host.npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::host_field() const {
    auto text = authority();
    if (port == (scheme == "https" ? https_port : http_port)) text.erase(text.rfind(':'));
    return text;
}

bool Url::same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
}

}  // namespace ark::net
