// A load generator in one thread: keep-alive connections, one request in flight each, ids rewritten for every request.
// Closed loop, or a fixed rate over all connections. Prints one line of JSON.
#include "codec/compression.hpp"
#include "payload.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 4318;
    std::string path = "/v1/traces";  // "*" in it becomes the connection's number
    ark::bench::Shape shape = ark::bench::Shape::genai;
    ark::bench::Wire wire = ark::bench::Wire::protobuf;
    unsigned spans = 90, spans_per_trace = 10, traces_per_session = 5, connections = 32;
    unsigned requests_per_trace =
        1;  // > 1: spans of a trace come one request after the other, and so do traces of a session
    unsigned gzip_variants = 0;   // > 0: bodies compressed beforehand, sent in turn
    unsigned plain_variants = 0;  // > 0: the same without compression: what gzip is compared with
    double seconds = 4, rate = 0;
    std::uint64_t requests = 0;  // > 0: stop after so many
    std::uint64_t first = 0;     // number of the first request: keeps ids of successive runs apart
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const std::string value = argv[i + 1];
        const auto number = [&value] { return static_cast<unsigned>(std::stoul(value)); };
        if (name == "--address") {
            options.host = value.substr(0, value.rfind(':'));
            options.port = static_cast<std::uint16_t>(std::stoi(value.substr(value.rfind(':') + 1)));
        } else if (name == "--path") {
            options.path = value;
        } else if (name == "--shape") {
            options.shape = ark::bench::shape_of(value);
        } else if (name == "--wire") {
            options.wire = value == "json" ? ark::bench::Wire::json : ark::bench::Wire::protobuf;
        } else if (name == "--spans") {
            options.spans = number();
        } else if (name == "--spans-per-trace") {
            options.spans_per_trace = number();
        } else if (name == "--traces-per-session") {
            options.traces_per_session = number();
        } else if (name == "--requests-per-trace") {
            options.requests_per_trace = number();
        } else if (name == "--connections") {
            options.connections = number();
        } else if (name == "--gzip-variants") {
            options.gzip_variants = number();
        } else if (name == "--plain-variants") {
            options.plain_variants = number();
        } else if (name == "--seconds") {
            options.seconds = std::stod(value);
        } else if (name == "--rate") {
            options.rate = std::stod(value);
        } else if (name == "--requests") {
            options.requests = std::stoull(value);
        } else if (name == "--first") {
            options.first = std::stoull(value);
        } else {
            std::fprintf(stderr, "ark_load: unknown option %s\n", argv[i]);
            std::exit(1);
        }
    }
    return options;
}

std::uint64_t wall_nanos() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
}

struct Connection {
    int socket = -1;
    std::unique_ptr<ark::bench::Payload> payload;
    std::string path;
    std::string head;
    std::string_view body;
    std::size_t sent = 0;
    bool busy = false;
    bool want_write = false;
    std::string answer;
    Steady::time_point started;
};

class Load {
public:
    explicit Load(const Options& options) : options_(options), next_(options.first) {
        poll_ = ::epoll_create1(0);
        prepare_variants();
        for (unsigned i = 0; i < options.connections; ++i)
            open_connection();
    }

