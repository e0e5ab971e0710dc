#pragma once
#include "net/http_client.hpp"

#include <memory>

namespace ark::resources {

/// A client for what resources name as a model or an evaluator. The rule that admission applies to what is written down
/// (docs/resources.md) is applied to what is really asked: to the URL, also when it came out of a Secret, and to each
/// address that a name stands for, right before the connection. Beyond it: forbidden. Names of the cluster
/// (`….svc.cluster.local`) may have private addresses. Behind a proxy the proxy finds the address: only the URL is
/// judged.
std::unique_ptr<net::HttpClient> guarded_client(asio::io_context& context, net::HttpClientConfig config,
                                                bool private_addresses);

}  // namespace ark::resources
