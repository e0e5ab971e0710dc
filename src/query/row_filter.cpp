#include "query/row_filter.hpp"

#include "items/expression.hpp"
#include "items/item_values.hpp"

#include <limits>

namespace ark::query {
namespace {

using expr::Evaluation;
using expr::Type;
using expr::Value;

/// The variables by slot.
enum class Column : std::uint32_t {
    id,
    name,
    status,
    session,
    query,
    query_name,
    service,
    owner,
    start,
    last_activity,
    duration_ms,
    input,
    output,
    error,
    failed,
    spans,
    open_spans,
    events,
    errors,
    queries,
    traces,
    pending_questions,
    agents,
    teams,
    tools,
    models,
    components,
    tokens,
    cost_usd,
};

struct Declared {
    Column column;
    const char* name;
    Type type;
};

std::vector<Declared> declared() {
    const auto text = Type::string();
    const auto names = Type::list(text);
    const auto counts = Type::map(text, Type::integer());
    return {{Column::id, "id", text},
            {Column::name, "name", text},
            {Column::status, "status", text},
            {Column::session, "session", text},
            {Column::query, "query", text},
            {Column::query_name, "queryName", text},
            {Column::service, "service", text},
            {Column::owner, "owner", text},
            {Column::start, "start", Type::timestamp()},
            {Column::last_activity, "lastActivity", Type::timestamp()},
            {Column::duration_ms, "durationMs", Type::real()},
            {Column::input, "input", text},
            {Column::output, "output", text},
            {Column::error, "error", text},
            {Column::failed, "failed", Type::boolean()},
            {Column::spans, "spans", Type::integer()},
            {Column::open_spans, "openSpans", Type::integer()},
            {Column::events, "events", Type::integer()},
            {Column::errors, "errors", Type::integer()},
            {Column::queries, "queries", Type::integer()},
            {Column::traces, "traces", Type::integer()},
            {Column::pending_questions, "pendingQuestions", Type::integer()},
            {Column::agents, "agents", names},
            {Column::teams, "teams", names},
            {Column::tools, "tools", names},
            {Column::models, "models", names},
            {Column::components, "components", counts},
            {Column::tokens, "tokens", counts},
            {Column::cost_usd, "costUsd", Type::real()}};
}

const expr::Environment& row_environment() {
    static const auto environment = [] {
        expr::Environment made;
        for (const auto& each : declared()) {
            const auto slot = made.add_variable(each.name, each.type);
            ARK_CHECK(slot == static_cast<std::uint32_t>(each.column), "column {} is out of order", each.name);
        }
        return made;
    }();
    return environment;
}

Value time_value(UnixNanos time) {
    constexpr std::uint64_t second = 1'000'000'000;
    return Value::timestamp(static_cast<std::int64_t>(time.value() / second),
                            static_cast<std::uint32_t>(time.value() % second));
}

Value names_value(const views::Names& names, Evaluation& evaluation) {
    expr::ListBuilder list(evaluation, names.size());
    for (const auto& name : names)
        list.push(Value::string(name.name));
    return list.finish();
}

template <class Row>
Value components_value(const Row& row, Evaluation& evaluation) {
    expr::MapBuilder map(evaluation, model::kind_count);
    for (std::size_t kind = 0; kind < model::kind_count; ++kind)
        map.put(model::name(static_cast<model::Kind>(kind)), Value::integer(row.by_kind[kind]));
    return map.finish();
}

Value tokens_value(const model::Usage& usage, Evaluation& evaluation) {
    const auto* map = evaluation.make<items::FieldMap<6>>(items::token_map(usage));
    return map == nullptr ? evaluation.exhausted() : Value::map(*map);
}

/// What only some rows have, by one word each.
struct Particulars {
    std::string_view id, query, query_name, service, owner, status, input, output, error;
    std::string_view session;
    UnixNanos end, last_activity;
    std::uint32_t queries = 0, traces = 1, pending_questions = 0;
};

template <class Row>
class RowValues final : public expr::Activation {
public:
    RowValues(const Row& row, const Particulars& own) : row_(row), own_(own) {}

