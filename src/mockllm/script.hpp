#pragma once
#include "codec/json_value.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <vector>

/// A model that says what a script says (docs/mock-llm.md has the script's grammar). This part is pure.
namespace ark::mockllm {

/// How a text must look: "part of it" in any case, "=the whole of it", "/regular expression/".
class TextMatch {
public:
    static Result<TextMatch> parse(std::string_view pattern);
    /// `groups` gets what the expression's parentheses caught, if it is one.
    bool matches(std::string_view text, std::vector<std::string>* groups = nullptr) const;

private:
    enum class Kind { part, whole, expression };
    Kind kind_ = Kind::part;
    std::string text_;  // lower case for `part`
    std::regex expression_;
};

/// Conditions of a rule; all that are given must hold.
struct When {
    std::optional<TextMatch> user;         ///< the last user message
    std::optional<TextMatch> system;       ///< all system messages
    std::optional<TextMatch> model;        ///< the model that was asked for
    std::optional<TextMatch> tool_result;  ///< the last tool result since that user message
    std::optional<bool> any_results;       ///< whether there are tool results since then
    std::vector<std::string> results_of;   ///< these tools have answered since then
    std::vector<std::string> tools;        ///< these tools are offered
    std::optional<std::int64_t> turn;      ///< answers of the model since then: 0 for the first call
};

struct Pace {
    std::chrono::nanoseconds first{0};  ///< before the first piece, or before an answer that is not streamed
    std::chrono::nanoseconds piece{0};  ///< between pieces
    std::size_t words = 1;              ///< of a piece
};

struct ScriptedCall {
    std::string name;
    codec::JsonValue arguments;
};

struct ScriptedUsage {
    std::optional<std::int64_t> prompt, completion, cached, reasoning;
};

struct ScriptedError {
    int status = 500;
    std::string type, code, message;
    std::optional<std::chrono::nanoseconds> retry_after;
};

struct Rule {
    std::string name;
    When when;
    std::string text;
    std::string reasoning;
    std::vector<ScriptedCall> calls;
    std::string finish;  ///< empty: tool_calls with calls, else stop
    ScriptedUsage usage;
    std::optional<ScriptedError> error;
    std::optional<std::size_t> cut_after;  ///< pieces, then the connection breaks
    std::optional<std::int64_t> times;     ///< how often it may be used
    Pace pace;
};

struct Script {
    std::vector<std::string> models;
    std::string api_key;  ///< asked for when set
    std::vector<Rule> rules;

    /// bad_argument, naming rule and member: "rule 3 (weather): when.turn: a whole number was expected".
    static Result<Script> parse(std::string_view yaml);
};

/// What rules look at, taken from a request's body.
struct Conversation {
    std::string model, system, user;
    std::vector<std::pair<std::string, std::string>> results;  ///< tool, text; since the last user message
    std::vector<std::string> tools;
    std::int64_t turn = 0;
    std::size_t bytes = 0;  ///< of all texts, for the usage

    /// bad_argument: not a chat request.
    static Result<Conversation> of(const codec::JsonValue& request);
};

/// The first rule whose conditions hold, among those that `may_use` allows. `groups`: of its expression on the user's
/// text.
const Rule* choose(const Script& script, const Conversation& conversation,
                   const std::function<bool(const Rule&)>& may_use, std::vector<std::string>& groups);

/// Fills {{user}}, {{model}}, {{tool}} (the last result), {{tool.NAME}} and {{1}}, {{2}}, … in.
std::string fill(std::string_view text, const Conversation& conversation, const std::vector<std::string>& groups);
/// The same in every string of a tree.
codec::JsonValue fill(const codec::JsonValue& value, const Conversation& conversation,
                      const std::vector<std::string>& groups);

}  // namespace ark::mockllm
