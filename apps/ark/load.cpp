#include "load.hpp"

#include "base/random.hpp"
#include "codec/json_value.hpp"
#include "otlp/json.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace ark::cli {
namespace {

constexpr unsigned attempts_max = 5;
constexpr std::chrono::milliseconds retry_pause{200};
constexpr std::size_t latencies_max = 1u << 20;  // 4 MiB a connection; beyond, every slot is reused in turn

std::uint64_t monotonic() {
    return system_clock().monotonic_nanos();
}

bool may_succeed_later(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

double percentile(std::vector<float>& sorted, double p) {
    if (sorted.empty()) return 0;
    const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[std::min(rank, sorted.size()) - (rank > 0 ? 1 : 0)]);
}

}  // namespace

/// One keep-alive connection and the sessions that are sent over it. Its thread only; read after that has ended.
class Load::Connection {
public:
    Connection(Load& owner, loadgen::ScenarioConfig scenario)
        : owner_(owner),
          paced_(owner.config_.pace != LoadConfig::Pace::unlimited),
          scenario_(std::move(scenario)),
          client_(owner.config_.endpoint, client_config()) {}

    void run() {
        while (!owner_.stopping_ && !enough()) {
            if (paced_ && wait()) continue;
            take(scenario_.next());
            if (spans_.size() + records_.size() >= owner_.config_.batch_max) flush();
        }
        flush();
    }

    std::uint64_t spans = 0, events = 0, rejected = 0, requests = 0, retries = 0, lost = 0, bytes = 0;
    std::vector<float> latencies_ms;
    std::string last_error;

private:
    static net::Client::Config client_config() {
        net::Client::Config config;
        config.timeout = std::chrono::seconds(15);
        return config;
    }

    bool enough() const { return owner_.config_.items_max != 0 && owner_.items_sent_ >= owner_.config_.items_max; }

    /// Until the next step is due, or for a short while. False: it is due.
    bool wait() {
        const auto now = system_clock().now();
        const auto due = scenario_.next_at();
        if (due <= now) return false;
        const auto flush_nanos =
            static_cast<std::uint64_t>(std::chrono::nanoseconds(owner_.config_.flush_every).count());
        if (oldest_ != 0 && monotonic() - oldest_ >= flush_nanos) flush();
        const auto pause = std::min<std::uint64_t>(due - now, 10'000'000);  // soon enough for a stop and for the flush
        std::this_thread::sleep_for(std::chrono::nanoseconds(pause));
        return true;
    }

    void take(loadgen::Step step) {
        if (oldest_ == 0) oldest_ = monotonic();
        if (auto* span = std::get_if<otlp::Span>(&step.what)) {
            spans_.push_back(std::move(*span));
        } else {
            records_.push_back(std::move(std::get<otlp::LogRecord>(step.what)));
        }
    }

    void flush() {
        const auto resource = loadgen::Scenario::resource();
        const auto scope = loadgen::Scenario::scope();
        // Events first: a start must not arrive behind the span that ends it.
        if (!records_.empty() && post("/v1/logs", otlp::encode_logs(resource, scope, records_), records_.size()))
            events += records_.size();
        if (!spans_.empty() && post("/v1/traces", otlp::encode_traces(resource, scope, spans_), spans_.size()))
            spans += spans_.size();
        records_.clear();
        spans_.clear();
        oldest_ = 0;
    }

    bool post(std::string_view path, std::string body, std::size_t items) {
        net::Fields fields;
        fields.add("content-type", owner_.config_.json ? "application/json" : "application/x-protobuf");
        if (owner_.config_.json) {
            auto text = path == "/v1/traces" ? otlp::traces_to_json(body) : otlp::logs_to_json(body);
            if (!text) return give_up(items, text.error().message());
            body = std::move(*text);
        }
        for (unsigned attempt = 1;; ++attempt) {
            const auto begin = monotonic();
            auto response = client_.request("POST", path, fields, body);
            if (response && response->status == 200) {
                acknowledged(*response, begin, items, body.size());
                return true;
            }
            const auto why = response ? "status " + std::to_string(response->status) : response.error().message();
            const bool again =
                response ? may_succeed_later(response->status) : response.error().code != Errc::too_large;
            if (!again || attempt == attempts_max || owner_.stopping_) return give_up(items, why);
            ++retries;
            last_error = why;
            std::this_thread::sleep_for(retry_pause * attempt);
        }
    }

