#pragma once
#include "base/result.hpp"
#include "llm/chat.hpp"
#include "runtime/asio.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace ark::net {
class HttpClient;
class Fields;
}  // namespace ark::net

namespace ark::runs {

/// What was said in a conversation before.
struct History {
    std::vector<llm::Message> messages;  ///< oldest first; the newest of a conversation that is longer than we read
    std::uint64_t last = 0;              ///< sequence number of the newest; 0: there is none
};

/// Where conversations are kept: the service behind a Memory resource, or a broker (facts: "Memory protocol"). One
/// executor.
class Memory {
public:
    virtual ~Memory() = default;
    /// The id of a conversation that begins now.
    virtual awaitable<Result<std::string>> begin(std::stop_token stop) = 0;
    virtual awaitable<Result<History>> read(std::string conversation, std::stop_token stop) = 0;
    /// How many messages of the query the conversation has behind `after`.
    virtual awaitable<Result<std::size_t>> count(std::string conversation, std::string query, std::uint64_t after,
                                                 std::stop_token stop) = 0;
    /// `messages`: a JSON array. All of them or none; after an error it may be either (see count()).
    virtual awaitable<Status> add(std::string conversation, std::string query, std::string messages,
                                  std::chrono::seconds ttl, std::stop_token stop) = 0;
    /// Deletes what the query added to the conversation. A memory that cannot delete keeps it: that is no error.
    virtual awaitable<Status> forget(std::string conversation, std::string query, std::stop_token stop) = 0;
};

/// One that speaks the reference's protocol below `base_url`. `client` outlives it; `fields` go with every request.
std::unique_ptr<Memory> make_memory(net::HttpClient& client, std::string base_url, const net::Fields& fields);

}  // namespace ark::runs
