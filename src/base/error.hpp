#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace ark {

/// Every way an operation may fail. Defined once, in errc.def; the number leaves the process, hence the storage type.
enum class Errc : std::uint16_t {
#define ARK_ERRC(name, number, retryable, http, grpc, text) name = number,
#include "base/errc.def"
#undef ARK_ERRC
};

/// An expected failure: what kind, and in words who did what to which (context grows outward: "open journal: segment 4:
/// EIO").
struct [[nodiscard]] Error {
    Errc code = Errc::internal;
    std::string context;

    std::string message() const;  ///< "disk_full: append to segment 42: no space left"
};

std::string_view name(Errc code);      ///< the identifier in errc.def
std::string_view describe(Errc code);  ///< one sentence for people
bool is_retryable(Errc code);          ///< may the same request succeed later, unchanged?
int http_status(Errc code);            ///< the HTTP status to answer with by default
int grpc_status(Errc code);            ///< the gRPC status code to answer with by default

/// Error from errno: ENOSPC and EDQUOT become disk_full, the rest io; the context gets the system's text.
Error from_errno(int error_number, std::string context);

}  // namespace ark
