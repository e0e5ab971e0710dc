#include "query/reads.hpp"
#include "query/row_filter.hpp"

#include <algorithm>
#include <iterator>

namespace ark::query {
namespace {

// `count=true` pages through the views; beyond so many rows the total is an estimate (at least so many).
constexpr std::size_t count_page = 1000;
constexpr std::size_t counted_rows_max = 10'000;

struct RowCount {
    std::size_t total = 0;
    bool estimate = false;
};

template <class ReadPage>
Outcome<RowCount> count_rows(const Call& call, views::ListRequest request, const std::optional<RowFilter>& filter,
                             const ReadPage& read) {
    auto budget = page_budget(call);
    RowCount count;
    request.after.clear();
    request.limit = count_page;
    while (true) {
        ARK_TRY(auto page, read(request));
        count.total +=
            filter ? static_cast<std::size_t>(std::count_if(page.rows.begin(), page.rows.end(),
                                                            [&](const auto& row) { return filter->matches(row); }))
                   : page.rows.size();
        budget.spend(page.rows.size());
        if (page.next.empty()) return count;
        if (count.total >= counted_rows_max || budget.spent()) break;
        request.after = std::move(page.next);
    }
    count.estimate = true;
    return count;
}

// A page of the rows that match: pages of the views, each no longer than what is still wanted, until there are enough
// or the budget is spent. Then the page is short, and `partial`.
template <class Row, class ReadPage>
Outcome<bool> read_matching(const Call& call, views::ListRequest request, const RowFilter& filter, const ReadPage& read,
                            views::Page<Row>& page) {
    auto budget = page_budget(call);
    const auto wanted = request.limit;
    const auto keep_matching = [&](std::vector<Row>& rows) {
        budget.spend(rows.size());
        std::erase_if(rows, [&](const Row& row) { return !filter.matches(row); });
    };
    keep_matching(page.rows);
    while (!page.next.empty() && page.rows.size() < wanted) {
        if (budget.spent()) return true;
        request.after = page.next;
        request.limit = wanted - page.rows.size();
        ARK_TRY(auto more, read(request));
        keep_matching(more.rows);
        std::move(more.rows.begin(), more.rows.end(), std::back_inserter(page.rows));
        page.next = std::move(more.next);
    }
    return false;
}

// One page of rows, whatever the row is: `read` asks the views.
template <class ReadPage>
Outcome<Body> list_rows(const Call& call, RowFilter::Rows rows, const ReadPage& read) {
    ARK_TRY(auto request, row_request(call.params, call.tenant, call.now));
    ARK_TRY([[maybe_unused]] const auto detail, call.params.detail());  // rows are the same in both views
    ARK_TRY(const bool counted, call.params.flag("count"));
    if (call.params.has("cursor")) {
        ARK_TRY(request.after, open_page_token(call.fingerprint(), call.params.text("cursor")));
    }
    ARK_TRY(const auto filter, row_filter(call.params));
    if (filter) filter->narrow(request, rows);
    ARK_TRY(auto page, read(request));
    bool partial = false;
    if (filter) {
        ARK_TRY(partial, read_matching(call, request, *filter, read, page));
    }

    ListBody body;
    for (const auto& row : page.rows)
        views::write_row(body.items(), row);
    const auto token = page.next.empty() ? std::string{} : make_page_token(call.fingerprint(), page.next);
    auto& json = body.end_items(token, page.at);
    if (partial) json.field("partial", true);
    if (counted) {
        ARK_TRY(const auto count, count_rows(call, request, filter, read));
        json.field("total", count.total).field("countIsEstimate", count.estimate);
    }
    return body.take();
}

template <class Row>
Outcome<Body> one_row(const Result<std::optional<Row>>& found, std::string_view what, std::string_view id) {
    if (!found) return found.error();
    if (!*found) return Problem(ProblemKind::not_found, "no " + std::string(what) + " \"" + std::string(id) + "\"");
    Body body;
    body.validator = true;
    codec::JsonWriter json(body.text);
    views::write_row(json, **found);
    return body;
}

}  // namespace

Outcome<Body> list_traces(const Call& call) {
    return list_rows(call, RowFilter::Rows::traces,
                     [&](const views::ListRequest& request) { return call.deps.views.traces(request); });
}

Outcome<Body> list_queries(const Call& call) {
    return list_rows(call, RowFilter::Rows::queries,
                     [&](const views::ListRequest& request) { return call.deps.views.queries(request); });
}

Outcome<Body> list_sessions(const Call& call) {
    return list_rows(call, RowFilter::Rows::sessions,
                     [&](const views::ListRequest& request) { return call.deps.views.sessions(request); });
}

Outcome<Body> one_query(const Call& call) {
    return one_row(call.deps.views.query(call.tenant, call.path_value(0)), "query", call.path_value(0));
}

Outcome<Body> one_session(const Call& call) {
    return one_row(call.deps.views.session(call.tenant, call.path_value(0)), "session", call.path_value(0));
}

}  // namespace ark::query
