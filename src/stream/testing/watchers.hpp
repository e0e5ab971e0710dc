#pragma once
#include "base/time.hpp"
#include "net/sse.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ark::stream::testing {

/// Thousands of clients of one server on one thread, over real sockets. HTTP/1.0 requests: the body is then the bare
/// event stream.
class Watchers {
public:
    using OnEvent = std::function<void(std::size_t watcher, const net::SseEvent& event)>;

    explicit Watchers(std::uint16_t port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
    ~Watchers() {
        for (std::size_t i = 0; i < watchers_.size(); ++i)
            leave(i);
        ::close(epoll_);
    }
    Watchers(const Watchers&) = delete;
    Watchers& operator=(const Watchers&) = delete;

    /// Connects and asks; `receive_bytes` > 0: a small kernel buffer. Returns its number, or -1.
    int add(const std::string& raw_query, const std::string& last_event_id = {}, int receive_bytes = 0) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) return -1;
        if (receive_bytes > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd);
            return -1;
        }
        std::string request = "GET /v1/stream?" + raw_query + " HTTP/1.0\r\n";
        if (!last_event_id.empty()) request += "last-event-id: " + last_event_id + "\r\n";
        request += "\r\n";
        if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
            ::close(fd);
            return -1;
        }
        auto watcher = std::make_unique<Watcher>();
        watcher->fd = fd;
        return watch(std::move(watcher));
    }

    /// Takes a connection that others made: only drain() reads it.
    void adopt(int fd) {
        auto watcher = std::make_unique<Watcher>();
        watcher->fd = fd;
        watch(std::move(watcher));
    }

    /// Takes and counts bytes, unread, until there are `bytes` in all. For measurements.
    void drain(std::uint64_t bytes, const std::function<void(std::size_t watcher)>& on_bytes = {}) {
        while (bytes_ < bytes) {
            std::array<epoll_event, 256> ready;
            const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 20);
            for (int i = 0; i < count; ++i) {
                const auto number = static_cast<std::size_t>(ready[static_cast<std::size_t>(i)].data.u64);
                const auto got = ::recv(watchers_[number]->fd, buffer_.data(), buffer_.size(), 0);
                if (got <= 0) continue;
                bytes_ += static_cast<std::uint64_t>(got);
                if (on_bytes) on_bytes(number);
            }
        }
    }

    /// Reads what comes until the condition holds; false when that took too long.
    bool until(const std::function<bool()>& condition, const OnEvent& on_event, std::chrono::seconds limit) {
        const auto deadline =
            system_clock().monotonic_nanos() + static_cast<std::uint64_t>(std::chrono::nanoseconds(limit).count());
        while (!condition()) {
            if (system_clock().monotonic_nanos() > deadline) return false;
            std::array<epoll_event, 256> ready;
            const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 20);
            for (int i = 0; i < count; ++i)
                read(static_cast<std::size_t>(ready[static_cast<std::size_t>(i)].data.u64), on_event);
        }
        return true;
    }

    void leave(std::size_t i) {
        auto& watcher = *watchers_[i];
        if (watcher.fd >= 0) ::close(watcher.fd);
        watcher.fd = -1;
    }
    bool ended(std::size_t i) const { return watchers_[i]->fd < 0; }
    /// Of the last whole event: the id of one that broke off does not count (WHATWG HTML 9.2.6).
    const std::string& last_id(std::size_t i) const { return watchers_[i]->last_id; }
    std::size_t size() const { return watchers_.size(); }
    std::uint64_t bytes() const { return bytes_; }

    /// How many of `wanted` connections this process may have both ends of.
    static std::size_t affordable(std::size_t wanted) {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        const auto files = static_cast<std::size_t>(limit.rlim_cur);
        return files < 1000 ? 100 : std::min(wanted, (files - 500) / 2);
    }

private:
    struct Watcher {
        int fd = -1;
        bool in_body = false;
        std::string head;
        net::SseParser parser;
        std::string last_id;
    };

    int watch(std::unique_ptr<Watcher> watcher) {
        ::fcntl(watcher->fd, F_SETFL, O_NONBLOCK);
        epoll_event interest{};
        interest.events = EPOLLIN;
        interest.data.u64 = watchers_.size();
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, watcher->fd, &interest);
        watchers_.push_back(std::move(watcher));
        return static_cast<int>(watchers_.size() - 1);
    }

    void read(std::size_t i, const OnEvent& on_event) {
        auto& watcher = *watchers_[i];
        const auto got = ::recv(watcher.fd, buffer_.data(), buffer_.size(), 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return leave(i);
        bytes_ += static_cast<std::uint64_t>(got);
        std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
        if (!watcher.in_body) {
            watcher.head.append(bytes);
            const auto end = watcher.head.find("\r\n\r\n");
            if (end == std::string::npos) return;
            watcher.in_body = true;
            const auto rest = watcher.head.substr(end + 4);
            watcher.head = std::string();
            return feed(i, rest, on_event);
        }
        feed(i, bytes, on_event);
    }

    void feed(std::size_t i, std::string_view bytes, const OnEvent& on_event) {
        auto& watcher = *watchers_[i];
        watcher.parser.feed(bytes, [&](const net::SseEvent& event) {
            watcher.last_id = event.id;
            on_event(i, event);
        });
    }

    const std::uint16_t port_;
    const int epoll_;
    std::vector<std::unique_ptr<Watcher>> watchers_;
    std::array<char, 256 << 10> buffer_{};
    std::uint64_t bytes_ = 0;
};

}  // namespace ark::stream::testing
