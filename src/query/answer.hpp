#pragma once
#include "query/call.hpp"

#include <string>
#include <string_view>

/// From a Body to the bytes of a response: validators, links, compression.
namespace ark::query {

/// Whether `accept_encoding` takes gzip (RFC 9110 §12.5.3).
bool accepts_gzip(std::string_view accept_encoding);
/// The request's own X-Request-Id when it is harmless (1–64 of letters, digits, '-', '_', '.'), else nothing.
std::string_view usable_request_id(std::string_view sent);

/// The answer to a GET. Compresses bodies of at least `gzip_bytes_min`; may take milliseconds for large ones.
net::Response answer(const net::RequestHead& head, Body body, std::size_t gzip_bytes_min);
/// Compresses the body in place when the client takes it and it is large enough.
void compress(const net::RequestHead& head, net::Response& response, std::size_t gzip_bytes_min);
/// A Link field with the next page's URL.
void add_next_link(const net::RequestHead& head, const Params& params, std::string_view token, net::Response& response);

}  // namespace ark::query
