#pragma once
#include "items/items.hpp"
#include "views/span_table.hpp"
#include "views/totals.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// Traces of more than one query: an agent called another query or agent, whose items carry an id of their own.
namespace ark::views {

/// A text that stands for many: the highest rank wins, then the earliest (or latest), then the smaller text, so that
/// neither the order of arrival nor where drains end matters.
struct Preview {
    enum class Prefer { earlier, later };
    std::uint8_t rank = 0;  ///< 0 = none yet
    std::uint64_t time = 0;
    std::string text;

    void offer(std::uint8_t rank, std::uint64_t time, std::string_view text, Prefer prefer);
    void offer(const Preview& other, Prefer prefer) { offer(other.rank, other.time, other.text, prefer); }
    void pack(std::string& out) const;
    void unpack(Unpacker& in);
};

/// What was said in it: whose words stand for the whole.
struct Words {
    Preview input, output, error;
    std::string conversation;

    void hear(const items::Item& item);
    void pack(std::string& out) const;
    void unpack(Unpacker& in);
};

/// What happened to a question, as one story saw it.
struct Question {
    std::string id;
    std::uint32_t asked = 0, closed = 0;
};
void pack_questions(std::string& out, const std::vector<Question>& questions);
void unpack_questions(Unpacker& in, std::vector<Question>& questions);

/// How a story ended up, or that it has not.
enum class Outcome : std::uint8_t { done = 0, failed = 1, canceled = 2, running = 3 };

/// How surely a story knows the outcome of its query: from nothing, from events without spans, from the root span.
enum class Knowledge : std::uint8_t { none = 0, events = 1, root = 2 };

/// What a story, or a strand of one, has added to its query and session. It can be taken back exactly.
struct Share {
    Totals settled;
    NameLists names;  ///< counts: Part::traces now, Part::loose handed on
    std::vector<Question> questions;
};

/// The part of a trace that is one query's: the spans and events that name it, and what is below them up to the next
/// that name another.
struct Strand : Share, Words {
    std::uint64_t query = ~std::uint64_t{0};
    Totals sums;  ///< of its spans and events; running, stories and rolled_up are filled when it is settled
    std::uint64_t start = 0, end = 0;
    Knowledge knowledge = Knowledge::none;  ///< only grows
    Outcome outcome = Outcome::done;        ///< when it was last settled

    // Follow from the spans.
    static constexpr std::size_t no_top = ~std::size_t{0};
    std::size_t top = no_top;   ///< the first of the spans that name the query
    Tally trimmed_rolled_up;    ///< of spans that retention took
    bool range_shrunk = false;  ///< a span at its edge went to another strand
    bool lost_name = false;     ///< the last span of a name went
    std::shared_ptr<const items::Context> context;
};

/// The strands of one story. Strand 0 holds what no query claims: it counts for the main one, the query that the
/// topmost naming span names.
///
/// Only stories in which a second query was named have one: others pay nothing. Not thread-safe, as the story is.
class Strands {
public:
    static constexpr std::size_t strands_max = 256;
    static constexpr std::uint16_t unclaimed = 0;

    /// Of a story whose spans named one query so far, as number 1; the spans are sorted out anew.
    Strands(const SpanTable& spans, std::uint64_t first_query, std::uint64_t events, const Words& words,
            const std::vector<Question>& questions);
    /// As packed; of use for the spans' strands after restored().
    explicit Strands(Unpacker& in);

    std::uint16_t find(std::uint64_t query) const;  ///< unclaimed = not here
    bool full() const { return all_.size() == strands_max; }
    std::uint16_t add(std::uint64_t query);
    std::vector<Strand>& all() { return all_; }
    const std::vector<Strand>& all() const { return all_; }
    std::uint16_t main() const { return main_; }
    void set_main(std::uint16_t strand) { main_ = strand; }
    std::uint64_t query_of(std::size_t strand) const { return all_[strand == unclaimed ? main_ : strand].query; }
    /// Whether this query's part includes the strand.
    bool is_part(std::size_t strand, std::uint64_t query) const { return query_of(strand) == query; }

    /// Before a span changes, and after it changed or came.
    void take_back(const SpanTable& spans, const Span& span);
    void put(const SpanTable& spans, const Span& span);
    /// Takes in what of an item is not a span. `named`: the strand that the item names, or unclaimed.
    void hear(const SpanTable& spans, const items::Item& item, std::uint16_t named);
    /// The strand in which an item happened that names none itself.
    std::uint16_t strand_of(const SpanTable& spans, const SpanId& span, const SpanId& parent) const;

    /// What an item changed beyond sums, for the queries to follow item by item.
    struct NameChange {
        std::uint16_t strand = 0;
        NameKind kind = NameKind::agent;
        std::string name;
        bool gone = false;
        std::uint64_t handed_on = 0;  ///< of a name that is gone
    };
    struct Changes {
        std::vector<NameChange> names;
        std::vector<std::uint16_t> shrunk;  ///< strands whose time range became smaller
        std::uint16_t main = 0;             ///< as it should be now
    };
    Changes take_changes(const SpanTable& spans);

    /// Brings outcomes up to date and says what each strand adds up to now.
    std::vector<Totals> settle(const SpanTable& spans, bool trimmed);
    /// After the spans were restored: who belongs where follows from them.
    void restored(const SpanTable& spans, bool trimmed);

    void pack(std::string& out) const;
    std::size_t bytes() const;

private:
    void sort_out(const SpanTable& spans, bool count);
    void move_below(const SpanTable& spans, std::size_t position);
    void count_in(const SpanTable& spans, const Span& span, Strand& strand);
    void count_out(const SpanTable& spans, const Span& span, Strand& strand);
    void lead(const SpanTable& spans, std::size_t position);
    std::uint16_t belongs(const SpanTable& spans, const Span& span) const;
    std::uint16_t found_above(const SpanTable& spans, const Span& span) const;
    std::vector<Tally> rolled_up(const SpanTable& spans) const;

    std::vector<Strand> all_;
    std::uint16_t main_ = 1;
    std::vector<std::uint16_t> of_span_;  // by position
    // Positions of spans below a span that is known or not yet; some may have found another parent since.
    std::unordered_map<SpanId, std::vector<std::uint32_t>> below_;
    SpanId parent_before_;  // of the span that was taken back last
    std::vector<NameChange> name_changes_;
    bool frozen_ = false;  // retention took some spans: the others stay where they were counted
};

}  // namespace ark::views
