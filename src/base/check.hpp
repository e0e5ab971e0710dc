#pragma once
#include <string_view>

#include <fmt/format.h>

namespace ark::detail {
[[noreturn]] void check_failed(const char* file, int line, const char* condition, std::string_view why);
}

/// A broken invariant is a bug: say why and abort, in every build. Never reachable from input.
#define ARK_CHECK(condition, ...)                                                                    \
    do {                                                                                             \
        if (!(condition)) [[unlikely]]                                                               \
            ::ark::detail::check_failed(__FILE__, __LINE__, #condition, ::fmt::format(__VA_ARGS__)); \
    } while (false)

/// The same for hot loops: only without NDEBUG (dev, asan, tsan builds).
#ifdef NDEBUG
#define ARK_DCHECK(condition, ...) static_cast<void>(0)
#else
#define ARK_DCHECK(condition, ...) ARK_CHECK(condition, __VA_ARGS__)
#endif
