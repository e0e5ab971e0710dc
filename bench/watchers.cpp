// Subscribers of an event stream, many in one thread: counts span frames and measures emission to receipt, since the
// load generator writes the time of sending as the start of each span.
//   ark_watchers --address H:P --path '/v1/stream?topics=span' --watchers N --seconds S [--pid P] [--frame TEXT]
//   [--time KEY]
// Prints one line of JSON: frames and bytes (their rates between the first frame and the last), latencies in ms,
// resident memory growth of process P per watcher.
#include "base/time.hpp"

#include <algorithm>
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

/// Frames of the topic; a sample of them is parsed for its start time.
void take(Watcher& watcher, const Marks& marks, std::vector<double>& latencies, bool sample) {
    const auto now = wall_nanos();
    std::size_t from = 0;
    while (true) {
        const auto end = watcher.pending.find("\n\n", from);
        if (end == std::string::npos) break;
        const std::string_view frame(watcher.pending.data() + from, end - from);
        if (frame.find(marks.frame) != std::string_view::npos) {
            ++watcher.frames;
            const auto at = sample ? frame.find(marks.time) : std::string_view::npos;
            if (at != std::string_view::npos) {
                const auto text = frame.substr(at + marks.time.size(),
                                               frame.find('"', at + marks.time.size()) - at - marks.time.size());
                const auto start = ark::parse_rfc3339(text);
                if (start) latencies.push_back((static_cast<double>(now) - static_cast<double>(start->value())) * 1e-6);
            }
        }
        from = end + 2;
    }
    watcher.pending.erase(0, from);
}

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
            marks.time = "\"" + value + "\":\"";
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
        event.events = EPOLLIN;
        event.data.u32 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, watchers[i].socket, &event);
    }
    std::printf("subscribed\n");
    std::fflush(stdout);

    std::vector<double> latencies;
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
            const auto got = ::recv(watcher.socket, chunk, sizeof chunk, MSG_DONTWAIT);
            if (got <= 0) {
                ++closed;
                ::epoll_ctl(poll, EPOLL_CTL_DEL, watcher.socket, nullptr);
                continue;
            }
            bytes += static_cast<std::uint64_t>(got);
            watcher.pending.append(chunk, static_cast<std::size_t>(got));
            const auto had = watcher.frames;
            take(watcher, marks, latencies, events[i].data.u32 % 8 == 0);
            if (watcher.frames == had) continue;
            frames += watcher.frames - had;
            last_frame = Steady::now();
            if (first_frame == Steady::time_point()) first_frame = last_frame;
        }
        if (pid != 0) idle_kib = std::max(idle_kib, resident_kib(pid));
    }
    const double elapsed = std::max(1e-3, std::chrono::duration<double>(last_frame - first_frame).count());
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
