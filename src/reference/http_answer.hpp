#pragma once
#include "net/http.hpp"
#include "reference/refusal.hpp"

#include <string>

namespace ark::reference {

/// A JSON answer with its entity tag; 304 without a body where the request names the tag.
net::Response json_answer(const net::RequestHead& head, int status, std::string body);
/// {"error":{"code","message","requestId"}}
net::Response refusal_answer(const net::RequestHead& head, const Refusal& refusal);
/// "OK" and the like, as the reference sends them.
net::Response text_answer(const net::RequestHead& head, int status, std::string body);
/// 200 without a body or its type.
net::Response empty_answer();

/// Of an event stream's head.
net::Fields stream_fields();

/// 400 that names the first segment of the path that is malformed, or not UTF-8.
Refusal undecodable_path(const net::RequestHead& head);
/// For paths that nothing serves: the reference answers 404 whatever the method, 204 to any OPTIONS, 400 where a value
/// cannot be decoded. Nothing for paths under /v1, which are not its own, and for OPTIONS of what is served: that is
/// the server's, which knows the allowed origins.
std::optional<net::Response> unrouted_answer(const net::RequestHead& head, const net::Router::Match& match);

}  // namespace ark::reference
