#include "base/check.hpp"

#include "base/result.hpp"

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

}  // namespace detail

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    detail::check_failed(where.file_name(), static_cast<int>(where.line()), "result holds a value", error.message());
}

}  // namespace ark
