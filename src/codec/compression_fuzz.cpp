#include "base/check.hpp"
#include "codec/compression.hpp"

#include <cstdint>

// Promise under test: any bytes are refused or inflate within the limits; what we compress comes back.
namespace ark::codec {
namespace {

constexpr InflateLimits limits{1u << 20, 200};

void fuzz_inflate(std::string_view bytes) {
    for (auto* inflate : {gunzip, unzstd, unzlib, unbrotli}) {
        const auto inflated = inflate(bytes, limits);
        if (inflated) ARK_CHECK(inflated->size() <= limits.bytes_max, "inflated {} bytes", inflated->size());
    }
}

void fuzz_round_trip(std::string_view bytes) {
    const auto gunzipped = gunzip(gzip(bytes).view(), {});
    ARK_CHECK(gunzipped.has_value() && gunzipped->view() == bytes, "gzip of {} bytes", bytes.size());
    const auto unzipped = unzstd(zstd(bytes).view(), {});
    ARK_CHECK(unzipped.has_value() && unzipped->view() == bytes, "zstd of {} bytes", bytes.size());
}

}  // namespace
}  // namespace ark::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    ark::codec::fuzz_inflate(bytes);
    ark::codec::fuzz_round_trip(bytes);
    return 0;
}
