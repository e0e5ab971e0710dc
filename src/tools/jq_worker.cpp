#include "tools/jq_worker.hpp"

#include "tools/jq.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

extern "C" {
#include <jq.h>
}

namespace ark::tools {
namespace {

// The one descriptor that the worker has: questions come on it, and answers go. The rest is /dev/null.
constexpr int parent = STDIN_FILENO;

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
void limit_memory(std::uint64_t bytes) {
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

/// Takes what a program could misuse: files and time. The environment was empty from the beginning.
void confine(const JqQuestion& question) {
    limit_memory(question.memory_bytes);
    const auto seconds = static_cast<rlim_t>(question.time_ms / 1000 + 1);
    rlimit limit{seconds, seconds};
    setrlimit(RLIMIT_CPU, &limit);
    limit = {0, 0};
    setrlimit(RLIMIT_CORE, &limit);
    setrlimit(RLIMIT_FSIZE, &limit);
    setrlimit(RLIMIT_NOFILE, &limit);  // what is open stays so
}

std::string results_of(jq_state* jq, const std::string& json, std::uint64_t output_bytes, std::string& error) {
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

std::string run_here(const std::string& program, const std::string* json, std::uint64_t output_bytes) {
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
    auto said = results_of(jq, *json, output_bytes, error);
    return error.empty() ? said : said_error + error;
}

bool read_all(char* out, std::size_t size) {
    while (size > 0) {
        const auto n = read(parent, out, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        out += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

bool write_all(std::string_view text) {
    while (!text.empty()) {
        const auto n = write(parent, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

int run_jq_worker() {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    JqQuestion question;
    char head[sizeof question];
    if (!read_all(head, sizeof head)) return 1;
    std::memcpy(&question, head, sizeof head);
    if (question.program_bytes > question_bytes_max || question.json_bytes > question_bytes_max) return 1;
    std::string program(question.program_bytes, '\0');
    std::string json(question.json_bytes, '\0');
    if (!read_all(program.data(), program.size()) || !read_all(json.data(), json.size())) return 1;
    // Beyond this point somebody else's code runs.
    confine(question);
    const auto said = run_here(program, question.has_json != 0 ? &json : nullptr, question.output_bytes);
    // Nothing of this process is worth an orderly end, which could need more than it has left.
    std::_Exit(write_all(said) ? 0 : 1);
}

}  // namespace ark::tools
