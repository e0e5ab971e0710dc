#pragma once
#include "codec/json_value.hpp"
#include "context.hpp"

#include <map>
#include <string>

namespace ark::cli {

/// The steps of one query as lines for a person, nested as they are: a line when a model call, a tool call, an agent or
/// a team's turn begins, another when it ends, with its duration and tokens. Takes events in the order of the stream.
class QuerySteps {
public:
    QuerySteps(const Context& context, bool color);

    /// The line; empty for events that tell a person nothing.
    std::string render(const codec::JsonValue& event);
    /// Whether the query itself has ended.
    bool ended() const { return ended_; }
    /// "3 model calls · 2 tool calls · 1 failed": what was seen so far.
    std::string summary() const;

private:
    std::size_t depth_of(const codec::JsonValue& event, bool shown);
    void count(std::string_view component, std::string_view phase);

    const Context& context_;
    const bool color_;
    const bool ascii_;
    std::map<std::string, std::size_t> depths_;  // by span; of a step that is not shown: its parent's
    std::size_t model_calls_ = 0;
    std::size_t tool_calls_ = 0;
    std::size_t failures_ = 0;
    bool ended_ = false;
};

}  // namespace ark::cli
