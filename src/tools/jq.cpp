#include "tools/jq.hpp"

#include "base/time.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <jq.h>
}

namespace ark::tools {
namespace {

// The first byte of what the child writes.
constexpr char said_result = 'r';
constexpr char said_error = 'e';
constexpr char said_too_large = 'l';

// --- The child. It has one thread, and ends with _exit(): nothing of ours is to be destroyed twice. ---

std::string text_of(jv message) {
    std::string text = jv_get_kind(message) == JV_KIND_STRING ? jv_string_value(message) : "failed";
    jv_free(message);
    return text;
}

void keep_error(void* errors, jv message) {
    auto& text = *static_cast<std::string*>(errors);
    if (text.empty()) text = text_of(jq_format_error(message));
}

void ignore(void*, jv message) {
    jv_free(message);
}

/// Sanitizers reserve more addresses than there is memory: there the limit cannot be had.
void limit_memory(std::size_t bytes) {
    std::size_t pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%zu", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    const auto now = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    if (now == 0 || now > (std::size_t{1} << 40)) return;
    rlimit limit{now + bytes, now + bytes};
    setrlimit(RLIMIT_AS, &limit);
}

/// Takes from the process what a program could misuse: secrets in the environment, files, standard error, time. What it
/// says goes to standard input's place, the one descriptor that stays: with another child's pipe open here, the other's
/// end would not be seen.
void confine(int out, const JqLimits& limits) {
    static char* nothing[] = {nullptr};
    environ = nothing;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (const int null = open("/dev/null", O_WRONLY); null >= 0) {
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
    }
    dup2(out, STDIN_FILENO);
    close_range(3, ~0U, 0);
    limit_memory(limits.memory_bytes);
    const auto seconds = static_cast<rlim_t>(limits.time.count() / 1000 + 1);
    rlimit limit{seconds, seconds};
    setrlimit(RLIMIT_CPU, &limit);
    limit = {0, 0};
    setrlimit(RLIMIT_CORE, &limit);
    setrlimit(RLIMIT_FSIZE, &limit);
    setrlimit(RLIMIT_NOFILE, &limit);  // what is open stays so
}

std::string results_of(jq_state* jq, const std::string& json, std::size_t output_bytes, std::string& error) {
    jq_start(jq, jv_parse_sized(json.data(), static_cast<int>(json.size())), 0);
    std::string text;
    std::size_t count = 0;
    while (true) {
        jv result = jq_next(jq);
        if (!jv_is_valid(result)) {
            if (jv_invalid_has_msg(jv_copy(result))) {
                jv message = jv_invalid_get_msg(result);
                if (jv_get_kind(message) != JV_KIND_STRING) message = jv_dump_string(message, 0);
                error = text_of(message);
            } else {
                jv_free(result);
            }
            break;
        }
        jv dumped = jv_dump_string(result, 0);
        text += count++ == 0 ? "" : ",";
        text += jv_string_value(dumped);
        jv_free(dumped);
        if (text.size() > output_bytes) return std::string(1, said_too_large);
    }
    if (count > 1) text = "[" + text + "]";
    return said_result + text;
}

std::string run_here(const std::string& program, const std::string* json, const JqLimits& limits) {
    std::string error;
    jq_state* jq = jq_init();
    if (jq == nullptr) return said_error + std::string("jq cannot start");
    jq_set_error_cb(jq, keep_error, &error);
    jq_set_debug_cb(jq, ignore, nullptr);
    jq_set_attr(jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
    jq_set_attr(jq, jv_string("JQ_ORIGIN"), jv_string("/"));
    jq_set_attr(jq, jv_string("PROGRAM_ORIGIN"), jv_string("/"));
    if (jq_compile(jq, program.c_str()) == 0) return said_error + error;
    if (json == nullptr) return std::string(1, said_result);
    auto said = results_of(jq, *json, limits.output_bytes, error);
    return error.empty() ? said : said_error + error;
}

[[noreturn]] void be_the_child(int out, const std::string& program, const std::string* json, const JqLimits& limits) {
    confine(out, limits);
    const auto said = run_here(program, json, limits);
    for (std::size_t sent = 0; sent < said.size();) {
        const auto n = write(STDIN_FILENO, said.data() + sent, said.size() - sent);
        if (n <= 0 && errno != EINTR) _exit(1);
        if (n > 0) sent += static_cast<std::size_t>(n);
    }
    _exit(0);
}

// --- The parent. ---

/// What the child says until it ends; nothing when it took too long or said too much.
std::optional<std::string> read_all(int in, std::uint64_t deadline, std::size_t bytes_max) {
    std::string said;
    char buffer[16 << 10];
    while (true) {
        const auto now = system_clock().monotonic_nanos();
        if (now >= deadline) return std::nullopt;
        pollfd waiting{in, POLLIN, 0};
        const int ready = poll(&waiting, 1, static_cast<int>((deadline - now) / 1'000'000 + 1));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return std::nullopt;
        const auto n = read(in, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return said;
        said.append(buffer, static_cast<std::size_t>(n));
        if (said.size() > bytes_max) return std::nullopt;
    }
}

Result<std::string> run_apart(const std::string& program, const std::string* json, const JqLimits& limits) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail(Errc::unavailable, "jq: no pipe");
    const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(limits.time);
    const auto deadline = system_clock().monotonic_nanos() + static_cast<std::uint64_t>(time.count());
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        be_the_child(ends[1], program, json, limits);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return fail(Errc::unavailable, "jq: no process");
    }
    auto said = read_all(ends[0], deadline, limits.output_bytes + 64);
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

Result<std::string> run_jq(const std::string& program, const std::string& json, const JqLimits& limits) {
    return run_apart(program, &json, limits);
}

Status check_jq(const std::string& program, const JqLimits& limits) {
    ARK_TRY_STATUS(run_apart(program, nullptr, limits));
    return ok();
}

}  // namespace ark::tools
