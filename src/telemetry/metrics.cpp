#include "telemetry/metrics.hpp"

#include "base/time.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ark::telemetry {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\\') {
            out.append("\\\\");
        } else if (c == '\n') {
            out.append("\\n");
        } else if (quotes && c == '"') {
            out.append("\\\"");
        } else {
            out.push_back(c);
        }
    }
}

std::string render(const Registry::Labels& labels) {
    if (labels.empty()) return {};
    std::string out = "{";
    for (const auto& [key, value] : labels) {
        if (out.size() > 1) out.push_back(',');
        out.append(key).append("=\"");
        append_escaped(out, value, true);
        out.push_back('"');
    }
    return out + "}";
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

/// {a="b"} with one more label.
std::string with_le(const std::string& labels, const std::string& bound) {
    const std::string le = "le=\"" + bound + "\"";
    if (labels.empty()) return "{" + le + "}";
    return labels.substr(0, labels.size() - 1) + "," + le + "}";
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const Histogram& histogram) {
    const auto reading = histogram.read();
    const auto& bounds = histogram.bounds();
    auto line = std::back_inserter(out);
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
        const auto bound = i < bounds.size() ? number(bounds[i]) : std::string("+Inf");
        fmt::format_to(line, "{}_bucket{} {}\n", name, with_le(labels, bound), reading.cumulative[i]);
    }
    fmt::format_to(line, "{}_sum{} {}\n", name, labels, number(reading.sum));
    fmt::format_to(line, "{}_count{} {}\n", name, labels, reading.cumulative.back());
}

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double total = 0;
    double resident = 0;
    statm >> total >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_files() {
    DIR* directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return 0;
    double count = -3;  // ".", ".." and the directory's own descriptor
    while (::readdir(directory) != nullptr)
        ++count;
    ::closedir(directory);
    return count;
}

double open_files_max() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), buckets_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)) {}

void Histogram::observe(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Reading Histogram::read() const {
    Reading reading;
    std::uint64_t running = 0;
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
        running += buckets_[i].load(std::memory_order_relaxed);
        reading.cumulative.push_back(running);
    }
    reading.sum = sum_.load(std::memory_order_relaxed);
    return reading;
}

std::vector<double> latency_buckets() {
    return {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

std::vector<double> size_buckets() {
    return {256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};
}

Registry::Series& Registry::series(const std::string& name, const std::string& help, const char* type,
                                   const Labels& labels) {
    Family* family = nullptr;
    for (auto& candidate : families_) {
        if (candidate->name == name) family = candidate.get();
    }
    if (family == nullptr) {
        families_.push_back(std::make_unique<Family>());
        family = families_.back().get();
        family->name = name;
        family->help = help;
        family->type = type;
    }
    auto rendered = render(labels);
    for (auto& candidate : family->series) {
        if (candidate->labels == rendered) return *candidate;
    }
    family->series.push_back(std::make_unique<Series>());
    family->series.back()->labels = std::move(rendered);
    return *family->series.back();
}

Counter& Registry::counter(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    auto& found = series(name, help, "counter", labels);
    if (!found.counter) found.counter = std::make_unique<Counter>();
    return *found.counter;
}

Histogram& Registry::histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                               const Labels& labels) {
    const std::lock_guard lock(mutex_);
    auto& found = series(name, help, "histogram", labels);
    if (!found.histogram) found.histogram = std::make_unique<Histogram>(std::move(bounds));
    return *found.histogram;
}

void Registry::gauge(const std::string& name, const std::string& help, std::function<double()> read,
                     const Labels& labels) {
    const std::lock_guard lock(mutex_);
    series(name, help, "gauge", labels).read = std::move(read);
}

void Registry::counter_from(const std::string& name, const std::string& help, std::function<double()> read,
                            const Labels& labels) {
    const std::lock_guard lock(mutex_);
    series(name, help, "counter", labels).read = std::move(read);
}

std::string Registry::text() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    auto line = std::back_inserter(out);
    for (const auto& family : families_) {
        fmt::format_to(line, "# HELP {} ", family->name);
        append_escaped(out, family->help, false);
        fmt::format_to(line, "\n# TYPE {} {}\n", family->name, family->type);
        for (const auto& one : family->series) {
            if (one->histogram) {
                append_histogram(out, family->name, one->labels, *one->histogram);
            } else {
                const auto value = one->read ? number(one->read()) : std::to_string(one->counter->value());
                fmt::format_to(line, "{}{} {}\n", family->name, one->labels, value);
            }
        }
    }
    return out;
}

void register_process_metrics(Registry& registry) {
    const double started = static_cast<double>(system_clock().now().value()) * 1e-9;
    registry.counter_from("process_cpu_seconds_total", "User and system CPU time.", cpu_seconds);
    registry.gauge("process_resident_memory_bytes", "Resident memory.", resident_bytes);
    registry.gauge("process_open_fds", "Open file descriptors.", open_files);
    registry.gauge("process_max_fds", "Limit of open file descriptors.", open_files_max);
    registry.gauge("process_start_time_seconds", "Start of the process, Unix time.", [started] { return started; });
}

}  // namespace ark::telemetry
