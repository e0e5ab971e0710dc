#pragma once
#include "base/result.hpp"
#include "runtime/asio.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace ark::net {
class HttpClient;
}

namespace ark::emit {

/// What one query says while it runs, for those who watch: lines of JSON, sent in order as they come. Never waits,
/// never fails: a line without room, or without a broker, is dropped and counted. What it says last is in the query's
/// status all the same. Destroyed without an end: what waits is sent, and the stream stays open for the next process.
class ChunkStream {
public:
    virtual ~ChunkStream() = default;
    virtual void line(std::string json) = 0;
    virtual void complete() = 0;  ///< nothing follows; those who watch are told
};

struct ChunkCounters {
    std::uint64_t lines = 0;
    std::uint64_t dropped = 0;
    std::size_t open = 0;  ///< streams that have something to send or may still get it
};

/// The chunk streams of a process: `POST {base_url}/stream/{query}` with the lines that came meanwhile, then
/// `…/complete` (facts: "Streaming chunks"). One executor.
class ChunkStreams {
public:
    struct Config {
        std::size_t stream_bytes_max = 4u << 20;     ///< that wait, of one query
        std::size_t bytes_max = 64u << 20;           ///< of all
        std::chrono::milliseconds timeout{10'000};   ///< of one request
        std::chrono::milliseconds away_max{30'000};  ///< a broker that is away longer gets nothing more of the stream
    };
    virtual ~ChunkStreams() = default;
    /// `client` outlives it.
    static std::unique_ptr<ChunkStreams> create(asio::any_io_executor executor, net::HttpClient& client, Config config);

    virtual std::unique_ptr<ChunkStream> open(std::string base_url, std::string_view query) = 0;
    virtual ChunkCounters counters() const = 0;
    /// Gives what waits `grace` to get out. The streams were closed before.
    virtual awaitable<void> stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace ark::emit
