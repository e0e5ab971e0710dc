#include "codec/compression.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include <brotli/decode.h>
#include <libdeflate.h>
#include <zstd.h>

namespace ark::codec {

namespace {

// RFC 9659: "zstd" as a content coding uses windows of at most 8 MiB, so that is all a decoder must ever set aside.
constexpr int zstd_window_log_max = 23;

struct FreeDeflate {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
struct FreeBrotli {
    void operator()(BrotliDecoderState* d) const { BrotliDecoderDestroyInstance(d); }
};
struct FreeZstd {
    void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
    void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
};

/// How far one body may grow, and the sizes tried on the way.
class Growth {
public:
    Growth(std::size_t compressed, const InflateLimits& limits) : compressed_(compressed), limits_(limits) {
        const std::size_t by_ratio = std::max<std::size_t>(1u << 20, saturated(compressed, limits.ratio_max));
        max_ = std::min(limits.bytes_max, by_ratio);
    }

    /// The sender's claim is taken only as far as usual data compresses: a lie costs no more than twelve times the
    /// body.
    std::size_t first(std::uint64_t claimed) const {
        const auto usual = std::max<std::size_t>(4096, saturated(compressed_, 12));
        return static_cast<std::size_t>(std::min<std::uint64_t>({max_, usual, std::max<std::uint64_t>(claimed, 256)}));
    }
    std::size_t next(std::size_t capacity) const {
        return std::min(max_, saturated(std::max<std::size_t>(capacity, 256), 4));
    }
    std::size_t max() const { return max_; }

    Error too_large() const {
        if (max_ == limits_.bytes_max)
            return fail(Errc::too_large, fmt::format("inflates to more than {} bytes", max_));
        return fail(Errc::too_large, fmt::format("inflates to more than {} times its size", limits_.ratio_max));
    }

private:
    static std::size_t saturated(std::size_t a, std::size_t b) {
        return b != 0 && a > SIZE_MAX / 2 / b ? SIZE_MAX / 2 : a * b;
    }

