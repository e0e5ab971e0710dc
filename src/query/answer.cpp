#include "query/answer.hpp"

#include "base/text.hpp"
#include "codec/compression.hpp"
#include "net/etag.hpp"

#include <algorithm>

namespace ark::query {
namespace {

// Takes the next element of a comma- or semicolon-separated list.
std::string_view take_element(std::string_view& rest, char separator) {
    const auto end = std::min(rest.find(separator), rest.size());
    const auto element = trimmed(rest.substr(0, end), http_blanks);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return element;
}

bool is_zero_weight(std::string_view parameter) {
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return false;
    const auto weight = parameter.substr(2);
    return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    bool any = false;
    while (!accept_encoding.empty()) {
        auto element = take_element(accept_encoding, ',');
        const auto coding = take_element(element, ';');
        const bool wanted = !is_zero_weight(trimmed(element, http_blanks));
        if (coding == "gzip" || coding == "x-gzip") return wanted;
        if (coding == "*") any = wanted;
    }
    return any;
}

std::string_view usable_request_id(std::string_view sent) {
    constexpr std::size_t bytes_max = 64;
    const auto harmless = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    if (sent.size() > bytes_max || !std::all_of(sent.begin(), sent.end(), harmless)) return {};
    return sent;
}

void compress(const net::RequestHead& head, net::Response& response, std::size_t gzip_bytes_min) {
    response.fields.set("vary", "accept-encoding");
    if (response.body.size() < gzip_bytes_min || !accepts_gzip(head.fields.find("accept-encoding"))) return;
    const auto packed = codec::gzip(response.body);
    response.body.assign(packed.view());
    response.fields.set("content-encoding", "gzip");
}

net::Response answer(const net::RequestHead& head, Body body, std::size_t gzip_bytes_min) {
    net::Response response;
    // What has a validator may be kept, but is asked for again each time; what has none is different each time.
    response.fields.add("cache-control", body.validator ? "private, no-cache" : "no-store");
    if (body.validator) {
        const auto tag = net::weak_tag(body.text);
        response.fields.add("etag", tag);
        if (net::names_tag(head.fields.find("if-none-match"), tag)) {
            response.status = 304;
            return response;
        }
    }
    response.fields.add("content-type", body.content_type);
    response.body = std::move(body.text);
    compress(head, response, gzip_bytes_min);
    return response;
}

void add_next_link(const net::RequestHead& head, const Params& params, std::string_view token,
                   net::Response& response) {
    if (token.empty() || head.target.find_first_of("<>\"") != std::string::npos) return;
    const auto end_of_path = std::min(head.target.find('?'), head.target.size());
    std::string link = "<" + head.target.substr(0, end_of_path) + "?";
    for (const auto& [name, value] : params.query().items()) {
        if (name == "cursor" || name == "at_least" || name == "count") continue;
        link.append(net::percent_encode(name)).append("=").append(net::percent_encode(value)).append("&");
    }
    link.append("cursor=").append(token).append(">; rel=\"next\"");
    response.fields.add("link", link);
}

}  // namespace ark::query
