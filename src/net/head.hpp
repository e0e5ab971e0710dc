#pragma once
#include "net/http.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ark::net {

/// What a request's head says about the message around it.
struct Framing {
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool keep_alive = false;
    bool expects_continue = false;
    bool http10 = false;

    bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

/// Parses one complete HTTP/1.1 head, from the request line through the empty line. Returns 0, or the status to answer
/// with: 400 malformed, 431 a line too long, 501 a method or coding that we do not have, 505 another version.
int parse_head(std::string_view text, RequestHead& head, Framing& framing);

/// Splits the target into path and query and decodes the path, which stays as sent where it cannot be decoded: the
/// router says so. Takes absolute-form as well. False: malformed.
bool set_target(RequestHead& head, std::string_view target);
/// The path of a target as sent, without query: what the router matches.
std::string_view raw_path(const RequestHead& head);
bool is_known_method(std::string_view method);

}  // namespace ark::net
