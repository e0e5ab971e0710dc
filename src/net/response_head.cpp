#include "net/response_head.hpp"

#include "base/text.hpp"

#include <charconv>

namespace ark::net {

namespace {

std::string_view take_line(std::string_view& text) {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 2);
    return line;
}

}  // namespace

Status parse_response_head(std::string_view text, ClientResponse& response) {
    const auto status_line = take_line(text);
    const bool known = status_line.starts_with("HTTP/1.1 ") || status_line.starts_with("HTTP/1.0 ");
    const auto code = known ? status_line.substr(9, 3) : std::string_view{};
    const auto parsed = std::from_chars(code.data(), code.data() + code.size(), response.status);
    if (code.size() != 3 || parsed.ec != std::errc{} || parsed.ptr != code.data() + 3 || response.status < 100) {
        return fail(Errc::protocol, "not an HTTP/1.1 response");
    }
    while (!text.empty()) {
        const auto line = take_line(text);
        const auto colon = line.find(':');
        if (colon == line.npos || colon == 0) return fail(Errc::protocol, "malformed response field");
        response.fields.add(lower_case(line.substr(0, colon)), trimmed(line.substr(colon + 1), http_blanks));
    }
    return ok();
}

Result<BodyFraming> framing_of(const ClientResponse& response, std::string_view method, bool http10) {
    BodyFraming framing;
    const auto connection = lower_case(response.fields.find("connection"));
    framing.keep_alive = http10 ? connection == "keep-alive" : connection != "close";
    if (method == "HEAD" || response.status == 204 || response.status == 304) {
        framing.length = 0;
        return framing;
    }
    if (response.fields.has("transfer-encoding")) {
        framing.chunked = lower_case(response.fields.find("transfer-encoding")) == "chunked";
        if (!framing.chunked) return fail(Errc::protocol, "response in a coding that we do not know");
        return framing;
    }
    const auto length = response.fields.find("content-length");
    if (length.empty()) {
        framing.keep_alive = false;  // ends with the connection
        return framing;
    }
    std::uint64_t bytes = 0;
    const auto parsed = std::from_chars(length.data(), length.data() + length.size(), bytes);
    if (parsed.ec != std::errc{} || parsed.ptr != length.data() + length.size()) {
        return fail(Errc::protocol, "malformed content-length");
    }
    framing.length = bytes;
    return framing;
}

}  // namespace ark::net
