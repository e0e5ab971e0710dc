#include "otlp/json.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <simdjson.h>

namespace ark::otlp {

namespace {

namespace sj = simdjson::ondemand;

constexpr std::array<std::string_view, 3> list_names = {"resourceMetrics", "scopeMetrics", "metrics"};
constexpr std::array<std::string_view, 5> data_names = {"gauge", "sum", "histogram", "exponentialHistogram", "summary"};

simdjson::error_code count_points_of(sj::value& data, std::uint64_t& points) {
    sj::object object;
    if (auto error = data.get_object().get(object)) return error;
    for (auto each : object) {
        sj::field field;
        if (auto error = std::move(each).get(field)) return error;
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return error;
        if (key != "dataPoints") continue;
        sj::array array;
        if (auto error = field.value().get_array().get(array)) return error;
        for (auto point : array) {
            if (auto error = point.error()) return error;
            ++points;
        }
    }
    return simdjson::SUCCESS;
}

/// Level 0 is the request, 1 a resource's metrics, 2 a scope's, 3 one metric.
simdjson::error_code count_points(sj::object object, std::size_t level, std::uint64_t& points) {
    for (auto each : object) {
        sj::field field;
        if (auto error = std::move(each).get(field)) return error;
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return error;
        if (level == list_names.size()) {
            if (std::find(data_names.begin(), data_names.end(), key) == data_names.end()) continue;
            if (auto error = count_points_of(field.value(), points)) return error;
            continue;
        }
        if (key != list_names[level]) continue;
        sj::array array;
        if (auto error = field.value().get_array().get(array)) return error;
        for (auto element : array) {
            sj::object inner;
            if (auto error = element.get_object().get(inner)) return error;
            if (auto error = count_points(inner, level + 1, points)) return error;
        }
    }
    return simdjson::SUCCESS;
}

}  // namespace

Result<std::uint64_t> count_metric_points_json(const Buffer& json) {
    if (json.empty()) return fail(Errc::bad_payload, "OTLP/JSON: an empty body");
    sj::parser parser;
    sj::document document;
    std::uint64_t points = 0;
    auto error = parser.iterate(json.data(), json.size(), json.size() + Buffer::slack).get(document);
    sj::object root;
    if (!error) error = document.get_object().get(root);
    if (!error) error = count_points(root, 0, points);
    if (error) return fail(Errc::bad_payload, fmt::format("OTLP/JSON metrics: {}", simdjson::error_message(error)));
    return points;
}

}  // namespace ark::otlp
