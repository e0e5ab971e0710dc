#include "views/story.hpp"

#include "base/text.hpp"
#include "items/open_span.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <tuple>

namespace ark::views {
namespace {

constexpr std::uint8_t row_version = 1;
constexpr std::size_t questions_max = 256;

/// Roots before others, then by start; ids decide between equals so that the order of arrival does not.
auto head_order(const Span& span) {
    return std::make_tuple(span.parent.valid(), span.start, span.id);
}

/// Whose words stand for the whole: the query's own, then those of the root, of teams and agents, of anything.
std::uint8_t preview_rank(const items::Item& item) {
    const auto kind = item.facts.kind;
    if (kind == model::Kind::query) return 4;
    if (item.type == items::ItemType::span && !item.parent_span_id.valid()) return 3;
    if (kind == model::Kind::team || kind == model::Kind::agent) return 2;
    return 1;
}

}  // namespace

StoryKey StoryKey::loose(std::uint32_t tenant, Type type, std::uint64_t number) {
    StoryKey key{tenant, type, {}};
    for (std::size_t i = 0; i < 8; ++i)
        key.id.bytes[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    return key;
}

std::size_t StoryKey::hash() const {
    std::uint64_t parts[2];
    std::memcpy(parts, id.bytes.data(), sizeof parts);
    auto mixed = parts[0] * 0x9e3779b97f4a7c15ULL ^ (parts[1] + tenant + static_cast<std::uint64_t>(type));
    mixed *= 0xbf58476d1ce4e5b9ULL;
    return static_cast<std::size_t>(mixed ^ mixed >> 31);
}

std::optional<TraceId> trace_of_implicit(std::string_view query_id) {
    const auto trace = TraceId::from_hex(query_id);
    return trace && trace->hex() == query_id ? trace : std::nullopt;
}

void Preview::offer(std::uint8_t new_rank, std::uint64_t new_time, std::string_view new_text, Prefer prefer) {
    if (new_text.empty() || new_rank < rank) return;
    new_text = clip(new_text, preview_bytes_max);
    if (new_rank == rank) {
        if (new_time != time && (new_time < time) != (prefer == Prefer::earlier)) return;
        if (new_time == time && new_text >= text) return;
    }
    rank = new_rank;
    time = new_time;
    text = new_text;
}

void Preview::pack(std::string& out) const {
    out.push_back(static_cast<char>(rank));
    append_varint(out, time);
    append_text(out, text);
}

void Preview::unpack(Unpacker& in) {
    rank = in.byte();
    time = in.varint();
    text = in.text();
}

void Story::apply(const items::Item& item, std::uint64_t received_at, std::uint16_t named,
                  std::vector<NewName>& new_names) {
    rev = item.offset.value() + 1;
    received = std::max(received, received_at);
    const auto time = item.time.value();
    if (start == 0 || time < start) start = time;
    end = std::max({end, time, item.end.value()});

    const auto& facts = item.facts;
    if (service.empty() && !facts.service.empty()) service = clip(facts.service, name_bytes_max);
    if (facts.agentic) {
        agentic = true;
        if (user.empty() && !facts.user_id.empty()) user = clip(facts.user_id, name_bytes_max);
        hear(item);
        // Before the counting: a name that was not admitted counts as one of the rest.
        mention(NameKind::agent, facts.agent, new_names);
        mention(NameKind::team, facts.team, new_names);
        mention(NameKind::tool, facts.tool, new_names);
        mention(NameKind::model, facts.model, new_names);
    }

    Record record;
    record.offset = item.offset.value();
    record.time = time;
    record.span_id = loose() ? SpanId() : item.span_id;
    const Span* span = nullptr;
    if (item.type == items::ItemType::span && item.span_id.valid()) {
        span = apply_span(item, named);
        if (span != nullptr) record.what = Record::What::span;
    } else {
        if (item.type == items::ItemType::event) ++sums_.events;
        span = apply_event(item, named, record);
        if (span != nullptr) record.what = Record::What::span_by_event;
    }
    if (span == nullptr) {
        chunk.append(record, 0, 0);
    } else {
        fill_record(*span, record);
        chunk.append(record, span->name, span->subject);
    }
    if (strands_ != nullptr) strands_->hear(spans_, item, named);

    learn();
}

void Words::hear(const items::Item& item) {
    const auto& facts = item.facts;
    if (conversation.empty() && !facts.conversation_id.empty())
        conversation = clip(facts.conversation_id, id_bytes_max);
    const auto rank = preview_rank(item);
    const auto end_time = item.end.value() != 0 ? item.end.value() : item.time.value();
    input.offer(rank, item.time.value(), facts.input, Preview::Prefer::earlier);
    output.offer(rank, end_time, facts.output, Preview::Prefer::later);
    if (item.failed) {
        const auto message = !facts.error_message.empty()                                 ? facts.error_message
                             : item.span != nullptr && !item.span->status_message.empty() ? item.span->status_message
                                                                                          : facts.error_type;
        error.offer(rank, end_time, message, Preview::Prefer::later);
    }
}

void Words::pack(std::string& out) const {
    append_text(out, conversation);
    for (const auto* preview : {&input, &output, &error})
        preview->pack(out);
}

void Words::unpack(Unpacker& in) {
    conversation = in.text();
    for (auto* preview : {&input, &output, &error})
        preview->unpack(in);
}

void pack_questions(std::string& out, const std::vector<Question>& questions) {
    append_varint(out, questions.size());
    for (const auto& question : questions) {
        append_text(out, question.id);
        append_varint(out, question.asked);
        append_varint(out, question.closed);
    }
}

void unpack_questions(Unpacker& in, std::vector<Question>& questions) {
    questions.clear();
    for (auto count = std::min<std::uint64_t>(in.varint(), questions_max); count > 0 && in.ok(); --count) {
        auto& question = questions.emplace_back();
        question.id = in.text();
        question.asked = static_cast<std::uint32_t>(in.varint());
        question.closed = static_cast<std::uint32_t>(in.varint());
    }
}

void Story::mention(NameKind kind, std::string_view name, std::vector<NewName>& new_names) {
    if (name.empty()) return;
    name = clip(name, name_bytes_max);
    auto& list = names[static_cast<std::size_t>(kind)];
    if (list.contains(name)) return;
    if (list.admit(name)) new_names.push_back({kind, std::string(name)});
}

const Span* Story::apply_span(const items::Item& item, std::uint16_t named) {
    const bool open = item.facts.pending != 0 || item.end.value() == 0;
    auto* span = spans_.find(item.span_id);
    if (span != nullptr && open && !span->is(span_open) && !span->is(span_by_event))
        return nullptr;  // a snapshot come late
    std::uint8_t kept = 0;
    if (span == nullptr) {
        span = &spans_.add(item.span_id);
    } else {
        take_back(*span);
        kept = span->flags & (span_evented | span_canceled);
    }
    auto& texts = spans_.texts();
    if (named != 0) span->query = named;
    span->parent = item.parent_span_id;
    span->start = item.time.value();
    span->end = open ? 0 : item.end.value();
    span->offset = item.offset.value();
    span->kind = item.facts.kind;
    span->flags = static_cast<std::uint8_t>(kept | (open ? span_open : 0) | (item.failed ? span_failed : 0));
    span->name = texts.number(clip(item.span != nullptr ? item.span->name : std::string_view(), name_bytes_max));
    span->subject = texts.number(clip(items::subject_of(item.facts), name_bytes_max));
    spans_.set_usage(*span, Tally::of(item.facts.usage));
    add(*span);
    return span;
}

const Span* Story::apply_event(const items::Item& item, std::uint16_t named, Record& record) {
    if (item.failed) record.flags |= span_failed;
    if (item.phase == model::Phase::none) return nullptr;
    if (loose() || !item.span_id.valid()) {
        apply_operation(item);
        return nullptr;
    }
    record.flags |= span_evented;
    auto* span = spans_.find(item.span_id);
    if (span == nullptr) {
        span = &spans_.add(item.span_id);
        span->kind = item.facts.kind;
        span->flags = span_by_event;
        span->parent = item.parent_span_id;
    } else {
        const bool about_it = span->kind == item.facts.kind || span->kind == model::Kind::other;
        span->flags |= about_it ? span_evented : 0;
        // A span speaks for itself, and an event sent within somebody else's span is not about that span.
        if (!about_it || !(span->is(span_by_event) || span->is(span_open))) {
            if (!about_it) record.flags &= static_cast<std::uint8_t>(~span_evented);
            return nullptr;
        }
        take_back(*span);
    }
    span->flags |= span_evented;
    if (named != 0) span->query = named;
    change_by_event(item, *span);
    add(*span);
    return span;
}

void Story::change_by_event(const items::Item& item, Span& span) {
    auto& texts = spans_.texts();
    const auto time = item.time.value();
    const auto subject = clip(items::subject_of(item.facts), name_bytes_max);
    span.offset = item.offset.value();
    if (!span.parent.valid()) span.parent = item.parent_span_id;
    if (!subject.empty()) span.subject = texts.number(subject);
    if (span.name == 0) {
        span.name = texts.number(clip(item.facts.operation, name_bytes_max));
    }
    if (item.facts.usage.any()) spans_.set_usage(span, Tally::of(item.facts.usage));
    if (item.phase == model::Phase::start) {
        if (span.is(span_by_event)) span.start = time;
        span.flags |= span_has_start;
        if (span.end == 0) span.flags |= span_open;
        return;
    }
    span.end = time;
    if (span.is(span_by_event) && !span.is(span_has_start)) {
        const auto lasted = static_cast<std::uint64_t>(std::max<std::int64_t>(item.facts.duration_nanos, 0));
        span.start = time - std::min(lasted, time);
    }
    span.flags &= static_cast<std::uint8_t>(~span_open);
    if (item.phase == model::Phase::error || item.failed) span.flags |= span_failed;
    if (item.phase == model::Phase::canceled) span.flags |= span_canceled;
}

void Story::apply_operation(const items::Item& item) {
    if (operations_ == nullptr) operations_ = std::make_unique<AllOperations>();
    auto& operations = (*operations_)[static_cast<std::size_t>(item.facts.kind)];
    if (knowledge_ == Knowledge::none) knowledge_ = Knowledge::events;
    if (item.phase == model::Phase::start) {
        ++operations.started;
        const auto subject = clip(items::subject_of(item.facts), name_bytes_max);
        const auto list = name_kind_of(item.facts.kind);
        if (list && !subject.empty()) names[static_cast<std::size_t>(*list)].count(subject, Part::traces, 1);
        return;
    }
    ++operations.ended;
    const bool failed = item.phase == model::Phase::error || item.failed;
    if (failed) ++operations.failed;
    if (item.time.value() >= operations.last_end) {
        operations.last_end = item.time.value();
        operations.last_outcome = failed                                 ? Outcome::failed
                                  : item.phase == model::Phase::canceled ? Outcome::canceled
                                                                         : Outcome::done;
    }
    operations.usage += Tally::of(item.facts.usage);
}

void Story::fill_record(const Span& span, Record& record) const {
    record.flags = span.flags;
    record.query = span.query;
    record.kind = span.kind;
    record.parent = span.parent;
    record.start = span.start;
    record.end = span.end;
    record.name = spans_.name(span);
    record.subject = spans_.subject(span);
    record.usage = spans_.usage(span);
}

void Story::restore(const Record& record) {
    if (record.what == Record::What::item) {
        if ((record.flags & span_evented) == 0) return;
        if (auto* span = spans_.find(record.span_id)) span->flags |= span_evented;
        return;
    }
    auto* span = spans_.find(record.span_id);
    if (span == nullptr) span = &spans_.add(record.span_id);
    span->flags = record.flags;
    span->query = record.query;
    span->kind = record.kind;
    span->parent = record.parent;
    span->start = record.start;
    span->end = record.end;
    span->offset = record.offset;
    span->name = spans_.texts().number(record.name);
    span->subject = spans_.texts().number(record.subject);
    spans_.set_usage(*span, record.usage);
}

void Story::restored() {
    row_only_ = false;
    head_ = no_head;
    reporters_ = 0;
    for (const auto& span : spans_.spans()) {
        if (span.kind != model::Kind::llm && spans_.usage(span).any()) ++reporters_;
        const auto* best = head();
        if (best == nullptr || head_order(span) < head_order(*best)) head_ = spans_.position_of(span);
    }
    trimmed_ = sums_.spans > spans_.spans().size();
    if (strands_ != nullptr) strands_->restored(spans_, trimmed_);
    if (!trimmed_) return;
    trimmed_rolled_up_ = settled.rolled_up;
    trimmed_rolled_up_ -= spans_.rolled_up();
}

bool Story::evented(const SpanId& id) const {
    const auto* span = spans_.find(id);
    return span != nullptr && span->is(span_evented);
}

void Story::add(const Span& span) {
    ++sums_.spans;
    ++sums_.by_kind[static_cast<std::size_t>(span.kind)];
    if (span.is(span_open)) ++sums_.open;
    if (span.is(span_failed)) ++sums_.errors;
    if (span.usage != 0) {
        const auto& usage = spans_.usage(span);
        if (span.kind == model::Kind::llm) {
            sums_.own += usage;
        } else if (usage.any()) {
            ++reporters_;
        }
    }
    if (span.subject != 0) {
        const auto list = name_kind_of(span.kind);
        if (list) names[static_cast<std::size_t>(*list)].count(spans_.subject(span), Part::traces, 1);
    }
    update_head(span);
    if (strands_ != nullptr) strands_->put(spans_, span);
}

void Story::take_back(const Span& span) {
    --sums_.spans;
    --sums_.by_kind[static_cast<std::size_t>(span.kind)];
    if (span.is(span_open)) --sums_.open;
    if (span.is(span_failed)) --sums_.errors;
    if (span.usage != 0) {
        const auto& usage = spans_.usage(span);
        if (span.kind == model::Kind::llm) {
            sums_.own -= usage;
        } else if (usage.any()) {
            --reporters_;
        }
    }
    if (span.subject != 0) {
        const auto list = name_kind_of(span.kind);
        if (list) names[static_cast<std::size_t>(*list)].count(spans_.subject(span), Part::traces, ~std::uint64_t{0});
    }
    if (strands_ != nullptr) strands_->take_back(spans_, span);
}

void Story::update_head(const Span& span) {
    const auto* best = head();
    if (best == nullptr) {
        head_ = spans_.position_of(span);
    } else if (best == &span) {
        // It may have become later or got a parent: look at all again.
        for (const auto& other : spans_.spans()) {
            if (head_order(other) < head_order(*best)) best = &other;
        }
        head_ = spans_.position_of(*best);
    } else if (head_order(span) < head_order(*best)) {
        head_ = spans_.position_of(span);
    } else {
        return;
    }
    if (!lost_head()) title_ = spans_.name(*head());
}

const Story::AllOperations& Story::operations() const {
    static const AllOperations none{};
    return operations_ != nullptr ? *operations_ : none;
}

std::uint64_t Story::open_operations() const {
    std::uint64_t open = 0;
    for (const auto& of_kind : operations()) {
        if (of_kind.started > of_kind.ended) open += of_kind.started - of_kind.ended;
    }
    return open;
}

bool Story::is_whole(const Span& span) const {
    return !span.parent.valid() || span.kind == model::Kind::query;
}

/// Whether the span that decided name and outcome is one of those that retention took.
bool Story::lost_head() const {
    if (!trimmed_) return false;
    const auto* span = head();
    return span == nullptr || (knowledge_ == Knowledge::root && !is_whole(*span));
}

void Story::learn() {
    const auto* span = head();
    if (span != nullptr && is_whole(*span)) knowledge_ = Knowledge::root;
}

Outcome Story::outcome() const {
    if (row_only_) return row_outcome_;
    if (lost_head()) {
        if (sums_.open > 0) return Outcome::running;
        return row_outcome_ == Outcome::running ? Outcome::done : row_outcome_;
    }
    if (const auto* span = head()) {
        const bool whole = is_whole(*span);
        if (span->is(span_open) || (!whole && sums_.open > 0)) return Outcome::running;
        if (span->is(span_canceled)) return Outcome::canceled;
        return span->is(span_failed) ? Outcome::failed : Outcome::done;
    }
    // Events only. The query's own end counts most; without one, the end of anything.
    const auto& of_query = operations()[static_cast<std::size_t>(model::Kind::query)];
    if (of_query.started > of_query.ended) return Outcome::running;
    if (of_query.ended > 0) return of_query.last_outcome;
    if (open_operations() > 0) return Outcome::running;
    const auto& all = operations();
    const auto last =
        std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.last_end < b.last_end; });
    return last->last_outcome;
}

