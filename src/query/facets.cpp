#include "query/item_match.hpp"
#include "query/reads.hpp"
#include "query/row_filter.hpp"

#include <algorithm>
#include <unordered_map>

namespace ark::query {
namespace {

constexpr std::size_t traces_page = 500;
constexpr std::size_t values_max = 10'000;  // distinct values held while counting

class Values {
public:
    void add(std::string_view value, std::uint64_t count) {
        if (value.empty() || count == 0) return;
        const auto known = counts_.find(std::string(value));
        if (known != counts_.end()) {
            known->second += count;
        } else if (counts_.size() < values_max) {
            counts_.emplace(value, count);
        } else {
            full_ = true;
        }
    }
    bool full() const { return full_; }

    /// The most frequent first, of equal ones by name.
    std::vector<std::pair<std::string, std::uint64_t>> top(std::size_t limit) const {
        std::vector<std::pair<std::string, std::uint64_t>> all(counts_.begin(), counts_.end());
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
            return a.second != b.second ? a.second > b.second : a.first < b.first;
        });
        if (all.size() > limit) all.resize(limit);
        return all;
    }
    std::size_t size() const { return counts_.size(); }

private:
    std::unordered_map<std::string, std::uint64_t> counts_;
    bool full_ = false;
};

struct Facets {
    Values values;
    std::string_view counts;  ///< what the counts count
    std::uint64_t scanned = 0;
    bool complete = true;
};

void add_names(Values& values, const views::Names& names) {
    for (const auto& name : names)
        values.add(name.name, name.count);
}

using AddRow = void (*)(Values&, const views::TraceRow&);

struct Field {
    std::string_view name;
    std::string_view counts;
    AddRow add;
};

// `reason` is not here: traces do not keep it, events do.
constexpr Field trace_fields[] = {
    {"agent", "spans", [](Values& values, const views::TraceRow& row) { add_names(values, row.agents); }},
    {"tool", "spans", [](Values& values, const views::TraceRow& row) { add_names(values, row.tools); }},
    {"model", "spans", [](Values& values, const views::TraceRow& row) { add_names(values, row.models); }},
    {"team", "spans", [](Values& values, const views::TraceRow& row) { add_names(values, row.teams); }},
    {"session", "traces", [](Values& values, const views::TraceRow& row) { values.add(row.session_id, 1); }},
    {"status", "traces", [](Values& values, const views::TraceRow& row) { values.add(views::name(row.state), 1); }},
    {"component", "spans",
     [](Values& values, const views::TraceRow& row) {
         for (std::size_t i = 0; i < model::kind_count; ++i)
             values.add(model::name(static_cast<model::Kind>(i)), row.by_kind[i]);
     }},
};

Outcome<Facets> of_traces(const Call& call, const Field& field) {
    ARK_TRY(auto request, row_request(call.params, call.tenant, call.now));
    ARK_TRY(const auto filter, row_filter(call.params));
    if (filter) filter->narrow(request, RowFilter::Rows::traces);
    request.limit = traces_page;
    auto budget = page_budget(call);
    Facets out;
    out.counts = field.counts;
    while (true) {
        ARK_TRY(auto page, call.deps.views.traces(request));
        for (const auto& row : page.rows)
            if (!filter || filter->matches(row)) field.add(out.values, row);
        out.scanned += page.rows.size();
        budget.spend(page.rows.size());
        if (page.next.empty()) return out;
        if (budget.spent()) break;
        request.after = std::move(page.next);
    }
    out.complete = false;
    return out;
}

// Reasons are counted over the newest events, as far as the budget reaches.
Outcome<Facets> of_events(const Call& call) {
    ItemList list;
    ARK_TRY(list.filter, item_filter(call.params, call.now));
    const auto source = items_source(call, list, call.deps.journal.begin(), call.at.offset);
    auto budget = page_budget(call);
    Facets out;
    out.counts = "events";
    while (true) {
        ARK_TRY(const auto chunk, source->next());
        if (!chunk) return out;
        ARK_TRY_STATUS(
            visit_events(call, list, *chunk, [&](const items::Event& event) { out.values.add(event.reason, 1); }));
        out.scanned += chunk->size();
        budget.spend(chunk->size());
        if (budget.spent()) break;
    }
    out.complete = false;
    return out;
}

Outcome<Facets> count(const Call& call, std::string_view field) {
    if (field == "reason") return of_events(call);
    std::string known = "reason";
    for (const auto& candidate : trace_fields) {
        if (candidate.name == field) return of_traces(call, candidate);
        known.append(", ").append(candidate.name);
    }
    return invalid_parameter("field", "one of " + known + " is expected");
}

}  // namespace

Outcome<Body> facets(const Call& call) {
    const auto field = call.params.text("field");
    ARK_TRY(const auto limit, call.params.number("limit", 100, 1, 1000));
    ARK_TRY(const auto found, count(call, field));

    Body body;
    codec::JsonWriter json(body.text);
    json.begin_object().field("field", field).field("counts", found.counts).key("values").begin_array();
    for (const auto& [value, total] : found.values.top(static_cast<std::size_t>(limit))) {
        json.begin_object().field("value", value).field("count", total).end_object();
    }
    json.end_array();
    const bool all_shown = found.values.size() <= limit && !found.values.full();
    json.field("scanned", found.scanned).field("complete", found.complete && all_shown).end_object();
    return body;
}

}  // namespace ark::query
