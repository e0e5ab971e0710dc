#pragma once
#include "base/buffer.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace ark::codec {

/// Guards against bombs: what decompression may produce.
struct InflateLimits {
    std::size_t bytes_max = 64u << 20;  ///< inflated size; beyond: too_large
    std::size_t ratio_max = 1000;       ///< inflated / compressed, judged above 1 MiB; beyond: too_large
};

/// Whole gzip body (RFC 1952, one or more members). bad_payload: not gzip, truncated, wrong checksum.
Result<Buffer> gunzip(std::string_view compressed, const InflateLimits& limits);
/// Whole zstd body (one or more frames, with or without content size).
Result<Buffer> unzstd(std::string_view compressed, const InflateLimits& limits);
/// Whole body of the content coding "deflate": the zlib format (RFC 1950).
Result<Buffer> unzlib(std::string_view compressed, const InflateLimits& limits);
/// Whole brotli body (RFC 7932).
Result<Buffer> unbrotli(std::string_view compressed, const InflateLimits& limits);

Buffer gzip(std::string_view bytes, int level = 1);
Buffer zstd(std::string_view bytes, int level = 1);

}  // namespace ark::codec
