#include "tools/jq.hpp"

#include "base/time.hpp"
#include "tools/jq_worker.hpp"

#include <atomic>
#include <cerrno>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ark::tools {
namespace {

constexpr const char* own_executable = "/proc/self/exe";  // the very file, also when another took its name

std::atomic<bool> may_start_workers = false;

std::string question_of(const std::string& program, const std::string* json, const JqLimits& limits) {
    JqQuestion head;
    head.program_bytes = program.size();
    head.json_bytes = json != nullptr ? json->size() : 0;
    head.has_json = json != nullptr ? 1 : 0;
    head.time_ms = static_cast<std::uint64_t>(limits.time.count());
    head.memory_bytes = limits.memory_bytes;
    head.output_bytes = limits.output_bytes;
    std::string question(reinterpret_cast<const char*>(&head), sizeof head);
    question += program;
    if (json != nullptr) question += *json;
    return question;
}

/// Our executable again, with one end of the socket as standard input, /dev/null for the rest, and nothing else of
/// ours: no environment, no descriptor, no thread, no lock that somebody holds. 0: no process.
pid_t start_worker(int its_end) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&files) != 0) return 0;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, its_end, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char name[] = "ark";
    std::string word(jq_worker_word);
    char* arguments[] = {name, word.data(), nullptr};
    char* environment[] = {nullptr};
    pid_t child = 0;
    const int failed = posix_spawn(&child, own_executable, &files, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failed == 0 ? child : 0;
}

/// Says the question and hears what the worker says until it ends; nothing when it took too long or said too much.
std::optional<std::string> converse(int socket, std::string_view question, std::uint64_t deadline,
                                    std::size_t bytes_max) {
    std::string said;
    char buffer[16 << 10];
    while (true) {
        const auto now = system_clock().monotonic_nanos();
        if (now >= deadline) return std::nullopt;
        pollfd waiting{socket, static_cast<short>(question.empty() ? POLLIN : POLLIN | POLLOUT), 0};
        const int ready = poll(&waiting, 1, static_cast<int>((deadline - now) / 1'000'000 + 1));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return std::nullopt;
        if (!question.empty() && (waiting.revents & POLLOUT) != 0) {
            const auto n = send(socket, question.data(), question.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            // It may have ended before it heard everything: what it said until then counts.
            if (n < 0 && errno != EINTR && errno != EAGAIN) question = {};
            if (n > 0) question.remove_prefix(static_cast<std::size_t>(n));
        }
        if ((waiting.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
        const auto n = recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return said;
        said.append(buffer, static_cast<std::size_t>(n));
        if (said.size() > bytes_max) return std::nullopt;
    }
}

Result<std::string> run_apart(const std::string& program, const std::string* json, const JqLimits& limits) {
    if (!may_start_workers) return fail(Errc::unsupported, "jq: this process cannot start a worker");
    if (json != nullptr && json->size() > question_bytes_max)
        return fail(Errc::too_large, "jq: the input is too large");
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail(Errc::unavailable, "jq: no socket");
    const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(limits.time);
    const auto deadline = system_clock().monotonic_nanos() + static_cast<std::uint64_t>(time.count());
    const auto child = start_worker(ends[1]);
    close(ends[1]);
    if (child == 0) {
        close(ends[0]);
        return fail(Errc::unavailable, "jq: no process");
    }
    auto said = converse(ends[0], question_of(program, json, limits), deadline, limits.output_bytes + 64);
    close(ends[0]);
    if (!said) kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!said) return fail(Errc::deadline, "jq: the program did not end in time");
    if (said->empty()) return fail(Errc::too_large, "jq: the program used too much, or broke");
    const char what = said->front();
    said->erase(0, 1);
    if (what == said_too_large) return fail(Errc::too_large, "jq: the result is too large");
    if (what == said_error) return fail(Errc::bad_argument, "jq: " + *said);
    return std::move(*said);
}

}  // namespace

bool is_jq_worker(int argc, char** argv) {
    may_start_workers = true;
    return argc == 2 && std::string_view(argv[1]) == jq_worker_word;
}

Result<std::string> run_jq(const std::string& program, const std::string& json, const JqLimits& limits) {
    return run_apart(program, &json, limits);
}

Status check_jq(const std::string& program, const JqLimits& limits) {
    ARK_TRY_STATUS(run_apart(program, nullptr, limits));
    return ok();
}

}  // namespace ark::tools
