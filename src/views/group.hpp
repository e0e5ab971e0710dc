#pragma once
#include "views/story.hpp"
#include "views/totals.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Queries and sessions: sums over the stories that belong to them. Written by the fold's thread only.
namespace ark::views {

inline constexpr std::size_t traces_of_query_max = 64;
inline constexpr std::size_t questions_of_group_max = 256;

/// Questions by id with how often each was asked and closed: order does not matter, and a story can take its own back.
class QuestionSet {
public:
    void add(const Question& question);
    void take_back(const Question& question);
    std::uint32_t pending() const;
    void pack(std::string& out) const;
    void unpack(Unpacker& in);

private:
    std::vector<Question> questions_;  // at most questions_of_group_max: beyond, the oldest closed one goes
};

struct Group {
    std::uint32_t tenant = 0;
    std::uint64_t number = no_number;  ///< offset of the first item that named it
    std::uint64_t rev = 0;
    std::uint64_t start = 0, last = 0;  ///< of events' own time
    std::uint64_t received = 0;         ///< broker's time of the last item
    std::array<Totals, part_count> totals;
    NameLists names;
    QuestionSet questions;
    // The story that knows best how it went: by knowledge, then the newest.
    Knowledge best_knowledge = Knowledge::none;
    std::uint64_t best_story = no_number;
    Outcome best_outcome = Outcome::done;
    bool best_is_loose = false;

    bool dirty = false;       // in this drain's list
    std::uint64_t drain = 0;  // that touched it last
    std::size_t counted = 0;  // bytes in the hot state's sum
    bool stored = false;      // there is a committed row of it

    bool empty() const { return totals[0].stories + totals[1].stories == 0; }
    /// Where there are spans, events without trace tell the same again: they count only themselves.
    Part telling() const {
        return totals[0].spans > 0 || totals[1].by_kind == decltype(totals[1].by_kind){} ? Part::traces : Part::loose;
    }
    const Totals& told() const { return totals[static_cast<std::size_t>(telling())]; }
    std::uint64_t events() const { return totals[0].events + totals[1].events; }
    UsageSplit usage() const;
    /// `quiet`: no sign of life from a producer for too long.
    State state(bool is_session, bool quiet) const;

    /// Takes in what of a story is not a sum.
    void observe(const Story& story);
    /// The same of a part of it.
    struct Seen {
        std::uint64_t start = 0, end = 0;
        Knowledge knowledge = Knowledge::none;
        Outcome outcome = Outcome::done;
    };
    void observe(const Story& story, const Seen& seen);
    void forget_observed();

    void pack_common(std::string& out) const;
    void unpack_common(Unpacker& in);
    std::size_t bytes_common() const;
};

struct Query : Group {
    std::string id;
    std::string name;
    std::string namespace_;
    bool implicit = false;    ///< stands for an agentic trace that names no query
    bool named_only = false;  ///< its id is its name until a producer says a better one
    model::SessionSource session_source = model::SessionSource::none;
    std::uint64_t session = no_number;
    struct Run {
        std::uint64_t story = no_number;
        TraceId trace;
    };
    std::vector<Run> runs;  ///< oldest first, at most traces_of_query_max
    Preview input, output, error;
    std::string conversation;
    std::uint64_t conversation_story = no_number;

    void observe(const Story& story);
    void observe(const Story& story, const Words& words);
    void observe(const Story& story, const Strands& strands);
    void forget_observed();
    const std::string& title() const { return !input.text.empty() ? input.text : !name.empty() ? name : id; }

    std::string pack() const;
    bool unpack(std::string_view row);
    std::size_t bytes() const;
};

struct Session : Group {
    std::string id;
    std::string owner;
    std::uint64_t owner_story = no_number;
    NameList conversations;
    std::uint64_t queries = 0;
    std::uint64_t first_query = no_number;
    std::string first_title;  ///< of the first query
    std::string query_names;  ///< for the search: names of its queries, at most search_bytes_max

    void observe(const Story& story);
    void forget_observed();
    const std::string& title() const { return first_title.empty() ? id : first_title; }

    std::string pack() const;
    bool unpack(std::string_view row);
    std::size_t bytes() const;
};

inline constexpr std::size_t search_bytes_max = 160;

}  // namespace ark::views