    std::size_t compressed_;
    InflateLimits limits_;
    std::size_t max_;
};

std::uint32_t gzip_size_claim(std::string_view compressed) {
    std::uint32_t size = 0;  // the last member's size modulo 2^32, little-endian as every machine we build for
    if (compressed.size() >= sizeof size) {
        std::memcpy(&size, compressed.data() + compressed.size() - sizeof size, sizeof size);
    }
    return size;
}

using Inflate = libdeflate_result (*)(libdeflate_decompressor*, const void*, std::size_t, void*, std::size_t,
                                      std::size_t*, std::size_t*);

libdeflate_decompressor* inflater_of_thread() {
    thread_local const std::unique_ptr<libdeflate_decompressor, FreeDeflate> inflater(libdeflate_alloc_decompressor());
    ARK_CHECK(inflater != nullptr, "no memory for a decoder of deflate");
    return inflater.get();
}

/// Inflates the member that starts `rest` behind what `out` holds; cuts it off `rest`.
Status inflate_member(Inflate inflate, std::string_view& rest, Buffer& out, const Growth& growth) {
    for (;;) {
        std::size_t taken = 0;
        std::size_t made = 0;
        const auto room = out.spare();
        switch (inflate(inflater_of_thread(), rest.data(), rest.size(), room.data(), room.size(), &taken, &made)) {
            case LIBDEFLATE_SUCCESS:
                out.commit(made);
                rest.remove_prefix(taken);
                return ok();
            case LIBDEFLATE_INSUFFICIENT_SPACE:
                if (out.capacity() >= growth.max()) return growth.too_large();
                out.reserve(growth.next(out.capacity()));
                break;
            default:
                return fail(Errc::bad_payload, "not the coding it says, cut off, or its checksum is wrong");
        }
    }
}

}  // namespace

Result<Buffer> gunzip(std::string_view compressed, const InflateLimits& limits) {
    if (compressed.empty()) return fail(Errc::bad_payload, "an empty body is not gzip");

    const Growth growth(compressed.size(), limits);
    Buffer out(growth.first(gzip_size_claim(compressed)));
    std::string_view rest = compressed;
    while (!rest.empty()) {
        ARK_TRY_STATUS(inflate_member(libdeflate_gzip_decompress_ex, rest, out, growth));
    }
    return out;
}

Result<Buffer> unzstd(std::string_view compressed, const InflateLimits& limits) {
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstd> inflater(ZSTD_createDCtx());
    ARK_CHECK(inflater != nullptr, "no memory for a zstd decoder");
    if (compressed.empty()) return fail(Errc::bad_payload, "an empty body is not zstd");
    ZSTD_DCtx_reset(inflater.get(), ZSTD_reset_session_only);
    ZSTD_DCtx_setParameter(inflater.get(), ZSTD_d_windowLogMax, zstd_window_log_max);

    const Growth growth(compressed.size(), limits);
    const auto claimed = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
    const bool known = claimed != ZSTD_CONTENTSIZE_UNKNOWN && claimed != ZSTD_CONTENTSIZE_ERROR;
    Buffer out(growth.first(known ? claimed : SIZE_MAX));
    ZSTD_inBuffer input{compressed.data(), compressed.size(), 0};
    for (;;) {
        ZSTD_outBuffer output{out.data(), out.capacity(), out.size()};
        const std::size_t taken_before = input.pos;
        const std::size_t hint = ZSTD_decompressStream(inflater.get(), &output, &input);
        if (ZSTD_isError(hint)) return fail(Errc::bad_payload, std::string("zstd: ") + ZSTD_getErrorName(hint));
        const bool moved = output.pos != out.size() || input.pos != taken_before;
        out.commit(output.pos - out.size());
        if (hint == 0 && input.pos == input.size) return out;  // a frame ended, and the body with it
        if (out.size() == out.capacity()) {
            if (out.capacity() >= growth.max()) return growth.too_large();
            out.reserve(growth.next(out.capacity()));
        } else if (!moved) {
            return fail(Errc::bad_payload, "zstd: cut off");
        }
    }
}

Result<Buffer> unzlib(std::string_view compressed, const InflateLimits& limits) {
    const Growth growth(compressed.size(), limits);
    Buffer out(growth.first(SIZE_MAX));
    ARK_TRY_STATUS(inflate_member(libdeflate_zlib_decompress_ex, compressed, out, growth));
    if (!compressed.empty()) return fail(Errc::bad_payload, "deflate: bytes behind the end");
    return out;
}

Result<Buffer> unbrotli(std::string_view compressed, const InflateLimits& limits) {
    const std::unique_ptr<BrotliDecoderState, FreeBrotli> inflater(
        BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
    ARK_CHECK(inflater != nullptr, "no memory for a brotli decoder");
    const Growth growth(compressed.size(), limits);
    Buffer out(growth.first(SIZE_MAX));
    std::size_t in_left = compressed.size();
    const auto* in = reinterpret_cast<const std::uint8_t*>(compressed.data());
    for (;;) {
        std::size_t room = out.capacity() - out.size();
        auto* to = reinterpret_cast<std::uint8_t*>(out.data() + out.size());
        const auto result = BrotliDecoderDecompressStream(inflater.get(), &in_left, &in, &room, &to, nullptr);
        out.commit(out.capacity() - out.size() - room);
        if (result == BROTLI_DECODER_RESULT_SUCCESS && in_left == 0) return out;
        if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return fail(Errc::bad_payload, "not brotli, or cut off");
        if (out.capacity() >= growth.max()) return growth.too_large();
        out.reserve(growth.next(out.capacity()));
    }
}

Buffer gzip(std::string_view bytes, int level) {
    thread_local std::unique_ptr<libdeflate_compressor, FreeDeflate> deflater;
    thread_local int deflater_level = 0;
    if (!deflater || deflater_level != level) {
        deflater.reset(libdeflate_alloc_compressor(level));
        deflater_level = level;
    }
    ARK_CHECK(deflater != nullptr, "gzip level {} is not between 0 and 12, or there is no memory", level);
    Buffer out(libdeflate_gzip_compress_bound(deflater.get(), bytes.size()));
    const auto room = out.spare();
    const std::size_t made =
        libdeflate_gzip_compress(deflater.get(), bytes.data(), bytes.size(), room.data(), room.size());
    ARK_CHECK(made != 0, "gzip of {} bytes did not fit its own bound", bytes.size());
    out.commit(made);
    return out;
}

Buffer zstd(std::string_view bytes, int level) {
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeZstd> deflater(ZSTD_createCCtx());
    ARK_CHECK(deflater != nullptr, "no memory for a zstd encoder");
    Buffer out(ZSTD_compressBound(bytes.size()));
    const auto room = out.spare();
    const std::size_t made =
        ZSTD_compressCCtx(deflater.get(), room.data(), room.size(), bytes.data(), bytes.size(), level);
    ARK_CHECK(!ZSTD_isError(made), "zstd: {}", ZSTD_getErrorName(made));
    out.commit(made);
    return out;
}

}  // namespace ark::codec
