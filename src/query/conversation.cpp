#include "query/conversation.hpp"

#include "base/text.hpp"
#include "query/page_token.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace ark::query {
namespace {

// Identity of what is said, within a scope. Names and reasoning do not count: not every recorder has them.
std::uint64_t identity(std::uint64_t scope, const Message& message) {
    auto hash = fnv1a(message.role, scope);
    hash = fnv1a("\n", hash);
    hash = fnv1a(trimmed(message.content, text_blanks), hash);
    for (const auto& call : message.tool_calls)
        hash = fnv1a(call.arguments, fnv1a(call.name, fnv1a("\ncall:", hash)));
    return fnv1a(message.tool_call_id, fnv1a("\nto:", hash));
}

// Only what was said aloud: the answer of a query has no tool calls.
std::uint64_t words(std::uint64_t scope, const Message& message) {
    return fnv1a(trimmed(message.content, text_blanks), fnv1a("\n", fnv1a(message.role, scope)));
}

int rank(model::Kind kind) {
    switch (kind) {
        case model::Kind::query:
            return 0;
        case model::Kind::team:
            return 1;
        case model::Kind::agent:
            return 2;
        default:
            return 3;
    }
}

// Clocks may be coarse. What ended in the same tick as another began came first, or the other's history would repeat
// it; only the output of a span without duration follows its own input.
enum class Phase { out, in, out_at_once };

struct Moment {
    UnixNanos time;
    Phase phase = Phase::in;
    int rank = 0;  // outer spans put in first and out last
    std::size_t speech = 0;
    bool output() const { return phase != Phase::in; }
    auto key() const { return std::tuple(time, phase, output() ? -rank : rank, speech); }
};

std::vector<Moment> moments_of(const std::vector<Speech>& speeches) {
    std::vector<Moment> moments;
    for (std::size_t i = 0; i < speeches.size(); ++i) {
        const auto& speech = speeches[i];
        moments.push_back({speech.start, Phase::in, rank(speech.kind), i});
        if (speech.end.value() == 0) continue;
        const auto phase = speech.end > speech.start ? Phase::out : Phase::out_at_once;
        moments.push_back({std::max(speech.end, speech.start), phase, rank(speech.kind), i});
    }
    std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.key() < b.key(); });
    return moments;
}

class Assembler {
public:
    explicit Assembler(const std::vector<Speech>& speeches) : speeches_(speeches) {}

    std::vector<Turn> run() {
        for (const auto& moment : moments_of(speeches_)) {
            const auto& speech = speeches_[moment.speech];
            const auto& messages = moment.output() ? speech.messages.output : speech.messages.input;
            const bool model_call = speech.kind == model::Kind::llm;
            seen_here_.clear();
            for (const auto& message : messages) {
                if (message.empty()) continue;
                const bool fresh =
                    model_call ? moment.output() || beyond_history(speech, message) : not_said(speech, message);
                if (fresh) say(moment, speech, message);
            }
        }
        return std::move(turns_);
    }

private:
    static std::uint64_t conversation(const Speech& speech) {
        return fnv1a(speech.conversation.empty() ? speech.trace_id.view() : std::string_view(speech.conversation));
    }
    static std::uint64_t trace(const Speech& speech) { return fnv1a(speech.trace_id.view()); }

    // The n-th such message of this input is new when the conversation held fewer than n.
    bool beyond_history(const Speech& speech, const Message& message) {
        const auto id = identity(conversation(speech), message);
        return ++seen_here_[id] > history_[id];
    }
    bool not_said(const Speech& speech, const Message& message) const {
        return !said_.contains(words(trace(speech), message));
    }
    void say(const Moment& moment, const Speech& speech, const Message& message) {
        ++history_[identity(conversation(speech), message)];
        said_.insert(words(trace(speech), message));
        turns_.push_back({message, moment.time, moment.speech});
    }

    const std::vector<Speech>& speeches_;
    std::vector<Turn> turns_;
    std::unordered_map<std::uint64_t, std::uint32_t> history_;    // by conversation: how often said
    std::unordered_map<std::uint64_t, std::uint32_t> seen_here_;  // in the input at hand
    std::unordered_set<std::uint64_t> said_;                      // by trace
};

}  // namespace

std::vector<Turn> assemble(const std::vector<Speech>& speeches) {
    return Assembler(speeches).run();
}

}  // namespace ark::query
