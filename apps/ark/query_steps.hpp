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

    /// The line, or several; empty for events that tell a person nothing.
    std::string render(const codec::JsonValue& event);
    /// What a model says, as it says it: the lines that are complete by now, empty while there are none. `item`: a
    /// frame of the topic `chunk`.
    std::string render_chunk(const codec::JsonValue& item);
    /// Whether the query itself has ended.
    bool ended() const { return ended_; }
    /// "3 model calls · 2 tool calls · 1 failed": what was seen so far.
    std::string summary() const;

private:
    std::size_t depth_of(const codec::JsonValue& event, bool shown);
    void count(std::string_view component, std::string_view phase);
    std::string take_lines(const std::string& span, bool all);

    const Context& context_;
    const bool color_;
    const bool ascii_;
    std::map<std::string, std::size_t> depths_;  // by span; of a step that is not shown: its parent's
    std::map<std::string, std::string> said_;    // by span: what its model has said since the last line
    std::size_t model_calls_ = 0;
    std::size_t tool_calls_ = 0;
    std::size_t failures_ = 0;
    bool ended_ = false;
};

}  // namespace ark::cli
