#pragma once
#include "base/error.hpp"
#include "base/outcome.hpp"

#include <utility>

namespace ark {

/// A value or an Error; becomes std::expected when the compilers have it (ADR-0004).
template <class T>
using Result = Outcome<T, Error>;

/// Success without a value, or an Error.
using Status = Result<void>;

inline Status ok() {
    return {};
}

/// `return fail(Errc::too_large, "body of 70 MiB");`
inline Error fail(Errc code, std::string context) {
    return Error{code, std::move(context)};
}

/// Puts words in front of an error's context on its way out: "open journal: " + "segment 4: …".
inline Error prefix(Error error, std::string_view words) {
    error.context.insert(0, std::string(words) + ": ");
    return error;
}

}  // namespace ark

#define ARK_DETAIL_CAT2(a, b) a##b
#define ARK_DETAIL_CAT(a, b) ARK_DETAIL_CAT2(a, b)

/// `ARK_TRY(auto batch, decode(bytes));` declares batch, or returns the error from this function.
#define ARK_TRY(declaration, ...) \
    ARK_DETAIL_TRY(return, ARK_DETAIL_CAT(ark_try_, __COUNTER__), declaration, __VA_ARGS__)
/// The same inside a coroutine. Name the operands first: g++ 12 frees temporaries twice (docs/hacking.md).
#define ARK_CO_TRY(declaration, ...) \
    ARK_DETAIL_TRY(co_return, ARK_DETAIL_CAT(ark_try_, __COUNTER__), declaration, __VA_ARGS__)
#define ARK_DETAIL_TRY(leave, temporary, declaration, ...) \
    auto temporary = __VA_ARGS__;                          \
    if (!temporary) leave std::move(temporary).error();    \
    declaration = std::move(*temporary)

/// `ARK_TRY_STATUS(file.sync());` for a Status: goes on, or returns the error.
#define ARK_TRY_STATUS(...) ARK_DETAIL_TRY_STATUS(return, ARK_DETAIL_CAT(ark_try_, __COUNTER__), __VA_ARGS__)
#define ARK_CO_TRY_STATUS(...) ARK_DETAIL_TRY_STATUS(co_return, ARK_DETAIL_CAT(ark_try_, __COUNTER__), __VA_ARGS__)
#define ARK_DETAIL_TRY_STATUS(leave, temporary, ...) \
    auto temporary = __VA_ARGS__;                    \
    if (!temporary) leave std::move(temporary).error()
