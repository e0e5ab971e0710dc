#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ark::model {

/// What part of an execution a span or event is about. Stored in views: numbers never change meaning.
enum class Kind : std::uint8_t {
    other = 0,  ///< infrastructure: HTTP, database, anything not of an agent's execution
    query = 1,  ///< a user's request, a workflow, a chain at the root
    agent = 2,
    team = 3,
    llm = 4,  ///< a model call: chat, completion, embeddings
    tool = 5,
    memory = 6,  ///< also retrieval
    a2a = 7,
    evaluation = 8,
};
inline constexpr std::size_t kind_count = 9;

std::string_view name(Kind kind);  ///< "query", "agent", … "other": also the `component` of the API
std::optional<Kind> parse_kind(std::string_view text);  ///< the inverse of name()

}  // namespace ark::model
