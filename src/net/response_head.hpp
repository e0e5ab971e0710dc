#pragma once
#include "net/client.hpp"

#include <optional>
#include <string_view>

/// The head of an HTTP/1.1 response, as both clients read it.
namespace ark::net {

/// How a response's body ends.
struct BodyFraming {
    std::optional<std::uint64_t> length;
    bool chunked = false;  ///< neither: with the connection
    bool keep_alive = true;
};

/// `text` is the head without its last empty line. protocol: not a head of HTTP/1.0 or 1.1.
Status parse_response_head(std::string_view text, ClientResponse& response);

/// protocol: an unknown transfer coding, a malformed length.
Result<BodyFraming> framing_of(const ClientResponse& response, std::string_view method, bool http10);

}  // namespace ark::net
