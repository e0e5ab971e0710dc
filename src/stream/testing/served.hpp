#pragma once
#include "journal/testing/memory_journal.hpp"
#include "net/server.hpp"
#include "stream/stream.hpp"
#include "stream/testing/fake_views.hpp"
#include "stream/testing/producer.hpp"
#include "stream/testing/watchers.hpp"

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

namespace ark::stream::testing {

using journal::testing::MemoryJournal;

/// A stream behind a real server on a free port.
class Served {
public:
    explicit Served(MemoryJournal& a_journal, StreamConfig config = {}, net::ServerConfig server_config = {},
                    unsigned threads = 2)
        : journal(a_journal),
          views(a_journal),
          pool_(threads),
          stream(Stream::create(config, pool_, work_, a_journal, views, system_clock())) {
        views.fold();
        views.follow();
        router_.add("GET", "/v1/stream",
                    [this](net::Exchange& exchange) { return stream->serve(exchange, "default"); });
        auto created = net::Server::create(pool_, server_config, router_);
        if (!created) {
            std::fprintf(stderr, "%s\n", created.error().message().c_str());
            std::abort();
        }
        server_ = std::move(*created);
        server_->start();
        pool_.start();
    }
    ~Served() { stop(); }

    void stop() {
        stream->stop();
        server_->stop(std::chrono::milliseconds(2000));
        pool_.stop();
        work_.stop();
    }
    std::uint16_t port() const { return server_->port(); }

    static std::size_t resident_bytes() {
        std::ifstream statm("/proc/self/statm");
        std::size_t size = 0;
        std::size_t resident = 0;
        statm >> size >> resident;
        return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    }

    MemoryJournal& journal;
    FakeViews views;

private:
    runtime::IoPool pool_;
    runtime::WorkPool work_{2};
    net::Router router_;
    std::unique_ptr<net::Server> server_;

public:
    std::unique_ptr<Stream> stream;
};

}  // namespace ark::stream::testing
