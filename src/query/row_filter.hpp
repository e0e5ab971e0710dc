#pragma once
#include "query/params.hpp"
#include "query/problem.hpp"
#include "views/views.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace ark::query {

/// A filter expression over rows: traces, queries, sessions, with the names of their JSON (docs/expressions.md). What a
/// kind of row has not is "", 0 or an empty list. Immutable, for any thread.
class RowFilter {
public:
    static Outcome<RowFilter> compile(std::string_view text);

    bool matches(const views::TraceRow& row) const;
    bool matches(const views::QueryRow& row) const;
    bool matches(const views::SessionRow& row) const;
    /// Sets what must hold for the expression to be true, is not set yet, and the views answer without reading rows:
    /// session, query and trace, status, failed, times, one agent, team, tool and model. The expression remains to be
    /// asked.
    enum class Rows { traces, queries, sessions };
    void narrow(views::ListRequest& request, Rows rows) const;

private:
    explicit RowFilter(std::shared_ptr<const expr::Program> program) : program_(std::move(program)) {}

    std::shared_ptr<const expr::Program> program_;
};

/// The expression of the parameter `filter`, nothing when it is not given.
Outcome<std::optional<RowFilter>> row_filter(const Params& params);

}  // namespace ark::query
