#include "loadgen/scenario.hpp"

#include "base/check.hpp"
#include "base/random.hpp"
#include "loadgen/script.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ark::loadgen {
namespace {

constexpr std::array<std::pair<Shape, std::string_view>, 6> shapes{{
    {Shape::chat, "chat"},
    {Shape::team, "team"},
    {Shape::deep, "deep"},
    {Shape::wide, "wide"},
    {Shape::errors, "errors"},
    {Shape::questions, "questions"},
}};

constexpr std::uint64_t second = 1'000'000'000;

/// The steps of one session at a time; when a session has asked its last query, the next one begins.
class Lane {
public:
    Lane(const ScenarioConfig& config, std::uint64_t seed, Shape shape) : random_(seed), shape_(shape) {
        now_ = random_.below(4 * second);  // sessions do not all begin at once
        begin_session(config);
        write(config);
    }

    std::uint64_t next_at() const { return now_ + steps_[position_].at.value(); }

    Step take(const ScenarioConfig& config) {
        Step step = std::move(steps_[position_]);
        shift(step, now_, config);
        if (++position_ == steps_.size()) {
            now_ += steps_duration_ + second + random_.below(5 * second);  // the user reads the answer
            if (queries_left_ == 0) begin_session(config);
            write(config);
        }
        return step;
    }

private:
    void begin_session(const ScenarioConfig& config) {
        const auto id = random_.next();
        session_id_ = config.session_id;
        if (session_id_.empty()) {
            session_id_ = "s-";
            append_hex_number(session_id_, id, 8);
        }
        conversation_id_ = "c-";
        append_hex_number(conversation_id_, id >> 32, 8);
        queries_left_ = 1 + static_cast<unsigned>(random_.below(config.queries_max));
    }

    void write(const ScenarioConfig& config) {
        --queries_left_;
        ScriptConfig script;
        script.shape = shape_;
        script.payload_bytes = config.payload_bytes;
        script.session_id = session_id_;
        script.conversation_id = conversation_id_;
        steps_ = write_query(script, random_);
        steps_duration_ = steps_.back().at.value();
        position_ = 0;
    }

    static void shift(Step& step, std::uint64_t begin, const ScenarioConfig& config) {
        const auto real = [&](UnixNanos t) {
            const auto after = static_cast<double>(begin + t.value()) / config.speed;
            return config.start + static_cast<std::uint64_t>(after);
        };
        step.at = real(step.at);
        if (auto* span = std::get_if<otlp::Span>(&step.what)) {
            span->start = real(span->start);
            span->end = real(span->end);
            for (auto& event : span->events)
                event.time = real(event.time);
        } else {
            auto& record = std::get<otlp::LogRecord>(step.what);
            record.time = real(record.time);
            record.observed = record.time;
        }
    }

    Random random_;
    Shape shape_;
    std::uint64_t now_ = 0;  // begin of the current query, before speed is applied
    std::vector<Step> steps_;
    std::size_t position_ = 0;
    std::uint64_t steps_duration_ = 0;
    unsigned queries_left_ = 0;
    std::string session_id_;
    std::string conversation_id_;
};

}  // namespace

std::string_view name(Shape shape) {
    return std::find_if(shapes.begin(), shapes.end(), [&](const auto& s) { return s.first == shape; })->second;
}

std::optional<Shape> parse_shape(std::string_view text) {
    for (const auto& [shape, name] : shapes) {
        if (name == text) return shape;
    }
    return std::nullopt;
}

std::vector<std::string_view> shape_names() {
    std::vector<std::string_view> names;
    for (const auto& entry : shapes)
        names.push_back(entry.second);
    return names;
}

struct Scenario::Impl {
    ScenarioConfig config;
    std::vector<Lane> lanes;
    std::vector<std::pair<std::uint64_t, std::size_t>> order;  // min-heap of (time of the next step, lane)

    void push(std::size_t lane) {
        order.emplace_back(lanes[lane].next_at(), lane);
        std::push_heap(order.begin(), order.end(), std::greater<>());
    }
};

Scenario::Scenario(ScenarioConfig config) : impl_(std::make_unique<Impl>()) {
    ARK_CHECK(!config.shapes.empty() && config.sessions > 0 && config.queries_max > 0 && config.speed > 0,
              "a scenario needs a shape, a session, a query and a speed");
    impl_->config = std::move(config);
    Random seeds(impl_->config.seed);
    for (std::size_t i = 0; i < impl_->config.sessions; ++i) {
        impl_->lanes.emplace_back(impl_->config, seeds.next(), impl_->config.shapes[i % impl_->config.shapes.size()]);
        impl_->push(i);
    }
}

Scenario::~Scenario() = default;
Scenario::Scenario(Scenario&&) noexcept = default;
Scenario& Scenario::operator=(Scenario&&) noexcept = default;

Step Scenario::next() {
    auto& order = impl_->order;
    std::pop_heap(order.begin(), order.end(), std::greater<>());
    const auto lane = order.back().second;
    order.pop_back();
    auto step = impl_->lanes[lane].take(impl_->config);
    impl_->push(lane);
    return step;
}

UnixNanos Scenario::next_at() const {
    const auto after = static_cast<double>(impl_->order.front().first) / impl_->config.speed;
    return impl_->config.start + static_cast<std::uint64_t>(after);
}

otlp::ValueMap Scenario::resource() {
    return {{"service.name", "ark-demo"},
            {"service.version", "1.0.0"},
            {"telemetry.sdk.name", "ark-loadgen"},
            {"deployment.environment.name", "demo"}};
}

otlp::Scope Scenario::scope() {
    return {"ark.loadgen", "1"};
}

double natural_rate(const ScenarioConfig& config) {
    constexpr unsigned sample_sessions_max = 64;  // more of them only repeat each other
    ScenarioConfig sample = config;
    sample.sessions = std::min(config.sessions, sample_sessions_max);
    sample.speed = 1;
    sample.start = UnixNanos{0};
    Scenario scenario(sample);
    // Long enough that every lane has gone through a few queries and pauses.
    const auto steps = 400 * std::size_t{sample.sessions};
    for (std::size_t i = 0; i < steps; ++i)
        scenario.next();
    const auto seconds = static_cast<double>(scenario.next_at().value()) / static_cast<double>(second);
    return static_cast<double>(steps) / seconds * config.sessions / sample.sessions;
}

}  // namespace ark::loadgen
