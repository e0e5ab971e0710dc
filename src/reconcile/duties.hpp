#pragma once
#include "reconcile/rounds.hpp"

#include <chrono>

namespace ark::net {
class HttpClient;
}
namespace ark::runs {
class Network;
}

/// What there is to look at again and again. What a duty is given outlives it.
namespace ark::reconcile {

/// The tools that an MCPServer lists become Tools.
Duty mcp_server_duty(resources::ResourceStore& store, net::HttpClient& client);
/// The card of an A2AServer becomes an Agent.
Duty a2a_server_duty(resources::ResourceStore& store, net::HttpClient& client);
/// A Model is asked whether it would answer, which may take so long.
Duty model_duty(resources::ResourceStore& store, runs::Network& network, std::chrono::milliseconds timeout);

}  // namespace ark::reconcile
