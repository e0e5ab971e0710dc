#pragma once
#include "base/time.hpp"
#include "otlp/build.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Agents that never existed, at work: what the demo shows, what the load generator sends and what tests replay.
namespace ark::loadgen {

/// What the sessions look like.
enum class Shape {
    chat,       ///< one agent, a model call or two, sometimes a tool
    team,       ///< planner, searcher, writer in sequence; tools, hand-offs, a call to a remote agent
    deep,       ///< agents that call agents, twelve levels down
    wide,       ///< a team of 24 members that work at the same time
    errors,     ///< rate limits with retries, tools that fail, queries that fail
    questions,  ///< an agent that waits for a person's answer
};
std::string_view name(Shape shape);
std::optional<Shape> parse_shape(std::string_view text);
std::vector<std::string_view> shape_names();

struct ScenarioConfig {
    std::vector<Shape> shapes = {Shape::chat};  ///< sessions take turns in this list; must not be empty
    std::uint64_t seed = 1;                     ///< same seed, same everything: ids, names, durations, texts
    unsigned sessions = 5;                      ///< at once; one that ends is followed by a new one
    unsigned queries_max = 4;                   ///< of one session
    std::size_t payload_bytes = 300;            ///< of each prompt and each answer
    std::string session_id;                     ///< all sessions under this one name; empty: one each
    UnixNanos start;                            ///< when the first step happens
    double speed = 1;                           ///< 2: everything happens in half the time
};

/// Something that a producer would send: an event when it happens, a span when it ends.
struct Step {
    UnixNanos at;
    std::variant<otlp::Span, otlp::LogRecord> what;

    const otlp::Span* span() const { return std::get_if<otlp::Span>(&what); }
    const otlp::LogRecord* event() const { return std::get_if<otlp::LogRecord>(&what); }
};

/// An endless sequence of steps of several sessions, in order of time. Deterministic; reads no clock. Not thread-safe.
class Scenario {
public:
    explicit Scenario(ScenarioConfig config);
    ~Scenario();
    Scenario(Scenario&&) noexcept;
    Scenario& operator=(Scenario&&) noexcept;

    Step next();
    /// When next() will happen.
    UnixNanos next_at() const;

    /// Who says so: resource and scope of every step.
    static otlp::ValueMap resource();
    static otlp::Scope scope();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// How many steps a second this scenario yields at speed 1: to find the speed that makes a wanted rate.
double natural_rate(const ScenarioConfig& config);

}  // namespace ark::loadgen
