#include "base/check.hpp"
#include "codec/json_value.hpp"

#include <cstdint>

// Promise under test: any text is refused or becomes a tree whose JSON, plain and pretty, reads back to the same tree.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using ark::codec::JsonValue;
    const auto value = JsonValue::parse({reinterpret_cast<const char*>(data), size}, 32);
    if (!value) return 0;
    const auto text = value->dump();
    const auto again = JsonValue::parse(text, 32);
    ARK_CHECK(again.has_value() && again->dump() == text, "{}", text);
    const auto pretty = JsonValue::parse(value->pretty(), 32);
    ARK_CHECK(pretty.has_value() && pretty->dump() == text, "{}", text);
    return 0;
}
