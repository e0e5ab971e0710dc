#include "base/check.hpp"
#include "codec/compression.hpp"

#include <cstdint>

// Promise under test: any bytes are refused or inflate within the limits; what we compress comes back.
namespace {

using namespace ark;
constexpr codec::InflateLimits limits{1u << 20, 200};

void fuzz_inflate(std::string_view bytes) {
    for (auto* inflate : {codec::gunzip, codec::unzstd}) {
        const auto inflated = inflate(bytes, limits);
        if (inflated) ARK_CHECK(inflated->size() <= limits.bytes_max, "inflated {} bytes", inflated->size());
    }
}

void fuzz_round_trip(std::string_view bytes) {
    const auto gzipped = codec::gunzip(codec::gzip(bytes).view(), {});
    ARK_CHECK(gzipped.has_value() && gzipped->view() == bytes, "gzip of {} bytes", bytes.size());
    const auto zstd = codec::unzstd(codec::zstd(bytes).view(), {});
    ARK_CHECK(zstd.has_value() && zstd->view() == bytes, "zstd of {} bytes", bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    fuzz_inflate(bytes);
    fuzz_round_trip(bytes);
    return 0;
}