    bool give_up(std::size_t items, std::string why) {
        lost += items;
        last_error = std::move(why);
        return false;
    }

    void acknowledged(const net::ClientResponse& response, std::uint64_t begin, std::size_t items, std::size_t size) {
        const auto took = static_cast<float>(static_cast<double>(monotonic() - begin) / 1e6);
        if (latencies_ms.size() < latencies_max) {
            latencies_ms.push_back(took);
        } else {
            latencies_ms[requests % latencies_max] = took;
        }
        ++requests;
        bytes += size;
        owner_.items_sent_ += items;
        if (!response.body.empty()) note_partial_success(response);
    }

    /// An empty body is full success; ours are valid, so anything else is worth a word.
    void note_partial_success(const net::ClientResponse& response) {
        if (!owner_.config_.json) {
            ++rejected;
            last_error = "partial success";
            return;
        }
        const auto answer = codec::JsonValue::parse(response.body);
        if (!answer) return;
        const auto& partial = (*answer)["partialSuccess"];
        rejected +=
            static_cast<std::uint64_t>(partial["rejectedSpans"].integer() + partial["rejectedLogRecords"].integer());
        if (const auto text = partial["errorMessage"].text(); !text.empty()) last_error = text;
    }

    Load& owner_;  // outlives us: it holds us
    const bool paced_;
    loadgen::Scenario scenario_;
    net::Client client_;
    std::vector<otlp::Span> spans_;
    std::vector<otlp::LogRecord> records_;
    std::uint64_t oldest_ = 0;  // monotonic time of the oldest pending item; 0: none
};

Load::Load(LoadConfig config) : config_(std::move(config)) {}

Load::~Load() {
    stop();
}

void Load::start() {
    const auto connections = std::max(1u, std::min(config_.connections, config_.scenario.sessions));
    auto scenario = config_.scenario;
    scenario.start = system_clock().now();
    if (config_.pace == LoadConfig::Pace::rate) scenario.speed = config_.rate / loadgen::natural_rate(scenario);
    // Without a limit, times still have to be near the present: a million steps a second is faster than we send.
    if (config_.pace == LoadConfig::Pace::unlimited) scenario.speed = 1e6 / loadgen::natural_rate(scenario);
    Random seeds(scenario.seed);
    begin_nanos_ = monotonic();
    for (unsigned i = 0; i < connections; ++i) {
        auto share = scenario;
        share.seed = connections == 1 ? scenario.seed : seeds.next();
        share.sessions = scenario.sessions / connections + (i < scenario.sessions % connections ? 1 : 0);
        connections_.push_back(std::make_unique<Connection>(*this, share));
    }
    active_ = connections;
    for (auto& connection : connections_) {
        threads_.emplace_back([this, worker = connection.get()] {
            worker->run();
            --active_;
        });
    }
}

void Load::stop() {
    stopping_ = true;
    for (auto& thread : threads_)
        thread.join();
    if (!threads_.empty()) end_nanos_ = monotonic();
    threads_.clear();
}

LoadReport Load::report() const {
    LoadReport report;
    std::vector<float> latencies;
    for (const auto& connection : connections_) {
        report.spans += connection->spans;
        report.events += connection->events;
        report.rejected += connection->rejected;
        report.requests += connection->requests;
        report.retries += connection->retries;
        report.lost += connection->lost;
        report.bytes += connection->bytes;
        if (!connection->last_error.empty()) report.last_error = connection->last_error;
        latencies.insert(latencies.end(), connection->latencies_ms.begin(), connection->latencies_ms.end());
    }
    report.seconds = static_cast<double>(end_nanos_ - begin_nanos_) / 1e9;
    std::sort(latencies.begin(), latencies.end());
    report.p50_ms = percentile(latencies, 0.5);
    report.p90_ms = percentile(latencies, 0.9);
    report.p99_ms = percentile(latencies, 0.99);
    report.max_ms = latencies.empty() ? 0 : static_cast<double>(latencies.back());
    return report;
}

}  // namespace ark::cli
