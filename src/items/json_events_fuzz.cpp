#include "base/check.hpp"
#include "codec/json_value.hpp"
#include "items/json_events.hpp"
#include "otlp/check.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

// Any body: refused, or turned into a payload that passes the gate, opens into as many items, and is written again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    auto events = ark::items::events_from_json(body, ark::UnixNanos{1'000}, 64);
    if (!events) return 0;

    const auto checked = ark::otlp::check_logs(events->payload.view(), {});
    ARK_CHECK(checked.has_value(), "the gate refuses what we wrote: {}", checked.error().message());
    ARK_CHECK(checked->accepted + checked->rejected == events->count, "{} events, {} records", events->count,
              checked->accepted);

    const auto count = events->count;
    ark::model::BatchHeader header;
    header.kind = ark::model::BatchKind::logs;
    header.item_count = count;
    const ark::model::Batch batch(std::move(header), std::move(events->payload));
    std::uint32_t seen = 0;
    std::string out;
    const auto status = ark::items::for_each_item(batch, [&](const ark::items::Item& item) {
        ++seen;
        ark::items::for_each_event(item, true, [&](const ark::items::Event& event) {
            out.clear();
            ark::codec::JsonWriter json(out);
            ark::items::write_event(json, ark::Epoch{1}, event, {}, ark::items::Detail::full);
            ARK_CHECK(ark::codec::JsonValue::parse(out).has_value(), "write_event wrote no JSON");
            out.clear();
            ark::codec::JsonWriter again(out);
            ark::items::write_json_event(again, event, {});
            ARK_CHECK(ark::codec::JsonValue::parse(out).has_value(), "write_json_event wrote no JSON");
        });
        return true;
    });
    ARK_CHECK(status.has_value(), "our own payload cannot be walked");
    ARK_CHECK(seen == count, "{} events, {} items", count, seen);
    return 0;
}