Totals Story::totals() const {
    if (row_only_) return settled;  // rows are written settled
    auto totals = sums_;
    totals.stories = 1;
    totals.running = outcome() == Outcome::running ? 1 : 0;
    if (reporters_ > 0) totals.rolled_up = spans_.rolled_up();
    if (trimmed_) totals.rolled_up += trimmed_rolled_up_;
    if (totals.spans > 0) return totals;
    // Events only: operations stand for the spans that nobody sent.
    const auto& all = operations();
    for (std::size_t kind = 0; kind < all.size(); ++kind) {
        totals.by_kind[kind] = std::max(all[kind].started, all[kind].ended);
        totals.errors += all[kind].failed;
    }
    totals.open = open_operations();
    totals.own = all[static_cast<std::size_t>(model::Kind::llm)].usage;
    if (totals.own.any()) return totals;
    for (const auto kind : {model::Kind::query, model::Kind::team, model::Kind::agent}) {  // outermost first
        totals.rolled_up = all[static_cast<std::size_t>(kind)].usage;
        if (totals.rolled_up.any()) break;
    }
    return totals;
}

Strands& Story::share_out() {
    strands_ = std::make_unique<Strands>(spans_, query, sums_.events, *this, questions);
    return *strands_;
}

bool Story::is_of_query(std::uint64_t one) const {
    return query == one || (strands_ != nullptr && strands_->find(one) != Strands::unclaimed);
}

