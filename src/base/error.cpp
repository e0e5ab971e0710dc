#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace ark {
namespace {

struct Row {
    Errc code;
    std::string_view name;
    bool retryable;
    int http;
    int grpc;
    std::string_view text;
};

constexpr Row rows[] = {
#define ARK_ERRC(name, number, retryable, http, grpc, text) {Errc::name, #name, retryable, http, grpc, text},
#include "base/errc.def"
#undef ARK_ERRC
};

const Row& row(Errc code) {
    for (const auto& candidate : rows) {
        if (candidate.code == code) return candidate;
    }
    return rows[0];
}

}  // namespace

std::string Error::message() const {
    std::string text{name(code)};
    if (!context.empty()) text.append(": ").append(context);
    return text;
}

std::string_view name(Errc code) {
    return row(code).name;
}

std::string_view describe(Errc code) {
    return row(code).text;
}

bool is_retryable(Errc code) {
    return row(code).retryable;
}

int http_status(Errc code) {
    return row(code).http;
}

int grpc_status(Errc code) {
    return row(code).grpc;
}

Error from_errno(int error_number, std::string context) {
    const bool full = error_number == ENOSPC || error_number == EDQUOT;
    context.append(": ").append(std::generic_category().message(error_number));
    return Error{full ? Errc::disk_full : Errc::io, std::move(context)};
}

}  // namespace ark