    void run() {
        const auto begin = Steady::now();
        const auto end =
            begin + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(options_.seconds));
        for (auto& connection : connections_)
            idle_.push_back(connection.get());
        epoll_event events[128];
        while (true) {
            const auto now = Steady::now();
            const bool over = now >= end || (options_.requests > 0 && started_ >= options_.requests);
            if (over && idle_.size() == connections_.size()) break;
            if (now >= end + 10s) break;
            if (!over) start_due(begin, now);
            const auto patience = until_due(begin);
            const int count = ::epoll_pwait2(poll_, events, 128, &patience, nullptr);
            for (int i = 0; i < count; ++i)
                advance(*static_cast<Connection*>(events[i].data.ptr), events[i].events);
        }
        elapsed_ = std::chrono::duration<double>(Steady::now() - begin).count();
    }

    void report() {
        std::sort(latencies_.begin(), latencies_.end());
        const auto at = [this](double q) {
            return latencies_.empty()
                       ? 0.0
                       : latencies_[static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1))] * 1e3;
        };
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
        const double requests = static_cast<double>(latencies_.size());
        std::printf(
            "{\"requests\": %.0f, \"errors\": %llu, \"seconds\": %.3f, \"requests_per_s\": %.1f, \"spans_per_s\": "
            "%.1f, "
            "\"bytes\": %llu, \"mb_per_s\": %.1f, \"body_bytes\": %zu, \"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": "
            "%.3f, "
            "\"max_ms\": %.3f, "
            "\"cpu_s\": %.2f, \"next\": %llu}\n",
            requests, static_cast<unsigned long long>(errors_), elapsed_, requests / elapsed_,
            requests * options_.spans / elapsed_, static_cast<unsigned long long>(bytes_),
            static_cast<double>(bytes_) / elapsed_ / 1e6, body_bytes_, at(0.5), at(0.9), at(0.99), at(1), cpu,
            static_cast<unsigned long long>(next_));
    }