std::vector<Totals> Story::strand_totals() {
    if (!row_only_) return strands_->settle(spans_, trimmed_);
    std::vector<Totals> settled_ones;
    for (const auto& strand : strands_->all())
        settled_ones.push_back(strand.settled);
    return settled_ones;
}

const std::shared_ptr<const items::Context>& Story::context_at(const items::Item& item) const {
    if (strands_ == nullptr || item.facts.query_id.empty()) {
        if (strands_ == nullptr) return context;
        const auto& its = strands_->all()[strands_->strand_of(spans_, item.span_id, item.parent_span_id)].context;
        return its != nullptr ? its : context;
    }
    for (const auto& strand : strands_->all()) {
        if (strand.context != nullptr && strand.context->query_id == item.facts.query_id) return strand.context;
    }
    return context;
}

std::size_t Story::bytes() const {
    auto sum = sizeof(Story) + spans_.bytes() + 256 + (strands_ != nullptr ? strands_->bytes() : 0);
    for (const auto& list : names)
        sum += list.bytes();
    return sum;
}

std::string Story::pack() const {
    std::string out;
    out.reserve(256);
    out.push_back(static_cast<char>(row_version));
    out.push_back(static_cast<char>(key.type));
    out.append(key.id.view());
    out.push_back(static_cast<char>(own_source));
    out.push_back(static_cast<char>(query_link));
    out.push_back(static_cast<char>(agentic ? 1 : 0));
    for (const auto value : {own_session + 1, session + 1, query + 1, rev, start, end, received})
        append_varint(out, value);
    for (const auto* text : {&user, &service, &title_})
        append_text(out, *text);
    Words::pack(out);
    for (const auto& list : names)
        list.pack(out);
    pack_questions(out, questions);
    settled.pack(out);  // rows are written settled: sums_ follows from it
    std::uint64_t used = 0;
    const auto& all = operations();
    for (std::size_t kind = 0; kind < all.size(); ++kind) {
        if (all[kind].started != 0 || all[kind].ended != 0) used |= 1u << kind;
    }
    append_varint(out, used);
    for (std::size_t kind = 0; kind < all.size(); ++kind) {
        if ((used >> kind & 1) == 0) continue;
        const auto& of_kind = all[kind];
        for (const auto value : {of_kind.started, of_kind.ended, of_kind.failed, of_kind.last_end})
            append_varint(out, value);
        out.push_back(static_cast<char>(of_kind.last_outcome));
        of_kind.usage.pack(out);
    }
    // What follows from the spans, for readers of the row alone.
    out.push_back(static_cast<char>(outcome()));
    out.push_back(static_cast<char>(knowledge()));
    if (strands_ != nullptr) strands_->pack(out);
    return out;
}

