#include "base/check.hpp"
#include "otlp/check.hpp"
#include "otlp/json.hpp"
#include "otlp/walk.hpp"

#include <cstdint>
#include <string>

// Promise under test: any bytes are either refused or can be walked to the last value without failing, and what is left
// after rejected items are cut out is accepted as a whole.
namespace ark::otlp {
namespace {

std::uint64_t walk_value(const model::ValueView& value) {
    std::uint64_t sum = value.text.size();
    if (value.type == model::ValueView::Type::array) {
        ArrayWalk walk(value);
        for (model::ValueView element; walk.next(element);)
            sum += walk_value(element);
    }
    if (value.type == model::ValueView::Type::map) {
        auto members = map_members(value);
        for (model::AttributeView member; members.next(member);)
            sum += walk_value(member.value);
    }
    return sum;
}

void walk_attributes(Attributes attributes) {
    for (model::AttributeView attribute; attributes.next(attribute);)
        walk_value(attribute.value);
}

void walk_spans(std::string_view payload, std::uint32_t expected) {
    std::uint32_t seen = 0;
    const auto walked = for_each_span(payload, [&](const SpanView& span) {
        ARK_CHECK(span.ids_valid(), "an accepted span has ids");
        walk_attributes(span.resource->attributes());
        walk_attributes(span.scope->attributes());
        walk_attributes(span.attributes());
        for_each_span_event(span, [](const SpanEventView& event) { walk_attributes(event.attributes()); });
        for_each_span_link(span, [](const SpanLinkView& link) { walk_attributes(link.attributes()); });
        std::string out;
        codec::JsonWriter json(out);
        write_attributes(json, span.attributes());
        ++seen;
        return true;
    });
    ARK_CHECK(walked.has_value(), "an accepted payload walks");
    ARK_CHECK(seen == expected, "walked {} spans of {}", seen, expected);
}

void fuzz_traces(std::string_view payload) {
    CheckLimits limits;
    limits.attributes_max = 20;
    const auto checked = check_traces(payload, limits);
    if (!checked) {
        static_cast<void>(for_each_span(payload, [](const SpanView&) { return true; }));
        static_cast<void>(traces_to_json(payload));
        return;
    }
    if (checked->rejected == 0) return walk_spans(payload, checked->accepted);
    const auto again = check_traces(checked->cleaned.view(), limits);
    ARK_CHECK(again.has_value() && again->rejected == 0 && again->accepted == checked->accepted, "cleaning is final");
    walk_spans(checked->cleaned.view(), checked->accepted);
}

void fuzz_logs(std::string_view payload) {
    const auto checked = check_logs(payload, {});
    if (!checked || checked->rejected > 0) return;
    std::uint32_t seen = 0;
    const auto walked = for_each_log(payload, [&](const LogView& log) {
        walk_value(log.body);
        walk_attributes(log.attributes());
        ++seen;
        return true;
    });
    ARK_CHECK(walked.has_value() && seen == checked->accepted, "accepted logs walk");
    static_cast<void>(logs_to_json(payload));
}

}  // namespace
}  // namespace ark::otlp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view payload(reinterpret_cast<const char*>(data), size);
    ark::otlp::fuzz_traces(payload);
    ark::otlp::fuzz_logs(payload);
    static_cast<void>(ark::otlp::count_metric_points(payload));
    return 0;
}
