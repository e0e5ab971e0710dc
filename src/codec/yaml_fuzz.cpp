// Any bytes as YAML: an error or trees within the limits, never a crash.
#include "base/check.hpp"
#include "codec/yaml_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ark::codec::YamlLimits limits;
    limits.nodes_max = 4096;
    const auto documents = ark::codec::parse_yaml({reinterpret_cast<const char*>(data), size}, limits);
    if (!documents) return 0;
    for (const auto& document : *documents) {
        const auto again = ark::codec::JsonValue::parse(document.value.dump(), 200);
        ARK_CHECK(again && *again == document.value, "a tree that does not read back");
    }
    return 0;
}
