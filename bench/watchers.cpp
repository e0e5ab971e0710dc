// Subscribers of an event stream, many in one thread: counts span frames and measures emission to receipt, since the
// load generator writes the time of sending as the start of each span.
//   ark_watchers --address H:P --path '/v1/stream?topics=span' --watchers N --seconds S [--pid P] [--frame TEXT]
//   [--time KEY]
// An empty KEY: frames are counted, and not searched for a time.
// Prints one line of JSON: frames and bytes (their rates between the first frame and the last), latencies in ms,
// resident memory growth of process P per watcher.
#include "base/time.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace {

using Steady = std::chrono::steady_clock;

struct Watcher {
    int socket = -1;
    std::string pending;
    std::uint64_t frames = 0;
};

double resident_kib(int pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr);
    }
    return 0;
}

int connect_to(const std::string& host, std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::perror("ark_watchers: connect");
        std::exit(1);
    }
    return socket;
}

std::uint64_t wall_nanos() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
}

/// What is counted as a frame, and what stands before its time.
struct Marks {
    std::string frame = "event: span";
    std::string time = "\"start\":\"";
};

/// Counts frames of the topic; of a sample of watchers each is parsed for its start time.
class Counter {
public:
    explicit Counter(const Marks& marks) : marks_(marks) {}

    std::vector<double> latencies;

    /// What came for a watcher: read where it is, but for a frame that was cut.
    void take(Watcher& watcher, std::string_view bytes, bool sample) {
        const double now = sample ? static_cast<double>(wall_nanos()) : 0;
        if (!watcher.pending.empty()) {
            const bool cut_within_end = watcher.pending.back() == '\n' && bytes.front() == '\n';
            const auto end = cut_within_end ? 1 : end_of_frame(bytes);
            watcher.pending.append(bytes.substr(0, end));
            if (end == bytes.npos) return;
            frame(watcher, watcher.pending, now);
            watcher.pending.clear();
            bytes.remove_prefix(end);
        }
        for (auto end = end_of_frame(bytes); end != bytes.npos; end = end_of_frame(bytes)) {
            frame(watcher, bytes.substr(0, end), now);
            bytes.remove_prefix(end);
        }
        watcher.pending.assign(bytes);
    }

private:
    static std::size_t end_of_frame(std::string_view bytes) {
        const auto end = bytes.find("\n\n");
        return end == bytes.npos ? end : end + 2;
    }

    /// `now`: 0 where the time does not count.
    void frame(Watcher& watcher, std::string_view text, double now) {
        const auto mark = text.find(marks_.frame);
        if (mark == text.npos) return;
        ++watcher.frames;
        const auto at = now > 0 && !marks_.time.empty() ? text.find(marks_.time, mark) : text.npos;
        if (at == text.npos) return;
        text.remove_prefix(at + marks_.time.size());
        const auto start = ark::parse_rfc3339(text.substr(0, text.find('"')));
        if (start) latencies.push_back((now - static_cast<double>(start->value())) * 1e-6);
    }

    const Marks& marks_;
};

}  // namespace

int main(int argc, char** argv) {
    std::string host = "127.0.0.1", path = "/v1/stream?topics=span";
    std::uint16_t port = 8080;
    unsigned count = 100;
    Marks marks;
    double seconds = 5;
    int pid = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const std::string value = argv[i + 1];
        if (name == "--address") {
            host = value.substr(0, value.rfind(':'));
            port = static_cast<std::uint16_t>(std::stoi(value.substr(value.rfind(':') + 1)));
        } else if (name == "--path") {
            path = value;
        } else if (name == "--watchers") {
            count = static_cast<unsigned>(std::stoul(value));
        } else if (name == "--seconds") {
            seconds = std::stod(value);
        } else if (name == "--frame") {
            marks.frame = value;
        } else if (name == "--time") {
            marks.time = value.empty() ? value : "\"" + value + "\":\"";
        } else if (name == "--pid") {
            pid = std::stoi(value);
        }
    }
    const double before = pid != 0 ? resident_kib(pid) : 0;
    std::vector<Watcher> watchers(count);
    const int poll = ::epoll_create1(0);
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n";
    for (unsigned i = 0; i < count; ++i) {
        watchers[i].socket = connect_to(host, port);
        if (::send(watchers[i].socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) return 1;
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.u32 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, watchers[i].socket, &event);
    }
    std::printf("subscribed\n");
    std::fflush(stdout);

    Counter counter(marks);
    std::uint64_t bytes = 0;
    double idle_kib = 0;
    std::uint64_t frames = 0;
    Steady::time_point first_frame, last_frame;
    const auto begin = Steady::now();
    const auto end = begin + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
    static char chunk[1 << 18];
    epoll_event events[512];
    unsigned closed = 0;
    while (Steady::now() < end) {
        const int ready = ::epoll_wait(poll, events, 512, 50);
        for (int i = 0; i < ready; ++i) {
            auto& watcher = watchers[events[i].data.u32];
            const auto had = watcher.frames;
            // We are told once: a read that is not full has taken everything.
            for (ssize_t got = sizeof chunk; got == sizeof chunk;) {
                got = ::recv(watcher.socket, chunk, sizeof chunk, MSG_DONTWAIT);
                if (got == 0 || (got < 0 && errno != EAGAIN)) {
                    ++closed;
                    ::epoll_ctl(poll, EPOLL_CTL_DEL, watcher.socket, nullptr);
                }
                if (got <= 0) break;
                bytes += static_cast<std::uint64_t>(got);
                counter.take(watcher, {chunk, static_cast<std::size_t>(got)}, events[i].data.u32 % 8 == 0);
            }
            if (watcher.frames == had) continue;
            frames += watcher.frames - had;
            last_frame = Steady::now();
            if (first_frame == Steady::time_point()) first_frame = last_frame;
        }
        if (pid != 0) idle_kib = std::max(idle_kib, resident_kib(pid));
    }
    const double elapsed = std::max(1e-3, std::chrono::duration<double>(last_frame - first_frame).count());
    auto& latencies = counter.latencies;
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&latencies](double q) {
        return latencies.empty() ? 0.0
                                 : latencies[static_cast<std::size_t>(q * static_cast<double>(latencies.size() - 1))];
    };
    std::printf(
        "{\"watchers\": %u, \"frames\": %llu, \"frames_per_s\": %.1f, \"mb_per_s\": %.1f, \"p50_ms\": %.3f, "
        "\"p99_ms\": %.3f, "
        "\"max_ms\": %.3f, \"closed\": %u, \"kib_per_watcher\": %.2f}\n",
        count, static_cast<unsigned long long>(frames), static_cast<double>(frames) / elapsed,
        static_cast<double>(bytes) / elapsed / 1e6, at(0.5), at(0.99), at(1), closed,
        count > 0 ? (idle_kib - before) / count : 0);
}
