#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ark::controller {

/// Every option of `ark controller`, already parsed.
struct ControllerConfig {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8090;              ///< 0: any free one; see Controller::ready_line()
    bool allow_public = false;              ///< an address beyond loopback is refused without this
    std::vector<std::string> cors_origins;  ///< "*" allows all; empty: no CORS headers
    std::string data;                       ///< directory of resources/, runs/ and outbox/; made when missing
    std::string broker;                     ///< base URL of the broker that is told everything; empty: none
    bool reference_broker = false;          ///< it is one of the reference's: events go to it as JSON, one by one
    std::size_t concurrent_queries_max = 32;
    bool private_models = true;  ///< models may be on this machine and in private networks
    bool probe_models = true;    ///< models are asked every pollInterval whether they would answer
    std::chrono::milliseconds probe_timeout{60'000};
    std::string product = "ark";  ///< what /version says
};

}  // namespace ark::controller