    std::optional<Value> variable(std::uint32_t slot, Evaluation& evaluation) const override {
        switch (static_cast<Column>(slot)) {
            case Column::id:
                return Value::string(own_.id);
            case Column::name:
                return Value::string(row_.name);
            case Column::status:
                return Value::string(own_.status);
            case Column::session:
                return Value::string(own_.session);
            case Column::query:
                return Value::string(own_.query);
            case Column::query_name:
                return Value::string(own_.query_name);
            case Column::service:
                return Value::string(own_.service);
            case Column::owner:
                return Value::string(own_.owner);
            case Column::start:
                return time_value(row_.start);
            case Column::last_activity:
                return time_value(own_.last_activity);
            case Column::duration_ms:
                return Value::real(own_.end > row_.start ? static_cast<double>(own_.end - row_.start) / 1e6 : 0);
            case Column::input:
                return Value::string(own_.input);
            case Column::output:
                return Value::string(own_.output);
            case Column::error:
                return Value::string(own_.error);
            case Column::failed:
                return Value::boolean(row_.errors > 0);
            case Column::spans:
                return Value::integer(row_.spans);
            case Column::open_spans:
                return Value::integer(row_.open_spans);
            case Column::events:
                return Value::integer(row_.events);
            case Column::errors:
                return Value::integer(row_.errors);
            case Column::queries:
                return Value::integer(own_.queries);
            case Column::traces:
                return Value::integer(own_.traces);
            case Column::pending_questions:
                return Value::integer(own_.pending_questions);
            case Column::agents:
                return names_value(row_.agents, evaluation);
            case Column::teams:
                return names_value(row_.teams, evaluation);
            case Column::tools:
                return names_value(row_.tools, evaluation);
            case Column::models:
                return names_value(row_.models, evaluation);
            case Column::components:
                return components_value(row_, evaluation);
            case Column::tokens:
                return tokens_value(row_.usage.total(), evaluation);
            case Column::cost_usd:
                return Value::real(row_.usage.total().cost_usd);
        }
        return std::nullopt;
    }

private:
    const Row& row_;
    const Particulars& own_;
};

// --- what the views answer without reading rows

using Comparison = expr::Condition::Comparison;

/// The one constant that is compared with so, when it is of that kind.
const Value* constant_of(const expr::Condition& condition, Comparison comparison, expr::Kind kind) {
    const bool so = condition.comparison == comparison && condition.constants.size() == 1;
    return so && condition.constants[0].is(kind) ? &condition.constants[0] : nullptr;
}

void set_text(std::string& member, const expr::Condition& condition, Comparison comparison) {
    const auto* text = constant_of(condition, comparison, expr::Kind::string);
    if (text != nullptr && member.empty()) member = text->as_text();
}

void set_id(views::ListRequest& request, const expr::Condition& condition, RowFilter::Rows rows) {
    if (rows == RowFilter::Rows::sessions) return set_text(request.session, condition, Comparison::equal);
    if (rows == RowFilter::Rows::queries) return set_text(request.query, condition, Comparison::equal);
    const auto* text = constant_of(condition, Comparison::equal, expr::Kind::string);
    if (text == nullptr || request.trace) return;
    const auto id = TraceId::from_hex(text->as_text());
    if (id && id->valid()) request.trace = *id;
}

void set_state(views::ListRequest& request, const expr::Condition& condition) {
    const auto* text = constant_of(condition, Comparison::equal, expr::Kind::string);
    if (text != nullptr && !request.state) request.state = state_named(text->as_text());
}

void set_failed(views::ListRequest& request, const expr::Condition& condition) {
    const auto* failed = constant_of(condition, Comparison::equal, expr::Kind::boolean);
    if (failed != nullptr && !request.failed) request.failed = failed->as_boolean();
}

/// Of a time that the views count in; nothing of others.
std::optional<UnixNanos> nanos_of(const expr::Condition& condition) {
    if (condition.constants.size() != 1 || !condition.constants[0].is(expr::Kind::timestamp)) return std::nullopt;
    constexpr std::uint64_t second = 1'000'000'000;
    const auto& time = condition.constants[0];
    const auto seconds = static_cast<std::uint64_t>(time.unix_seconds());
    if (time.unix_seconds() < 0 || seconds >= std::numeric_limits<std::uint64_t>::max() / second - 1)
        return std::nullopt;
    return UnixNanos{seconds * second + time.nanos()};
}

// A request's range is of rows that overlap it: `start` bounds it above only, `lastActivity` below only. A little wide.
void set_until(views::ListRequest& request, const expr::Condition& condition) {
    const auto comparison = condition.comparison;
    const bool upper =
        comparison == Comparison::equal || comparison == Comparison::less || comparison == Comparison::less_equal;
    const auto time = nanos_of(condition);
    if (upper && time && (request.until == UnixNanos{} || *time + 1 < request.until)) request.until = *time + 1;
}

void set_from(views::ListRequest& request, const expr::Condition& condition) {
    const auto comparison = condition.comparison;
    const bool lower =
        comparison == Comparison::equal || comparison == Comparison::greater || comparison == Comparison::greater_equal;
    const auto time = nanos_of(condition);
    if (lower && time && *time > request.from) request.from = *time;
}

}  // namespace

Outcome<RowFilter> RowFilter::compile(std::string_view text) {
    auto program = items::compile_condition(text, row_environment());
    if (!program) return invalid_expression("filter", program.error());
    return RowFilter(std::move(*program));
}

Outcome<std::optional<RowFilter>> row_filter(const Params& params) {
    if (!params.has("filter")) return std::optional<RowFilter>{};
    ARK_TRY(auto filter, RowFilter::compile(params.text("filter")));
    return std::optional<RowFilter>(std::move(filter));
}

bool RowFilter::matches(const views::TraceRow& row) const {
    const auto id = row.id.hex();
    Particulars own;
    own.id = id;
    own.session = row.session_id;
    own.query = row.query_id;
    own.query_name = row.query_name;
    own.service = row.service;
    own.status = views::name(row.state);
    own.end = own.last_activity = row.end;
    return items::holds(*program_, RowValues(row, own));
}

bool RowFilter::matches(const views::QueryRow& row) const {
    Particulars own;
    own.id = own.query = row.id;
    own.query_name = row.name;
    own.session = row.session_id;
    own.status = views::name(row.state);
    own.end = row.end;
    own.last_activity = row.last_activity;
    own.input = row.input;
    own.output = row.output;
    own.error = row.error;
    own.traces = static_cast<std::uint32_t>(row.traces.size());
    return items::holds(*program_, RowValues(row, own));
}

bool RowFilter::matches(const views::SessionRow& row) const {
    Particulars own;
    own.id = own.session = row.id;
    own.status = row.state == views::State::running ? "active" : views::name(row.state);
    own.end = own.last_activity = row.last_activity;
    own.owner = row.owner;
    own.queries = row.queries;
    own.traces = row.traces;
    own.pending_questions = row.pending_questions;
    return items::holds(*program_, RowValues(row, own));
}

void RowFilter::narrow(views::ListRequest& request, Rows rows) const {
    for (const auto& condition : program_->conditions()) {
        switch (static_cast<Column>(condition.slot)) {
            case Column::id:
                set_id(request, condition, rows);
                break;
            case Column::session:
                set_text(request.session, condition, Comparison::equal);
                break;
            case Column::query:
                set_text(request.query, condition, Comparison::equal);
                break;
            case Column::status:
                set_state(request, condition);
                break;
            case Column::failed:
                set_failed(request, condition);
                break;
            case Column::start:
                set_until(request, condition);
                break;
            case Column::last_activity:
                set_from(request, condition);
                break;
            case Column::agents:
                set_text(request.agent, condition, Comparison::contains);
                break;
            case Column::teams:
                set_text(request.team, condition, Comparison::contains);
                break;
            case Column::tools:
                set_text(request.tool, condition, Comparison::contains);
                break;
            case Column::models:
                set_text(request.model, condition, Comparison::contains);
                break;
            default:
                break;
        }
    }
}

}  // namespace ark::query
