#include "base/hex.hpp"
#include "base/text.hpp"
#include "views/live_views.hpp"

#include <algorithm>

/// Lists and lookups, each over one snapshot of the store.
namespace ark::views {
namespace {

constexpr std::size_t page_rows_max = 1000;
constexpr std::size_t trace_rows_scanned_max = 20'000;  // per page: ~20 ms; beyond, the page ends early with a `next`

bool mentions(const Names& names, std::string_view name) {
    return name.empty() || std::any_of(names.begin(), names.end(), [&](const auto& n) { return n.name == name; });
}

template <class Row>
bool mentions_all(const Row& row, const ListRequest& request) {
    return mentions(row.agents, request.agent) && mentions(row.teams, request.team) &&
           mentions(row.tools, request.tool) && mentions(row.models, request.model);
}

bool overlaps(std::uint64_t start, std::uint64_t last, const ListRequest& request) {
    return (request.until.value() == 0 || start < request.until.value()) && last >= request.from.value();
}

/// A place between rows: (order key, number).
struct Place {
    std::uint64_t key = 0;
    std::uint64_t number = 0;
    friend auto operator<=>(const Place&, const Place&) = default;

    std::string text() const {
        std::string out;
        append_hex_number(out, key, 16);
        append_hex_number(out, number, 16);
        return out;
    }
    static Result<std::optional<Place>> parse(std::string_view text) {
        if (text.empty()) return std::optional<Place>();
        const auto key = text.size() == 32 ? parse_hex_number(text.substr(0, 16)) : std::nullopt;
        const auto number = text.size() == 32 ? parse_hex_number(text.substr(16)) : std::nullopt;
        if (!key || !number) return fail(Errc::bad_argument, "after: not a position of this list");
        return std::optional(Place{*key, *number});
    }
};

bool comes_after(const Place& place, const Place& other, Order order) {
    return order == Order::newest_first ? place < other : other < place;
}

/// Keeps the first `limit` places of a list in its order, whatever order they are offered in.
class FirstPlaces {
public:
    FirstPlaces(std::size_t limit, Order order) : before_{order}, limit_(limit) {}
    void offer(const Place& place) {
        if (places_.size() == limit_) {
            if (!before_(place, places_.front())) return;
            std::pop_heap(places_.begin(), places_.end(), before_);
            places_.back() = place;
        } else {
            places_.push_back(place);
        }
        std::push_heap(places_.begin(), places_.end(), before_);
    }
    std::vector<Place> take() {
        std::sort_heap(places_.begin(), places_.end(), before_);
        return std::move(places_);
    }

private:
    struct Before {
        Order order;
        bool operator()(const Place& a, const Place& b) const { return comes_after(b, a, order); }
    };
    std::vector<Place> places_;  // a heap with the last place on top
    Before before_;
    std::size_t limit_;
};

/// The conditions that heads can answer.
struct HeadFilter {
    const ListRequest& request;
    std::uint32_t tenant;
    std::uint64_t session;  ///< no_number = any
    Moment moment;
    std::string search;

