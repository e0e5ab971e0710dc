#include "base/check.hpp"

#include "base/outcome.hpp"

#include <cstdio>
#include <cstdlib>

namespace ark {
namespace detail {

void check_failed(const char* file, int line, const char* condition, std::string_view why) {
    std::fprintf(stderr, "%s:%d: check failed: %s: %.*s\n", file, line, condition, static_cast<int>(why.size()),
                 why.data());
    std::fflush(stderr);
    std::abort();
}

void wrong_outcome(const char* file, int line, std::string_view asked_for, std::string_view held) {
    check_failed(file, line, "the outcome is what it is taken for",
                 fmt::format("asked for {}, holds: {}", asked_for, held));
}

}  // namespace detail
}  // namespace ark