private:
    void prepare_variants() {
        ark::bench::Payload payload(options_.shape, options_.wire, options_.spans, options_.spans_per_trace,
                                    options_.traces_per_session);
        for (unsigned i = 0; i < options_.gzip_variants + options_.plain_variants; ++i) {
            stamp(payload);
            if (options_.gzip_variants > 0) {
                variants_.emplace_back(ark::codec::gzip(payload.body()).view());
            } else {
                variants_.emplace_back(payload.body());
            }
        }
    }

    void stamp(ark::bench::Payload& payload) {
        const auto n = next_++;
        const auto trace = n / options_.requests_per_trace;
        const auto session = options_.requests_per_trace > 1 ? trace / options_.traces_per_session : n;
        payload.stamp(n, trace, session, wall_nanos());
    }

    void open_connection() {
        auto connection = std::make_unique<Connection>();
        connection->socket = ::socket(AF_INET, SOCK_STREAM, 0);
        connection->path = options_.path;
        const auto star = connection->path.find('*');
        if (star != std::string::npos) connection->path.replace(star, 1, std::to_string(connections_.size()));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(options_.port);
        ::inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
        if (::connect(connection->socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            std::perror("ark_load: connect");
            std::exit(1);
        }
        const int on = 1;
        ::setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (variants_.empty()) {
            connection->payload = std::make_unique<ark::bench::Payload>(
                options_.shape, options_.wire, options_.spans, options_.spans_per_trace, options_.traces_per_session);
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = connection.get();
        ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection->socket, &event);
        connections_.push_back(std::move(connection));
    }

    void start_due(Steady::time_point begin, Steady::time_point now) {
        while (!idle_.empty() && (options_.requests == 0 || started_ < options_.requests)) {
            if (options_.rate > 0) {
                const double due = std::chrono::duration<double>(now - begin).count() * options_.rate;
                if (static_cast<double>(started_) >= due) return;
            }
            auto* connection = idle_.front();
            idle_.pop_front();
            start(*connection);
        }
    }

    /// How long nothing can begin: a generator that looked at the clock all the time would take a core from what it
    /// measures.
    timespec until_due(Steady::time_point begin) const {
        std::chrono::nanoseconds wait = 100ms;
        if (options_.rate > 0 && !idle_.empty()) {
            const std::chrono::duration<double> due(static_cast<double>(started_) / options_.rate);
            wait = std::chrono::ceil<std::chrono::nanoseconds>(due - (Steady::now() - begin));
            wait = std::clamp<std::chrono::nanoseconds>(wait, 0ns, 100ms);
        }
        return {0, static_cast<long>(wait.count())};
    }

    void start(Connection& connection) {
        ++started_;
        if (variants_.empty()) {
            stamp(*connection.payload);
            connection.body = connection.payload->body();
        } else {
            connection.body = variants_[next_++ % variants_.size()];
        }
        body_bytes_ = connection.body.size();
        if (connection.head.empty() || !variants_.empty()) {
            connection.head =
                "POST " + connection.path + " HTTP/1.1\r\nHost: bench\r\nContent-Type: " +
                (options_.wire == ark::bench::Wire::json ? "application/json" : "application/x-protobuf") +
                (options_.gzip_variants == 0 ? "" : "\r\nContent-Encoding: gzip") +
                "\r\nContent-Length: " + std::to_string(connection.body.size()) + "\r\n\r\n";
        }
        connection.sent = 0;
        connection.busy = true;
        connection.answer.clear();
        connection.started = Steady::now();
        send_more(connection);
    }

    void send_more(Connection& connection) {
        const std::size_t total = connection.head.size() + connection.body.size();
        while (connection.sent < total) {
            iovec parts[2];
            int count = 0;
            if (connection.sent < connection.head.size()) {
                parts[count++] = {connection.head.data() + connection.sent, connection.head.size() - connection.sent};
            }
            const auto done = connection.sent > connection.head.size() ? connection.sent - connection.head.size() : 0;
            parts[count++] = {const_cast<char*>(connection.body.data()) + done, connection.body.size() - done};
            msghdr message{};
            message.msg_iov = parts;
            message.msg_iovlen = static_cast<std::size_t>(count);
            const auto sent = ::sendmsg(connection.socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0) {
                want_write(connection, true);
                return;
            }
            connection.sent += static_cast<std::size_t>(sent);
        }
        want_write(connection, false);
    }

    void want_write(Connection& connection, bool wanted) {
        if (connection.want_write == wanted) return;
        connection.want_write = wanted;
        epoll_event event{};
        event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
        event.data.ptr = &connection;
        ::epoll_ctl(poll_, EPOLL_CTL_MOD, connection.socket, &event);
    }

    void advance(Connection& connection, std::uint32_t events) {
        if ((events & EPOLLOUT) != 0) send_more(connection);
        if ((events & EPOLLIN) == 0) return;
        char chunk[8192];
        const auto got = ::recv(connection.socket, chunk, sizeof chunk, MSG_DONTWAIT);
        if (got <= 0) {
            std::fprintf(stderr, "ark_load: the server closed a connection\n");
            std::exit(1);
        }
        connection.answer.append(chunk, static_cast<std::size_t>(got));
        const auto end = connection.answer.find("\r\n\r\n");
        if (end == std::string::npos) return;
        finish(connection, end);
    }

    /// Answers are small: with a content-length that is complete as soon as the bytes are there.
    void finish(Connection& connection, std::size_t head_end) {
        std::size_t length = 0;
        for (const char* name : {"Content-Length: ", "content-length: "}) {
            const auto at = connection.answer.find(name);
            if (at != std::string::npos && at < head_end)
                length = std::strtoull(connection.answer.c_str() + at + 16, nullptr, 10);
        }
        if (connection.answer.size() < head_end + 4 + length) return;
        if (!connection.answer.starts_with("HTTP/1.1 20")) {
            if (errors_++ == 0) std::fprintf(stderr, "ark_load: %.200s\n", connection.answer.c_str());
        }
        bytes_ += connection.body.size();
        latencies_.push_back(std::chrono::duration<double>(Steady::now() - connection.started).count());
        connection.busy = false;
        idle_.push_back(&connection);
    }

    const Options options_;
    int poll_ = -1;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<std::string> variants_;
    std::deque<Connection*> idle_;
    std::vector<double> latencies_;
    std::uint64_t next_ = 0, started_ = 0, errors_ = 0, bytes_ = 0;
    std::size_t body_bytes_ = 0;
    double elapsed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    ::prctl(PR_SET_TIMERSLACK, 1);  // a paced request starts when it is due, not 50 µs later
    Load load(parse(argc, argv));
    load.run();
    load.report();
}
