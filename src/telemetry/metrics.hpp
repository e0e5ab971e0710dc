#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Prometheus metrics of ourselves (text format 0.0.4). Updates are single atomic additions; a scrape takes one short
/// lock.
namespace ark::telemetry {

class Counter {
public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// Fixed ascending upper bounds, +Inf implied.
class Histogram {
public:
    explicit Histogram(std::vector<double> bounds);
    void observe(double value);
    struct Reading {
        std::vector<std::uint64_t> cumulative;  ///< one per bound, then +Inf
        double sum = 0;
    };
    Reading read() const;
    const std::vector<double>& bounds() const { return bounds_; }

private:
    const std::vector<double> bounds_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;
    std::atomic<double> sum_ = 0;
};

std::vector<double> latency_buckets();  ///< seconds, 50 µs … 10 s
std::vector<double> size_buckets();     ///< bytes, 256 B … 64 MiB in powers of four

class Registry {
public:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    /// References stay valid as long as the registry. The same name and labels give the same object.
    Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Histogram& histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                         const Labels& labels = {});
    /// Read at scrape time, on the scraping thread.
    void gauge(const std::string& name, const std::string& help, std::function<double()> read,
               const Labels& labels = {});
    /// A counter that lives elsewhere.
    void counter_from(const std::string& name, const std::string& help, std::function<double()> read,
                      const Labels& labels = {});

    /// The exposition: families in order of registration, ends with a newline.
    std::string text() const;

private:
    struct Series {
        std::string labels;  // rendered: {a="b"} or empty
        std::unique_ptr<Counter> counter;
        std::unique_ptr<Histogram> histogram;
        std::function<double()> read;
    };
    struct Family {
        std::string name;
        std::string help;
        std::string type;
        std::vector<std::unique_ptr<Series>> series;
    };
    Series& series(const std::string& name, const std::string& help, const char* type, const Labels& labels);

    mutable std::mutex mutex_;  // leaf: registration and scrapes only
    std::vector<std::unique_ptr<Family>> families_;
};

/// process_* metrics of Prometheus' conventions, read from /proc.
void register_process_metrics(Registry& registry);

}  // namespace ark::telemetry
