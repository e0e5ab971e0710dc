#include "otlp/check.hpp"
#include "otlp/wire.hpp"

namespace ark::otlp {

namespace {

using wire::Field;
using wire::Reader;
using wire::tag;

/// Adds the data points below `message`, which is `level` messages below the request; false when one is damaged.
bool count_points(std::string_view message, int level, std::uint64_t& points) {
    // Request → ResourceMetrics → ScopeMetrics → Metric → Gauge, Sum, Histogram, ExponentialHistogram, Summary →
    // points.
    const auto leads_down = [level](std::uint32_t found) {
        switch (level) {
            case 0:
                return found == tag(1, wire::bytes);
            case 1:
            case 2:
                return found == tag(2, wire::bytes);
            case 3:
                return found == tag(5, wire::bytes) || found == tag(7, wire::bytes) || found == tag(9, wire::bytes) ||
                       found == tag(10, wire::bytes) || found == tag(11, wire::bytes);
            default:
                return found == tag(1, wire::bytes);
        }
    };
    Reader reader(message);
    for (Field field; reader.next(field);) {
        if (!leads_down(field.tag)) continue;
        if (level == 4) {
            ++points;
        } else if (!count_points(field.bytes, level + 1, points)) {
            return false;
        }
    }
    return !reader.damaged();
}

}  // namespace

Result<std::uint64_t> count_metric_points(std::string_view payload) {
    std::uint64_t points = 0;
    if (!count_points(payload, 0, points)) return fail(Errc::bad_payload, "OTLP metrics: malformed protobuf");
    return points;
}

}  // namespace ark::otlp
