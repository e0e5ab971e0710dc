#include "items/open_span.hpp"

namespace ark::items {
namespace {

bool is_phase(const Item& item, model::Phase phase) {
    return item.type == ItemType::event && item.phase == phase;
}

bool has_ids(const Item& item) {
    return item.trace_id.valid() && item.span_id.valid();
}

std::string_view first_of(std::string_view a, std::string_view b) {
    return a.empty() ? b : a;
}

}  // namespace

std::optional<OpenSpan> open_span(const Item& item) {
    const bool snapshot = item.type == ItemType::span && item.facts.pending != 0;
    if (!has_ids(item) || !(snapshot || is_phase(item, model::Phase::start))) return std::nullopt;
    OpenSpan open;
    open.trace_id = item.trace_id;
    open.span_id = item.span_id;
    open.parent_span_id = item.parent_span_id;
    open.name = snapshot ? item.span->name : item.facts.operation;
    open.subject = subject_of(item.facts);
    open.kind = item.facts.kind;
    open.start = item.time;
    return open;
}

std::optional<ClosedSpan> closed_span(const Item& item) {
    const bool ends = is_phase(item, model::Phase::complete) || is_phase(item, model::Phase::error) ||
                      is_phase(item, model::Phase::canceled);
    if (!has_ids(item) || !ends) return std::nullopt;
    return ClosedSpan{item.trace_id, item.span_id, item.time, item.failed};
}

std::string_view subject_of(const model::Facts& facts) {
    switch (facts.kind) {
        case model::Kind::query:
            return first_of(facts.query_name, facts.query_id);
        case model::Kind::agent:
            return facts.agent;
        case model::Kind::team:
            return facts.team;
        case model::Kind::llm:
            return facts.model;
        case model::Kind::tool:
            return facts.tool;
        case model::Kind::a2a:
            return first_of(facts.peer, facts.agent);
        case model::Kind::memory:
        case model::Kind::evaluation:
        case model::Kind::other:
            return {};
    }
    return {};
}

}  // namespace ark::items
