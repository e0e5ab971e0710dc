#pragma once
#include "items/items.hpp"
#include "views/skeleton.hpp"
#include "views/span_table.hpp"
#include "views/strands.hpp"
#include "views/totals.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::views {

inline constexpr std::uint64_t no_number = ~std::uint64_t{0};
inline constexpr std::size_t preview_bytes_max = 256;
inline constexpr std::size_t id_bytes_max = 512;

/// Names a story: a trace, or the items without trace of one query or session.
struct StoryKey {
    enum class Type : std::uint8_t { trace = 't', query = 'q', session = 's' };
    std::uint32_t tenant = 0;
    Type type = Type::trace;
    TraceId id;  ///< of the trace; else the number of the query or session, big-endian, zero-padded

    static StoryKey of_trace(std::uint32_t tenant, const TraceId& id) { return {tenant, Type::trace, id}; }
    static StoryKey loose(std::uint32_t tenant, Type type, std::uint64_t number);
    friend bool operator==(const StoryKey&, const StoryKey&) = default;
    std::size_t hash() const;
};

/// The trace that an implicit query of this id would stand for: such a query is called by its trace, and neither its id
/// nor the trace's membership are stored.
std::optional<TraceId> trace_of_implicit(std::string_view query_id);

struct Session;
struct Query;

/// The unit of correlation: the items of one trace, or the items without trace of one query or session. What it says
/// follows from its items alone; to which session and query it belongs is the fold's business.
///
/// Not thread-safe: the fold's thread writes; others look at spans and context under the lock of its shard (hot.hpp).
class Story : public Share, public Words {
public:
    Story(const StoryKey& of, std::uint64_t first) : key(of), number(first) {}

    const StoryKey key;
    const std::uint64_t number;  ///< offset of its first item

    // Correlation, written by the fold.
    model::SessionSource own_source = model::SessionSource::none;
    std::uint64_t own_session = no_number;  ///< what its own items say
    std::uint64_t session = no_number;      ///< own, else inherited from the query
    enum class QueryLink : std::uint8_t { none = 0, implicit = 1, by_name = 2, by_id = 3 };
    QueryLink query_link = QueryLink::none;
    std::uint64_t query = no_number;
    std::string user;

    // What the items said.
    bool agentic = false;
    std::uint64_t rev = 0;
    std::uint64_t start = 0, end = 0;
    std::uint64_t received = 0;  ///< when the broker took its last item
    std::string service;

    /// Takes one item in and packs its record. Names new to the story are appended to `new_names`. `named`: which of
    /// the trace's queries the item names, counted from 1; 0 = none.
    struct NewName {
        NameKind kind;
        std::string name;
    };
    void apply(const items::Item& item, std::uint64_t received, std::uint16_t named, std::vector<NewName>& new_names);
    /// Takes a record back in after a reload.
    void restore(const Record& record);
    void restored();  ///< after the last record

    bool loose() const { return key.type != StoryKey::Type::trace; }
    Part part() const { return loose() ? Part::loose : Part::traces; }
    const SpanTable& spans() const { return spans_; }
    bool evented(const SpanId& id) const;
    Outcome outcome() const;
    Knowledge knowledge() const { return knowledge_; }
    const std::string& title() const { return title_; }
    /// What it adds to its query and session.
    Totals totals() const;

    /// The parts of its queries; null while it has one at most.
    Strands* strands() { return strands_.get(); }
    const Strands* strands() const { return strands_.get(); }
    /// A second query is about to be named: what there is is the first one's, but for what stands above it.
    Strands& share_out();
    bool is_of_query(std::uint64_t one) const;
    /// What each strand adds up to now; outcomes are brought up to date.
    std::vector<Totals> strand_totals();

    ChunkWriter chunk;         ///< records not yet committed
    bool dirty = false;        ///< in this drain's list
    std::uint64_t drain = 0;   ///< that touched it last
    std::size_t counted = 0;   ///< bytes in the hot state's sum
    std::string session_seen;  ///< the session id that was looked up last
    bool query_named = false;  ///< its query is known to have a name
    /// What Fold::session_of() and query_of() found, in which drain: nothing hot goes before a drain ends.
    template <class Thing>
    struct Hot {
        Thing* thing = nullptr;
        std::uint64_t drain = 0;
    };
    Hot<Session> hot_session;
    Hot<Query> hot_query;
    bool context_stale = false;  ///< its correlation changed in this drain
    /// Reads of others go through this: replaced, never changed. Of the queries of a trace that has several each
    /// strand has its own.
    std::shared_ptr<const items::Context> context;
    const std::shared_ptr<const items::Context>& context_at(const items::Item& item) const;

    std::string pack() const;
    /// The key that a row was packed under; nothing for damaged bytes.
    static std::optional<StoryKey> key_of(std::uint32_t tenant, std::string_view row);
    /// Everything but the spans; until restored() the outcome and the sums are those of the row. False for damaged
    /// bytes.
    bool unpack(std::string_view row);
    std::size_t bytes() const;

private:
    struct Operations {
        std::uint64_t started = 0, ended = 0, failed = 0;
        std::uint64_t last_end = 0;
        Outcome last_outcome = Outcome::done;
        Tally usage;
    };

    /// What it tells about a span: null when it tells nothing new.
    const Span* apply_span(const items::Item& item, std::uint16_t named);
    const Span* apply_event(const items::Item& item, std::uint16_t named, Record& record);
    void apply_operation(const items::Item& item);
    void change_by_event(const items::Item& item, Span& span);
    void fill_record(const Span& span, Record& record) const;
    void mention(NameKind kind, std::string_view name, std::vector<NewName>& new_names);
    void add(const Span& span);
    void take_back(const Span& span);
    void update_head(const Span& span);
    void learn();
    const Span* head() const { return head_ != no_head ? &spans_.spans()[head_] : nullptr; }
    std::uint64_t open_operations() const;
    bool is_whole(const Span& span) const;
    bool lost_head() const;

    SpanTable spans_;
    static constexpr std::size_t no_head = ~std::size_t{0};
    std::size_t head_ = no_head;  // position of the root, else the earliest: decides name and outcome
    std::string title_;
    Totals sums_;            // of spans; events
    bool row_only_ = false;  // unpacked, spans not restored
    // Retention took some of the spans: what the row says of them counts on.
    bool trimmed_ = false;
    Tally trimmed_rolled_up_;
    Outcome row_outcome_ = Outcome::done;
    Knowledge knowledge_ = Knowledge::none;  // only grows: what was known once decides which story speaks for a query
    std::uint64_t reporters_ = 0;            // spans other than model calls with usage of their own
    using AllOperations = std::array<Operations, model::kind_count>;
    const AllOperations& operations() const;
    std::unique_ptr<AllOperations> operations_;  // events that name no span; most traces have none
    std::unique_ptr<Strands> strands_;
};

}  // namespace ark::views
