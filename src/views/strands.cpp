#include "views/strands.hpp"

#include <algorithm>
#include <tuple>

namespace ark::views {
namespace {

bool is_whole(const Span& span) {
    return !span.parent.valid() || span.kind == model::Kind::query;
}

auto naming_order(const Span& span) {
    return std::make_tuple(span.parent.valid(), span.start, span.id);
}

}  // namespace

Strands::Strands(const SpanTable& spans, std::uint64_t first_query, std::uint64_t events, const Words& words,
                 const std::vector<Question>& questions)
    : all_(2) {
    auto& first = all_[1];
    first.query = first_query;
    first.sums.events = events;
    static_cast<Words&>(first) = words;
    first.questions = questions;
    sort_out(spans, true);
}

std::uint16_t Strands::find(std::uint64_t query) const {
    for (std::size_t i = 1; i < all_.size(); ++i) {
        if (all_[i].query == query) return static_cast<std::uint16_t>(i);
    }
    return unclaimed;
}

std::uint16_t Strands::add(std::uint64_t query) {
    all_.emplace_back().query = query;
    return static_cast<std::uint16_t>(all_.size() - 1);
}

std::uint16_t Strands::belongs(const SpanTable& spans, const Span& span) const {
    if (span.query != 0) return span.query < all_.size() ? span.query : unclaimed;
    const auto* above = span.parent.valid() ? spans.find(span.parent) : nullptr;
    if (above == nullptr) return unclaimed;
    const auto position = spans.position_of(*above);
    return position < of_span_.size() ? of_span_[position] : unclaimed;
}

/// Of a span that has another parent now: what its parent says may follow from the span itself.
std::uint16_t Strands::found_above(const SpanTable& spans, const Span& span) const {
    const auto* above = &span;
    for (std::size_t steps = 0; above != nullptr && steps < spans.spans().size(); ++steps) {
        if (above->query != 0) return belongs(spans, *above);
        above = above->parent.valid() ? spans.find(above->parent) : nullptr;
    }
    return unclaimed;
}

std::uint16_t Strands::strand_of(const SpanTable& spans, const SpanId& span, const SpanId& parent) const {
    for (const auto& id : {span, parent}) {
        const auto* known = id.valid() ? spans.find(id) : nullptr;
        if (known != nullptr) return of_span_[spans.position_of(*known)];
    }
    return unclaimed;
}

void Strands::count_in(const SpanTable& spans, const Span& span, Strand& strand) {
    auto& sums = strand.sums;
    ++sums.spans;
    ++sums.by_kind[static_cast<std::size_t>(span.kind)];
    if (span.is(span_open)) ++sums.open;
    if (span.is(span_failed)) ++sums.errors;
    if (span.kind == model::Kind::llm) sums.own += spans.usage(span);
    if (is_whole(span)) strand.knowledge = Knowledge::root;
    if (span.start != 0 && (strand.start == 0 || span.start < strand.start)) strand.start = span.start;
    strand.end = std::max({strand.end, span.start, span.end});
    const auto list = span.subject != 0 ? name_kind_of(span.kind) : std::nullopt;
    if (!list) return;
    auto& names = strand.names[static_cast<std::size_t>(*list)];
    const auto& name = spans.subject(span);
    if (!names.contains(name) && names.admit(name)) {
        NameChange change;
        change.strand = static_cast<std::uint16_t>(&strand - all_.data());
        change.kind = *list;
        change.name = name;
        name_changes_.push_back(std::move(change));
    }
    names.count(name, Part::traces, 1);
}

void Strands::count_out(const SpanTable& spans, const Span& span, Strand& strand) {
    auto& sums = strand.sums;
    --sums.spans;
    --sums.by_kind[static_cast<std::size_t>(span.kind)];
    if (span.is(span_open)) --sums.open;
    if (span.is(span_failed)) --sums.errors;
    if (span.kind == model::Kind::llm) sums.own -= spans.usage(span);
    const auto list = span.subject != 0 ? name_kind_of(span.kind) : std::nullopt;
    if (!list) return;
    strand.names[static_cast<std::size_t>(*list)].count(spans.subject(span), Part::traces, ~std::uint64_t{0});
    strand.lost_name = true;
}

void Strands::take_back(const SpanTable& spans, const Span& span) {
    parent_before_ = span.parent;
    count_out(spans, span, all_[of_span_[spans.position_of(span)]]);
}

void Strands::put(const SpanTable& spans, const Span& span) {
    const auto position = spans.position_of(span);
    const bool is_new = position == of_span_.size();
    if (is_new) of_span_.push_back(unclaimed);
    if (span.parent.valid() && (is_new || span.parent != parent_before_))
        below_[span.parent].push_back(static_cast<std::uint32_t>(position));
    const auto before = of_span_[position];
    const bool moved = !is_new && span.parent != parent_before_;
    const auto now = frozen_ && !is_new ? before : moved ? found_above(spans, span) : belongs(spans, span);
    of_span_[position] = now;
    if (!is_new && before != now) all_[before].range_shrunk = true;
    count_in(spans, span, all_[now]);
    lead(spans, position);
    if (before != now && !frozen_) move_below(spans, position);
}

/// The span at `position` is in another strand now: so is all below it that names no query itself.
void Strands::move_below(const SpanTable& spans, std::size_t position) {
    std::vector<std::size_t> todo{position};
    while (!todo.empty()) {
        const auto above = todo.back();
        todo.pop_back();
        const auto& parent = spans.spans()[above];
        const auto found = below_.find(parent.id);
        if (found == below_.end()) continue;
        const auto to = of_span_[above];
        for (const auto child : found->second) {
            const auto& span = spans.spans()[child];
            if (child == above || span.query != 0 || span.parent != parent.id || of_span_[child] == to) continue;
            auto& from = all_[of_span_[child]];
            count_out(spans, span, from);
            if (span.start <= from.start || std::max(span.start, span.end) >= from.end) from.range_shrunk = true;
            of_span_[child] = to;
            count_in(spans, span, all_[to]);
            todo.push_back(child);
        }
    }
}

/// Keeps the first span that names each query.
void Strands::lead(const SpanTable& spans, std::size_t position) {
    const auto& all_spans = spans.spans();
    const auto named = all_spans[position].query;
    for (std::size_t i = 1; i < all_.size(); ++i) {
        auto& strand = all_[i];
        if (strand.top == position) {
            // It may have become later, or names another: look at all again.
            strand.top = Strand::no_top;
            for (std::size_t other = 0; other < all_spans.size(); ++other) {
                if (all_spans[other].query != i) continue;
                if (strand.top == Strand::no_top ||
                    naming_order(all_spans[other]) < naming_order(all_spans[strand.top])) {
                    strand.top = other;
                }
            }
        } else if (named == i && (strand.top == Strand::no_top ||
                                  naming_order(all_spans[position]) < naming_order(all_spans[strand.top]))) {
            strand.top = position;
        }
    }
}

void Strands::hear(const SpanTable& spans, const items::Item& item, std::uint16_t named) {
    auto& strand = all_[named != unclaimed ? named : strand_of(spans, item.span_id, item.parent_span_id)];
    if (item.type == items::ItemType::event) ++strand.sums.events;
    if (item.facts.agentic) strand.hear(item);
    if (item.span_id.valid()) return;  // the spans' range is the strand's
    const auto time = item.time.value();
    if (strand.start == 0 || time < strand.start) strand.start = time;
    strand.end = std::max(strand.end, time);
}

Strands::Changes Strands::take_changes(const SpanTable& spans) {
    Changes changes;
    changes.names = std::exchange(name_changes_, {});
    const auto& all_spans = spans.spans();
    for (std::size_t i = 0; i < all_.size(); ++i) {
        auto& strand = all_[i];
        const auto number = static_cast<std::uint16_t>(i);
        if (std::exchange(strand.lost_name, false)) {
            for (std::size_t kind = 0; kind < name_kind_count; ++kind) {
                strand.names[kind].drop_unused([&](std::string name, std::uint64_t handed_on) {
                    changes.names.push_back({number, static_cast<NameKind>(kind), std::move(name), true, handed_on});
                });
            }
        }
        if (!std::exchange(strand.range_shrunk, false)) continue;
        strand.start = strand.end = 0;
        for (std::size_t position = 0; position < all_spans.size(); ++position) {
            if (of_span_[position] != i) continue;
            const auto& span = all_spans[position];
            if (span.start != 0 && (strand.start == 0 || span.start < strand.start)) strand.start = span.start;
            strand.end = std::max({strand.end, span.start, span.end});
        }
        changes.shrunk.push_back(number);
    }
    // The main query's topmost span is in nobody else's strand; of several such the root's, then the earliest.
    changes.main = main_;
    std::optional<std::tuple<bool, decltype(naming_order(Span()))>> best;
    for (std::size_t i = 1; i < all_.size(); ++i) {
        if (all_[i].top == Strand::no_top) continue;
        const auto& top = all_spans[all_[i].top];
        const auto around = strand_of(spans, top.parent, SpanId());
        const bool nested = around != unclaimed && around != i;
        const auto order = std::make_tuple(nested, naming_order(top));
        if (best && !(order < *best)) continue;
        best = order;
        changes.main = static_cast<std::uint16_t>(i);
    }
    return changes;
}

std::vector<Tally> Strands::rolled_up(const SpanTable& spans) const {
    std::vector<Tally> sums(all_.size());
    const auto group = [&](std::size_t position) {
        return of_span_[position] == unclaimed ? main_ : of_span_[position];
    };
    spans.for_each_rolled_up([&](std::size_t a, std::size_t b) { return group(a) == group(b); },
                             [&](std::size_t position, const Tally& usage) { sums[of_span_[position]] += usage; });
    return sums;
}

std::vector<Totals> Strands::settle(const SpanTable& spans, bool trimmed) {
    const auto& all_spans = spans.spans();
    const auto group = [&](std::size_t strand) { return strand == unclaimed ? main_ : strand; };
    // Whose outcome is the strand's: its query's span, else the topmost, of several the earliest.
    using HeadOrder = std::tuple<bool, bool, std::uint64_t, SpanId>;
    std::vector<std::pair<const Span*, HeadOrder>> heads(all_.size());
    for (std::size_t i = 0; i < all_spans.size(); ++i) {
        const auto& span = all_spans[i];
        const auto strand = group(of_span_[i]);
        auto& [head, order] = heads[strand];
        const bool other_kind = span.kind != model::Kind::query;
        if (head != nullptr && other_kind && !std::get<0>(order)) continue;
        const auto* above = span.parent.valid() ? spans.find(span.parent) : nullptr;
        const bool below = above != nullptr && group(of_span_[spans.position_of(*above)]) == strand;
        const HeadOrder its{other_kind, below, span.start, span.id};
        if (head != nullptr && !(its < order)) continue;
        head = &span;
        order = its;
    }
    const auto usage = rolled_up(spans);
    std::vector<Totals> totals;
    totals.reserve(all_.size());
    for (std::size_t i = 0; i < all_.size(); ++i) {
        auto& strand = all_[i];
        auto& now = totals.emplace_back(strand.sums);
        now.rolled_up = usage[i];
        now.rolled_up += strand.trimmed_rolled_up;
        if (i == unclaimed) continue;
        now.stories = 1;
        const auto open = strand.sums.open + (i == main_ ? all_[unclaimed].sums.open : 0);
        const auto* head = heads[i].first;
        if (trimmed) {
            strand.outcome = open > 0                             ? Outcome::running
                             : strand.outcome == Outcome::running ? Outcome::done
                                                                  : strand.outcome;
        } else if (head == nullptr) {
            strand.outcome = Outcome::done;
        } else if (head->is(span_open) || (!is_whole(*head) && open > 0)) {
            strand.outcome = Outcome::running;
        } else {
            strand.outcome = head->is(span_canceled) ? Outcome::canceled
                             : head->is(span_failed) ? Outcome::failed
                                                     : Outcome::done;
        }
        now.running = strand.outcome == Outcome::running ? 1 : 0;
    }
    return totals;
}

/// Who belongs where, from nothing but the spans.
void Strands::sort_out(const SpanTable& spans, bool count) {
    const auto& all_spans = spans.spans();
    of_span_.assign(all_spans.size(), unclaimed);
    below_.clear();
    for (std::size_t i = 0; i < all_spans.size(); ++i) {
        if (all_spans[i].parent.valid()) below_[all_spans[i].parent].push_back(static_cast<std::uint32_t>(i));
    }
    std::vector<std::size_t> todo;
    for (std::size_t i = 0; i < all_spans.size(); ++i) {
        if (all_spans[i].query == 0 || all_spans[i].query >= all_.size()) continue;
        of_span_[i] = all_spans[i].query;
        todo.push_back(i);
        lead(spans, i);
    }
    while (!todo.empty()) {
        const auto above = todo.back();
        todo.pop_back();
        const auto found = below_.find(all_spans[above].id);
        if (found == below_.end()) continue;
        for (const auto child : found->second) {
            if (all_spans[child].query != 0 || of_span_[child] == of_span_[above]) continue;
            of_span_[child] = of_span_[above];
            todo.push_back(child);
        }
    }
    if (!count) return;
    for (std::size_t i = 0; i < all_spans.size(); ++i)
        count_in(spans, all_spans[i], all_[of_span_[i]]);
    name_changes_.clear();  // whoever builds it joins the queries to all of it
}

void Strands::restored(const SpanTable& spans, bool trimmed) {
    sort_out(spans, false);
    frozen_ = trimmed;
    if (!trimmed) return;
    const auto known = rolled_up(spans);
    for (std::size_t i = 0; i < all_.size(); ++i) {
        all_[i].trimmed_rolled_up = all_[i].settled.rolled_up;
        all_[i].trimmed_rolled_up -= known[i];
    }
}

void Strands::pack(std::string& out) const {
    append_varint(out, all_.size());
    append_varint(out, main_);
    for (const auto& strand : all_) {
        append_varint(out, strand.query + 1);
        append_varint(out, strand.start);
        append_varint(out, strand.end);
        out.push_back(static_cast<char>(strand.knowledge));
        out.push_back(static_cast<char>(strand.outcome));
        strand.settled.pack(out);  // rows are written settled: sums follow from it
        for (const auto& list : strand.names)
            list.pack(out);
        pack_questions(out, strand.questions);
        strand.Words::pack(out);
    }
}

Strands::Strands(Unpacker& in) {
    const auto count = in.varint();
    main_ = static_cast<std::uint16_t>(in.varint());
    if (count < 2 || count > strands_max || main_ == unclaimed || main_ >= count) in.fail();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        auto& strand = all_.emplace_back();
        strand.query = in.varint() - 1;
        strand.start = in.varint();
        strand.end = in.varint();
        strand.knowledge = static_cast<Knowledge>(std::min<std::uint8_t>(in.byte(), 2));
        strand.outcome = static_cast<Outcome>(in.byte() & 3);
        strand.settled.unpack(in);
        strand.sums = strand.settled;
        strand.sums.running = strand.sums.stories = 0;
        strand.sums.rolled_up = Tally();
        for (auto& list : strand.names)
            list.unpack(in);
        unpack_questions(in, strand.questions);
        strand.Words::unpack(in);
    }
}

std::size_t Strands::bytes() const {
    auto sum = sizeof(Strands) + all_.capacity() * (sizeof(Strand) + 512) + of_span_.capacity() * sizeof(std::uint16_t);
    return sum + below_.size() * 80;
}

}  // namespace ark::views
