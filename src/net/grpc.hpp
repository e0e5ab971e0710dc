#pragma once
#include "net/http.hpp"

#include <string>
#include <string_view>

/// gRPC over HTTP/2, unary calls, without a gRPC library: framing and status (facts: gRPC over HTTP/2).
namespace ark::net::grpc {

struct Message {
    bool compressed = false;  ///< by the request's grpc-encoding
    std::string_view bytes;   ///< points into the body
};

/// The single message of a unary body. protocol: not exactly one whole frame.
Result<Message> unframe(std::string_view body);
/// Length-prefixed frame of an uncompressed message.
std::string frame(std::string_view message);

/// 200 with the message and grpc-status 0 in the trailers.
Response reply(std::string_view message);
/// Trailers-only answer. `details` is a serialised google.rpc.Status for grpc-status-details-bin; may be empty.
Response error(int grpc_status, std::string_view message, std::string_view details = {});

bool is_grpc(const RequestHead& head);  ///< content-type application/grpc or application/grpc+proto

}  // namespace ark::net::grpc
