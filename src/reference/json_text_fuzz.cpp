// Whatever is packed is JSON for the strict parser too, packing it again changes nothing, and reading it in place stays
// within it.
#include "codec/json_value.hpp"
#include "reference/json_text.hpp"

#include <cstdlib>

namespace ark::reference {
namespace {

void walk(JsonView view) {
    static_cast<void>(view.truthy());
    static_cast<void>(to_number(view));
    static_cast<void>(view.string());
    view.for_each_element(walk);
    view.for_each_member([](std::string_view, JsonView value) { walk(value); });
}

void fuzz(std::string_view text) {
    std::string packed;
    if (!append_packed(packed, text)) {
        if (!packed.empty()) std::abort();
        return;
    }
    std::string again;
    if (!append_packed(again, packed) || again != packed) std::abort();
    if (!codec::JsonValue::parse(packed, json_nesting_max + 1)) std::abort();
    walk(JsonView(packed));
    static_cast<void>(JsonView(packed).find("a"));
}

}  // namespace
}  // namespace ark::reference

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ark::reference::fuzz({reinterpret_cast<const char*>(data), size});
    return 0;
}
