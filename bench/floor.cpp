// The floor: a bare server that receives the same requests and appends the bodies to a file with the same sync, nothing
// else. One thread, epoll; each turn of the loop writes what the turn received with one O_DIRECT pwrite and one
// fdatasync, then answers. The file is preallocated and reused from the start when full.
//   ark_floor PORT FILE BYTES      prints "ready HOST:PORT"; on SIGTERM "written BYTES", and ends
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace {

constexpr std::size_t buffer_bytes = 64u << 20;
constexpr std::size_t alignment = 4096;
volatile std::sig_atomic_t stopped = 0;

struct Connection {
    int socket = -1;
    std::string head;
    std::size_t body_left = 0;
    bool in_body = false;
};

struct Floor {
    int listener = -1;
    int poll = -1;
    int file = -1;
    std::size_t file_bytes = 0;
    std::size_t file_at = 0;
    char* buffer = nullptr;
    std::size_t used = 0;
    std::uint64_t written = 0;  // bytes of bodies that are on disk
    std::unordered_map<int, Connection> connections;
    std::vector<int> finished;  // sockets whose request is complete in this turn

    void write_turn() {
        if (used > 0) {
            const std::size_t padded = (used + alignment - 1) / alignment * alignment;
            if (file_at + padded > file_bytes) file_at = 0;
            if (::pwrite(file, buffer, padded, static_cast<off_t>(file_at)) != static_cast<ssize_t>(padded))
                std::abort();
            if (::fdatasync(file) != 0) std::abort();
            file_at += padded;
            written += used;
            used = 0;
        }
        static constexpr std::string_view answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        for (const int socket : finished) {
            if (::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) drop(socket);
        }
        finished.clear();
    }

    void drop(int socket) {
        ::close(socket);
        connections.erase(socket);
    }

    void take(Connection& connection, std::size_t bytes) {
        used += bytes;
        connection.body_left -= bytes;
        if (connection.body_left == 0) {
            connection.in_body = false;
            finished.push_back(connection.socket);
        }
    }

    /// The head is complete: how long is the body, and how much of it came along? A floor that took no body would
    /// flatter nobody: every request of the load has one.
    void begin_body(Connection& connection, std::size_t head_end) {
        const char* length = ::strcasestr(connection.head.c_str(), "\r\ncontent-length: ");
        if (length == nullptr) std::abort();
        connection.body_left = std::strtoull(length + 18, nullptr, 10);
        const auto extra = std::min(connection.head.size() - head_end, connection.body_left);
        std::memcpy(buffer + used, connection.head.data() + head_end, extra);
        connection.head.clear();
        connection.in_body = true;
        take(connection, extra);
    }

    void read(int socket) {
        auto& connection = connections[socket];
        while (true) {
            if (connection.in_body) {
                if (used + connection.body_left + alignment > buffer_bytes) write_turn();
                const auto got = ::recv(socket, buffer + used, connection.body_left, 0);
                if (got == 0) return drop(socket);
                if (got < 0) return;
                take(connection, static_cast<std::size_t>(got));
                continue;
            }
            char chunk[16384];
            const auto got = ::recv(socket, chunk, sizeof chunk, 0);
            if (got == 0) return drop(socket);
            if (got < 0) return;
            connection.head.append(chunk, static_cast<std::size_t>(got));
            const auto end = connection.head.find("\r\n\r\n");
            if (end != std::string::npos) begin_body(connection, end + 4);
        }
    }

    void accept_all() {
        while (true) {
            const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
            if (socket < 0) return;
            const int on = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            connections[socket].socket = socket;
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.fd = socket;
            ::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
        }
    }

    void run() {
        epoll_event events[256];
        while (stopped == 0) {
            const int count = ::epoll_wait(poll, events, 256, -1);
            for (int i = 0; i < count; ++i) {
                if (events[i].data.fd == listener) {
                    accept_all();
                } else {
                    read(events[i].data.fd);
                }
            }
            write_turn();
        }
    }
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: ark_floor PORT FILE BYTES\n");
        return 1;
    }
    Floor floor;
    floor.file_bytes = std::strtoull(argv[3], nullptr, 10);
    floor.file = ::open(argv[2], O_RDWR | O_CREAT | O_DIRECT, 0644);
    if (floor.file < 0 || ::posix_fallocate(floor.file, 0, static_cast<off_t>(floor.file_bytes)) != 0) return 1;
    floor.buffer = static_cast<char*>(std::aligned_alloc(alignment, buffer_bytes));
    std::memset(floor.buffer, 1, buffer_bytes);
    // First writes to fallocated extents convert them; do that before anything is measured.
    for (std::size_t at = 0; at + buffer_bytes <= floor.file_bytes; at += buffer_bytes) {
        if (::pwrite(floor.file, floor.buffer, buffer_bytes, static_cast<off_t>(at)) < 0) return 1;
    }
    ::fdatasync(floor.file);

    floor.listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(floor.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(floor.listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(floor.listener, 1024) != 0)
        return 1;
    socklen_t size = sizeof address;
    ::getsockname(floor.listener, reinterpret_cast<sockaddr*>(&address), &size);
    floor.poll = ::epoll_create1(0);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = floor.listener;
    ::epoll_ctl(floor.poll, EPOLL_CTL_ADD, floor.listener, &event);
    std::printf("ready 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    struct sigaction on_stop {};
    on_stop.sa_handler = [](int) { stopped = 1; };
    ::sigaction(SIGTERM, &on_stop, nullptr);
    floor.run();
    std::printf("written %llu\n", static_cast<unsigned long long>(floor.written));
}
