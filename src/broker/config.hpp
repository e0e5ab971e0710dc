#pragma once
#include "journal/journal.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ark::broker {

/// Where to listen. Port 0: any free port, told by the ready line and the port file.
struct ListenAddress {
    std::string host = "127.0.0.1";  ///< an IP address; IPv6 without brackets
    std::uint16_t port = 0;

    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// Every option of `ark broker`, already parsed and checked one by one. The table of names, defaults and help is
/// apps/ark/settings.cpp; a member here and a line there belong together. docs/configuration.md is the page for people.
struct BrokerConfig {
    // Where: no address = that door is closed.
    std::optional<ListenAddress> listen = ListenAddress{"127.0.0.1", 8080};  ///< API, streams, OTLP/HTTP, dashboard
    std::optional<ListenAddress> otlp_listen = ListenAddress{"127.0.0.1", 4318};  ///< OTLP/HTTP
    std::optional<ListenAddress> grpc_listen = ListenAddress{"127.0.0.1", 4317};  ///< OTLP/gRPC
    bool allow_public = false;  ///< an address beyond loopback is refused without this: there is no authentication
    std::vector<std::string> cors_origins;  ///< allow-list; "*" allows all; empty: no CORS headers
    std::string port_file;                  ///< written when ready: the ready line; empty: none

    // What is kept, and how surely.
    std::string data;  ///< directory of journal/ and views/; made when missing
    journal::Durability durability = journal::Durability::sync;
    std::chrono::milliseconds group{5};     ///< only with Durability::group
    std::chrono::seconds retention_age{0};  ///< 0: no limit by age
    std::uint64_t retention_bytes = 0;      ///< 0: no limit by size
    std::uint64_t segment_bytes = 256ull << 20;

    // How many items the reference's paths show: the newest; 0: all. The journal keeps what retention says.
    std::uint64_t messages_max = 0;
    std::uint64_t chunks_max = 0;
    std::chrono::seconds chunks_kept{3600};  ///< of a finished query, one by one; then its answer as one chunk
    std::uint64_t spans_max = 0;
    std::uint64_t events_max = 0;

    // What one request may be.
    std::uint64_t request_bytes_max = 64ull << 20;  ///< as sent, and again after inflating
    double inflate_ratio_max = 200;                 ///< inflated bytes per received byte, beyond the first MiB
    std::uint32_t nesting_max = 64;                 ///< depth of attribute values
    std::uint32_t attributes_max = 4096;            ///< of one span or record

    // How many at once.
    std::size_t subscribers_max = 20'000;
    std::size_t connections_max = 20'000;  ///< of each listener

    // Threads and memory.
    unsigned net_threads = 0;  ///< 0: one a core, at most 4
    unsigned work_threads = 2;
    std::uint64_t memory_journal_tail = 32ull << 20;  ///< recent batches kept for followers
    std::uint64_t views_cache = 32ull << 20;          ///< block cache of the views' store
    std::uint64_t views_hot = 16ull << 20;            ///< folded rows kept in memory
    std::chrono::seconds interrupted_after{300};      ///< an open span without sign of life

    // Our own diagnostics.
    std::string log_level = "info";  ///< debug, info, warn, error, off
    bool log_json = false;
};

}  // namespace ark::broker