std::optional<StoryKey> Story::key_of(std::uint32_t tenant, std::string_view row) {
    Unpacker in(row);
    if (in.byte() != row_version) return std::nullopt;
    StoryKey key{tenant, static_cast<StoryKey::Type>(in.byte()), {}};
    in.id(key.id);
    if (!in.ok()) return std::nullopt;
    return key;
}

bool Story::unpack(std::string_view row) {
    Unpacker in(row);
    if (in.byte() != row_version) return false;
    in.raw(1 + TraceId::size);  // key_of() reads these
    own_source = static_cast<model::SessionSource>(in.byte());
    query_link = static_cast<QueryLink>(in.byte());
    agentic = in.byte() != 0;
    for (auto* value : {&own_session, &session, &query})
        *value = in.varint() - 1;
    for (auto* value : {&rev, &start, &end, &received})
        *value = in.varint();
    for (auto* text : {&user, &service, &title_})
        *text = in.text();
    Words::unpack(in);
    for (auto& list : names)
        list.unpack(in);
    unpack_questions(in, questions);
    settled.unpack(in);
    sums_ = Totals();
    if (settled.spans > 0) {
        sums_ = settled;
        sums_.stories = sums_.running = 0;
        sums_.rolled_up = Tally();
    }
    sums_.events = settled.events;
    const auto used = in.varint();
    if (used != 0) operations_ = std::make_unique<AllOperations>();
    for (std::size_t kind = 0; kind < model::kind_count; ++kind) {
        if ((used >> kind & 1) == 0) continue;
        auto& of_kind = (*operations_)[kind];
        for (auto* value : {&of_kind.started, &of_kind.ended, &of_kind.failed, &of_kind.last_end})
            *value = in.varint();
        of_kind.last_outcome = static_cast<Outcome>(in.byte() & 3);
        of_kind.usage.unpack(in);
    }
    row_outcome_ = static_cast<Outcome>(in.byte() & 3);
    knowledge_ = static_cast<Knowledge>(std::min<std::uint8_t>(in.byte(), 2));
    row_only_ = true;
    strands_ = in.ok() && !in.at_end() ? std::make_unique<Strands>(in) : nullptr;
    return in.ok();
}

}  // namespace ark::views
