#include "base/check.hpp"
#include "codec/json_value.hpp"
#include "items/filter.hpp"
#include "items/items.hpp"
#include "items/json_events.hpp"
#include "items/open_span.hpp"
#include "otlp/check.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

void write_all(const ark::items::Item& item, std::string& out) {
    const auto full = ark::items::Detail::full;
    const auto check = [&](const char* what) {
        ARK_CHECK(ark::codec::JsonValue::parse(out, 256).has_value(), "{} wrote no JSON", what);
        out.clear();
    };
    ark::codec::JsonWriter json(out);
    if (item.span != nullptr && item.type == ark::items::ItemType::span) {
        write_span(json, ark::Epoch{1}, item, {}, full);
        check("write_span");
    } else if (item.type == ark::items::ItemType::log) {
        write_log(json, ark::Epoch{1}, item, {}, full);
        check("write_log");
    }
    ark::items::for_each_event(item, true, [&](const ark::items::Event& event) {
        ark::codec::JsonWriter of_event(out);
        write_event(of_event, ark::Epoch{1}, event, {}, full);
        check("write_event");
        ark::codec::JsonWriter of_json_event(out);
        write_json_event(of_json_event, event, {});
        check("write_json_event");
        static_cast<void>(matches_event({}, event, {}));
    });
    static_cast<void>(open_span(item));
    static_cast<void>(closed_span(item));
}

}  // namespace

// Any payload that passes the gate opens into as many items as the gate counted, and each is written as JSON.
// The first byte chooses between spans and log records.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool spans = data[0] % 2 == 0;
    const std::string_view payload{reinterpret_cast<const char*>(data) + 1, size - 1};
    auto checked = spans ? ark::otlp::check_traces(payload, {}) : ark::otlp::check_logs(payload, {});
    if (!checked) return 0;

    ark::model::BatchHeader header;
    header.kind = spans ? ark::model::BatchKind::traces : ark::model::BatchKind::logs;
    header.item_count = checked->accepted;
    auto wire = checked->rejected > 0 ? std::move(checked->cleaned) : ark::Buffer::copy_of(payload);
    const ark::model::Batch batch(std::move(header), std::move(wire));
    std::uint32_t seen = 0;
    std::string out;
    const auto status = ark::items::for_each_item(batch, [&](const ark::items::Item& item) {
        ++seen;
        write_all(item, out);
        return true;
    });
    ARK_CHECK(status.has_value(), "the gate let it through: {}", status.error().message());
    ARK_CHECK(seen == checked->accepted, "{} accepted, {} items", checked->accepted, seen);
    return 0;
}