    bool matches(const Head& head) const {
        if (head.tenant != tenant || head.gone) return false;
        if (session != no_number && head.session != session) return false;
        if (request.failed && *request.failed != head.failed) return false;
        if (request.component && (head.kinds >> static_cast<unsigned>(*request.component) & 1) == 0) return false;
        if (request.state && *request.state != head.state_at(moment.now, moment.interrupted_after)) return false;
        if (!overlaps(head.start, head.last, request)) return false;
        if (!request.agent.empty() && !head.has(NameKind::agent, request.agent)) return false;
        if (!request.team.empty() && !head.has(NameKind::team, request.team)) return false;
        if (!request.tool.empty() && !head.has(NameKind::tool, request.tool)) return false;
        if (!request.model.empty() && !head.has(NameKind::model, request.model)) return false;
        return search.empty() || head.text.find(search) != std::string::npos;
    }
};

bool matches(const Story& story, const TraceRow& row, const ListRequest& request, const std::string& search) {
    if (request.failed && *request.failed != (row.errors > 0)) return false;
    if (request.component && row.by_kind[static_cast<std::size_t>(*request.component)] == 0) return false;
    if (request.state && *request.state != row.state) return false;
    if (!overlaps(story.start, story.end, request) || !mentions_all(row, request)) return false;
    if (search.empty()) return true;
    for (const auto& text : {row.id.hex(), lower_case(row.name), lower_case(row.query_name), lower_case(row.service)}) {
        if (text.find(search) != std::string::npos) return true;
    }
    return false;
}

std::size_t page_size(const ListRequest& request) {
    return std::clamp<std::size_t>(request.limit, 1, page_rows_max);
}

}  // namespace

/// Which queries or sessions a list asks for before its filters.
struct LiveViews::Selection {
    bool nothing = false;
    std::uint32_t tenant = 0;
    std::uint64_t session = no_number;  ///< queries of it
    std::uint64_t only = no_number;     ///< just this one
    std::vector<std::uint64_t> among;   ///< just these, of a trace that several queries share
};

Reads LiveViews::reads() const {
    return {*kv_, moment()};
}

Result<std::unique_ptr<Story>> LiveViews::find_trace(const Reads& reads, std::string_view tenant,
                                                     const TraceId& id) const {
    ARK_TRY(const auto of_tenant, reads.tenant(tenant));
    if (!of_tenant) return std::unique_ptr<Story>();
    const auto key = StoryKey::of_trace(*of_tenant, id);
    ARK_TRY(const auto number, reads.number(keys::story(key)));
    if (!number) return std::unique_ptr<Story>();
    return reads.story_row(key, *number);
}

Result<std::optional<TraceRow>> LiveViews::trace(std::string_view tenant, const TraceId& id) {
    const auto reads = this->reads();
    ARK_TRY(const auto story, find_trace(reads, tenant, id));
    if (story == nullptr) return std::optional<TraceRow>();
    ARK_TRY(auto row, reads.row(*story));
    return std::optional(std::move(row));
}

Result<std::optional<QueryRow>> LiveViews::query(std::string_view tenant, std::string_view id_or_name) {
    const auto reads = this->reads();
    ARK_TRY(const auto of_tenant, reads.tenant(tenant));
    if (!of_tenant) return std::optional<QueryRow>();
    ARK_TRY(const auto number, reads.query_number(*of_tenant, id_or_name));
    ARK_TRY(const auto found, reads.query(*of_tenant, number.value_or(no_number)));
    if (found == nullptr || found->empty()) return std::optional<QueryRow>();
    ARK_TRY(auto row, reads.row(*found));
    return std::optional(std::move(row));
}

Result<std::optional<SessionRow>> LiveViews::session(std::string_view tenant, std::string_view id) {
    const auto reads = this->reads();
    ARK_TRY(const auto of_tenant, reads.tenant(tenant));
    if (!of_tenant) return std::optional<SessionRow>();
    ARK_TRY(const auto number, reads.number(keys::session_id(*of_tenant, id)));
    ARK_TRY(const auto found, reads.session(*of_tenant, number.value_or(no_number)));
    // Named once, but all of its traces belong to a session of a stronger source: nothing to show.
    if (found == nullptr || found->empty()) return std::optional<SessionRow>();
    return std::optional(reads.row(*found));
}

Result<LiveViews::Selection> LiveViews::select(const Reads& reads, const ListRequest& request, bool of_sessions) const {
    Selection selection;
    ARK_TRY(const auto tenant, reads.tenant(request.tenant));
    if (!tenant) {
        selection.nothing = true;
        return selection;
    }
    selection.tenant = *tenant;
    std::uint64_t of_session = no_number;
    std::uint64_t of_query = no_number;
    if (!request.session.empty()) {
        ARK_TRY(const auto number, reads.number(keys::session_id(*tenant, request.session)));
        selection.nothing |= !number;
        of_session = number.value_or(no_number);
    }
    if (!request.query.empty()) {
        ARK_TRY(const auto number, reads.query_number(*tenant, request.query));
        selection.nothing |= !number;
        of_query = number.value_or(no_number);
    }
    if (request.trace) {
        ARK_TRY(const auto story, find_trace(reads, request.tenant, *request.trace));
        selection.nothing |= story == nullptr || (of_query != no_number && !story->is_of_query(of_query)) ||
                             (of_session != no_number && of_session != story->session);
        if (selection.nothing) return selection;
        if (of_query == no_number) {
            of_query = story->query;
            if (story->strands() != nullptr) {
                for (const auto& strand : story->strands()->all())
                    if (strand.query != no_number) selection.among.push_back(strand.query);
            }
        }
        of_session = story->session;
        selection.nothing = (of_sessions ? of_session : of_query) == no_number;
    }
    if (selection.nothing) return selection;
    if (!of_sessions) {
        selection.only = of_query;
        selection.session = of_session;
        return selection;
    }
    selection.only = of_session;
    if (of_query != no_number && of_session == no_number) {
        ARK_TRY(const auto query, reads.query(*tenant, of_query));
        selection.only = query != nullptr ? query->session : no_number;
        selection.nothing = selection.only == no_number;
    }
    return selection;
}

static void for_each_head(const Heads& heads, const auto& visit) {
    heads.for_each(visit);
}
static void for_each_head(const std::vector<Head>& heads, const auto& visit) {
    std::for_each(heads.begin(), heads.end(), visit);
}

/// Walks the heads, then reads the rows of the page.
template <class Row, class SomeHeads, class Read>
static Result<Page<Row>> page_of_heads(const SomeHeads& heads, const HeadFilter& filter, Cursor at, Read read) {
    Page<Row> page;
    page.at = at;
    const auto& request = filter.request;
    ARK_TRY(const auto after, Place::parse(request.after));
    const auto limit = page_size(request);
    FirstPlaces first(limit + 1, request.order);
    for_each_head(heads, [&](const Head& head) {
        const Place place{head.last, head.number};
        if (after && !comes_after(place, *after, request.order)) return;
        if (filter.matches(head)) first.offer(place);
    });
    auto places = first.take();
    if (places.size() > limit) {
        places.pop_back();
        page.next = places.back().text();
    }
    for (const auto& place : places) {
        ARK_TRY(auto row, read(place.number));
        // A head knows names by their hash: the row has the last word.
        if (row && mentions_all(*row, request)) page.rows.push_back(std::move(*row));
    }
    return page;
}

Result<Page<QueryRow>> LiveViews::queries(const ListRequest& request) {
    const auto at = cursor();  // before the reads: what they show is at least this
    const auto reads = this->reads();
    ARK_TRY(const auto selection, select(reads, request, false));
    Page<QueryRow> page;
    page.at = at;
    if (selection.nothing) return page;
    const HeadFilter filter{request, selection.tenant, selection.session, moment(), lower_case(request.search)};
    const auto read = [&](std::uint64_t number) -> Result<std::optional<QueryRow>> {
        ARK_TRY(const auto found, reads.query(selection.tenant, number));
        if (found == nullptr) return std::optional<QueryRow>();
        ARK_TRY(auto row, reads.row(*found));
        return std::optional(std::move(row));
    };
    if (!selection.among.empty()) {
        std::vector<Head> heads;
        for (const auto number : selection.among) {
            ARK_TRY(const auto its, reads.query(selection.tenant, number));
            if (its != nullptr) heads.push_back(Head::of(*its));
        }
        return page_of_heads<QueryRow>(heads, filter, at, read);
    }
    if (selection.only == no_number) return page_of_heads<QueryRow>(query_heads_, filter, at, read);
    ARK_TRY(const auto found, reads.query(selection.tenant, selection.only));
    if (found == nullptr || !filter.matches(Head::of(*found)) || !request.after.empty()) return page;
    ARK_TRY(auto row, reads.row(*found));
    page.rows.push_back(std::move(row));
    return page;
}

Result<Page<SessionRow>> LiveViews::sessions(const ListRequest& request) {
    const auto at = cursor();
    const auto reads = this->reads();
    ARK_TRY(const auto selection, select(reads, request, true));
    Page<SessionRow> page;
    page.at = at;
    if (selection.nothing) return page;
    const HeadFilter filter{request, selection.tenant, no_number, moment(), lower_case(request.search)};
    const auto read = [&](std::uint64_t number) -> Result<std::optional<SessionRow>> {
        ARK_TRY(const auto found, reads.session(selection.tenant, number));
        if (found == nullptr) return std::optional<SessionRow>();
        return std::optional(reads.row(*found));
    };
    if (selection.only == no_number) return page_of_heads<SessionRow>(session_heads_, filter, at, read);
    ARK_TRY(const auto found, reads.session(selection.tenant, selection.only));
    if (found == nullptr || !filter.matches(Head::of(*found)) || !request.after.empty()) return page;
    page.rows.push_back(reads.row(*found));
    return page;
}

Result<Page<TraceRow>> LiveViews::traces(const ListRequest& request) {
    const auto at = cursor();
    const auto reads = this->reads();
    Page<TraceRow> page;
    page.at = at;
    ARK_TRY(const auto after, Place::parse(request.after));
    const auto search = lower_case(request.search);
    const auto limit = page_size(request);
    std::size_t scanned = 0;
    // True while the page wants more.
    const auto take = [&](const Story& story) -> Result<bool> {
        const Place place{0, story.number};
        if (after && !comes_after(place, *after, request.order)) return true;
        if (page.rows.size() == limit || ++scanned > trace_rows_scanned_max) return false;
        page.next = place.text();
        ARK_TRY(auto row, reads.row(story));
        if (matches(story, row, request, search)) page.rows.push_back(std::move(row));
        return true;
    };
    const auto last_page = [&] {
        page.next.clear();
        return page;
    };

    ARK_TRY(const auto selection, select(reads, request, !request.session.empty() && request.query.empty()));
    if (request.trace) {
        ARK_TRY(const auto story, find_trace(reads, request.tenant, *request.trace));
        if (story == nullptr || selection.nothing) return last_page();
        ARK_TRY_STATUS(take(*story));
        return last_page();
    }
    if (selection.nothing) return last_page();
    if (!request.session.empty() || !request.query.empty()) {
        ARK_TRY(auto members, request.query.empty() ? reads.members_of_session(selection.only)
                                                    : reads.members_of_query(selection.tenant, selection.only));
        if (request.order == Order::newest_first) std::reverse(members.begin(), members.end());
        for (const auto& member : members) {
            if (member.type != keys::Row::trace) continue;
            ARK_TRY(const auto story, reads.member_row(selection.tenant, member));
            if (story == nullptr) continue;
            ARK_TRY(const auto more, take(*story));
            if (!more) return page;
        }
        return last_page();
    }
    const auto prefix = keys::rows(keys::Row::trace, selection.tenant);
    const auto iterator = reads.snapshot().iterate(store::Space::rows, prefix, keys::behind(prefix));
    const bool down = request.order == Order::newest_first;
    const auto from = keys::row(keys::Row::trace, selection.tenant, after ? after->number : down ? no_number : 0);
    down ? iterator->seek_for_prev(from) : iterator->seek(from);
    for (; iterator->valid(); down ? iterator->prev() : iterator->next()) {
        const auto key = Story::key_of(selection.tenant, iterator->value());
        Story story(key.value_or(StoryKey()), keys::last_number(iterator->key()));
        if (!key || !story.unpack(iterator->value())) return damaged("the row of a trace");
        ARK_TRY(const auto more, take(story));
        if (!more) return page;
    }
    return last_page();
}

Result<std::vector<SpanEntry>> LiveViews::trace_spans(std::string_view tenant, const TraceId& id, std::size_t limit) {
    const auto reads = this->reads();
    std::vector<SpanEntry> spans;
    ARK_TRY(const auto story, find_trace(reads, tenant, id));
    if (story == nullptr) return spans;
    ARK_TRY_STATUS(reads.append_spans(*story, spans));
    sort_spans(spans, limit);
    return spans;
}

Result<std::vector<SpanEntry>> LiveViews::session_spans(std::string_view tenant, std::string_view id,
                                                        std::size_t limit) {
    const auto reads = this->reads();
    std::vector<SpanEntry> spans;
    ARK_TRY(const auto of_tenant, reads.tenant(tenant));
    if (!of_tenant) return spans;
    ARK_TRY(const auto number, reads.number(keys::session_id(*of_tenant, id)));
    if (!number) return spans;
    ARK_TRY(const auto members, reads.members_of_session(*number));
    for (const auto& member : members) {
        if (member.type != keys::Row::trace) continue;
        ARK_TRY(const auto story, reads.member_row(*of_tenant, member));
        if (story == nullptr) continue;
        ARK_TRY_STATUS(reads.append_spans(*story, spans));
        // Keep twice what is asked for: the rest cannot come back, however the stories overlap.
        if (limit != 0 && spans.size() > limit * 2 + 10'000) sort_spans(spans, limit);
    }
    sort_spans(spans, limit);
    return spans;
}

Result<std::optional<SpanEntry>> LiveViews::span(std::string_view tenant, const TraceId& trace, const SpanId& span) {
    ARK_TRY(const auto spans, trace_spans(tenant, trace, 0));
    for (const auto& entry : spans) {
        if (entry.span_id == span) return std::optional(entry);
    }
    return std::optional<SpanEntry>();
}

Result<std::vector<Offset>> LiveViews::items_of_trace(std::string_view tenant, const TraceId& id, Offset from,
                                                      Offset until, std::size_t limit) {
    const auto reads = this->reads();
    std::vector<Offset> offsets;
    ARK_TRY(const auto story, find_trace(reads, tenant, id));
    if (story == nullptr) return offsets;
    ARK_TRY_STATUS(reads.append_offsets(story->number, from, until, limit, offsets));
    return offsets;
}

Result<std::vector<Offset>> LiveViews::items_of_session(std::string_view tenant, std::string_view id, Offset from,
                                                        Offset until, std::size_t limit) {
    const auto reads = this->reads();
    ARK_TRY(const auto of_tenant, reads.tenant(tenant));
    if (!of_tenant) return std::vector<Offset>();
    ARK_TRY(const auto number, reads.number(keys::session_id(*of_tenant, id)));
    if (!number) return std::vector<Offset>();
    ARK_TRY(const auto members, reads.members_of_session(*number));
    return merge_offsets(reads, members, from, until, limit);
}

Result<std::vector<Offset>> LiveViews::items_of_query(std::string_view tenant, std::string_view id_or_name, Offset from,
                                                      Offset until, std::size_t limit) {
    const auto reads = this->reads();
    ARK_TRY(const auto of_tenant, reads.tenant(tenant));
    if (!of_tenant) return std::vector<Offset>();
    ARK_TRY(const auto number, reads.query_number(*of_tenant, id_or_name));
    if (!number) return std::vector<Offset>();
    ARK_TRY(const auto members, reads.members_of_query(*of_tenant, *number));
    return merge_offsets(reads, members, from, until, limit);
}

Result<std::vector<Offset>> LiveViews::merge_offsets(const Reads& reads, const std::vector<Reads::Member>& members,
                                                     Offset from, Offset until, std::size_t limit) const {
    std::vector<Offset> offsets;
    for (const auto& member : members) {
        if (member.story >= until.value()) break;
        // A story's number is its first offset: once enough lie before it, it and all later ones have nothing to add.
        if (offsets.size() >= limit) {
            std::sort(offsets.begin(), offsets.end());
            offsets.resize(limit);
            if (limit == 0 || offsets.back().value() < member.story) break;
        }
        ARK_TRY_STATUS(reads.append_offsets(member.story, from, until, limit, offsets));
    }
    std::sort(offsets.begin(), offsets.end());
    if (offsets.size() > limit) offsets.resize(limit);
    return offsets;
}

}  // namespace ark::views
