#include "telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::telemetry {
using testing::HasSubstr;

TEST(Metrics, ExposeFamiliesOnceWithHelpAndType) {
    Registry registry;
    registry.counter("ark_items_total", "Items.", {{"signal", "traces"}}).add(3);
    registry.counter("ark_items_total", "Items.", {{"signal", "logs"}}).add();
    registry.gauge("ark_up", "Up.", [] { return 1.0; });
    EXPECT_EQ(registry.text(),
              "# HELP ark_items_total Items.\n# TYPE ark_items_total counter\n"
              "ark_items_total{signal=\"traces\"} 3\nark_items_total{signal=\"logs\"} 1\n"
              "# HELP ark_up Up.\n# TYPE ark_up gauge\nark_up 1\n");
}

TEST(Metrics, SameNameAndLabelsAreOneSeries) {
    Registry registry;
    registry.counter("a_total", "A.").add();
    registry.counter("a_total", "A.").add();
    EXPECT_EQ(registry.counter("a_total", "A.").value(), 2u);
}

TEST(Metrics, HistogramIsCumulativeAndItsInfBucketEqualsCount) {
    Registry registry;
    auto& histogram = registry.histogram("t_seconds", "T.", {0.1, 1}, {{"k", "v"}});
    histogram.observe(0.05);
    histogram.observe(0.1);
    histogram.observe(5);
    EXPECT_THAT(registry.text(), HasSubstr("t_seconds_bucket{k=\"v\",le=\"0.1\"} 2\n"
                                           "t_seconds_bucket{k=\"v\",le=\"1\"} 2\n"
                                           "t_seconds_bucket{k=\"v\",le=\"+Inf\"} 3\n"));
    EXPECT_THAT(registry.text(), HasSubstr("t_seconds_count{k=\"v\"} 3\n"));
}

TEST(Metrics, LabelValuesAreEscaped) {
    Registry registry;
    registry.counter("a_total", "A.", {{"k", "a\"b\\c\nd"}}).add();
    EXPECT_THAT(registry.text(), HasSubstr(R"(a_total{k="a\"b\\c\nd"} 1)"));
}

TEST(Metrics, ProcessMetricsHavePlausibleValues) {
    Registry registry;
    register_process_metrics(registry);
    EXPECT_THAT(registry.text(), HasSubstr("process_resident_memory_bytes "));
    EXPECT_THAT(registry.text(), testing::Not(HasSubstr("process_open_fds 0\n")));
}

}  // namespace ark::telemetry
