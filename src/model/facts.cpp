#include "model/facts.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "model/facts_keys.hpp"
#include "model/flat_json.hpp"
#include "model/name_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace ark::model {
namespace {

using keys::Fact;

template <class Row, std::size_t Size>
consteval std::array<std::string_view, Size> column(const Row (&rows)[Size], std::string_view Row::*name) {
    std::array<std::string_view, Size> names;
    for (std::size_t i = 0; i < Size; ++i)
        names[i] = rows[i].*name;
    return names;
}

constexpr NameTable<std::size(keys::table)> key_table{column(keys::table, &keys::Key::name)};
constexpr NameTable<std::size(keys::words)> word_table{column(keys::words, &keys::Word::text)};

// What an item says beats what its resource says about the same fact, whichever key either used.
constexpr std::uint8_t item_advantage = 16;

constexpr std::size_t number_index(Fact fact) {
    return static_cast<std::size_t>(fact) - keys::first_number;
}

std::optional<double> number_of(const ValueView& value) {
    switch (value.type) {
        case ValueView::Type::integer:
            return static_cast<double>(value.integer);
        case ValueView::Type::real:
            if (!std::isfinite(value.real)) return std::nullopt;
            return value.real;
        case ValueView::Type::string: {
            double number = 0;
            const char* end = value.text.data() + value.text.size();
            const auto parsed = std::from_chars(value.text.data(), end, number);
            if (parsed.ec != std::errc{} || parsed.ptr != end || !std::isfinite(number)) return std::nullopt;
            return number;
        }
        default:
            return std::nullopt;
    }
}

// Durations in seconds: a number, a number as text, or Go's text ("1m2.5s").
std::optional<double> seconds_of(const ValueView& value) {
    if (const auto number = number_of(value)) return number;
    if (value.type != ValueView::Type::string) return std::nullopt;
    const auto parsed = parse_duration(value.text);
    if (!parsed) return std::nullopt;
    return static_cast<double>(parsed->count()) * 1e-9;
}

std::optional<bool> truth_of(const ValueView& value) {
    if (value.type == ValueView::Type::boolean) return value.boolean;
    if (value.type == ValueView::Type::integer) return value.integer != 0;
    if (value.type != ValueView::Type::string) return std::nullopt;
    if (value.text == "true" || value.text == "True" || value.text == "1") return true;
    if (value.text == "false" || value.text == "False" || value.text == "0") return false;
    return std::nullopt;
}

bool is_ark_scope(std::string_view scope) {
    return scope == "ark" || scope.starts_with("ark/") || scope.starts_with("ark.");
}

const keys::Word* find_word(std::string_view word) {
    std::array<char, 32> lower;
    if (word.empty() || word.size() > lower.size()) return nullptr;
    for (std::size_t i = 0; i < word.size(); ++i)
        lower[i] = to_lower(word[i]);
    const auto index = word_table.find({lower.data(), word.size()});
    return index == word_table.absent ? nullptr : &keys::words[index];
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
    input_tokens += other.input_tokens;
    output_tokens += other.output_tokens;
    cache_read_tokens += other.cache_read_tokens;
    cache_write_tokens += other.cache_write_tokens;
    reasoning_tokens += other.reasoning_tokens;
    cost_usd += other.cost_usd;
    return *this;
}

Usage& Usage::operator-=(const Usage& other) {
    input_tokens -= other.input_tokens;
    output_tokens -= other.output_tokens;
    cache_read_tokens -= other.cache_read_tokens;
    cache_write_tokens -= other.cache_write_tokens;
    reasoning_tokens -= other.reasoning_tokens;
    cost_usd -= other.cost_usd;
    return *this;
}

std::string_view Facts::*const Facts::texts_[text_count] = {
    &Facts::conversation_id, &Facts::query_id,   &Facts::query_name,  &Facts::query_namespace,
    &Facts::agent,           &Facts::team,       &Facts::tool,        &Facts::tool_call_id,
    &Facts::model,           &Facts::provider,   &Facts::user_id,     &Facts::service,
    &Facts::input,           &Facts::output,     &Facts::error_type,  &Facts::error_message,
    &Facts::operation,       &Facts::peer,       &Facts::question_id, &Facts::parent_span_id,
    &Facts::event_name,      &Facts::kind_word_, &Facts::component_,  &Facts::mcp_method_,
    &Facts::entity_};

void Facts::begin(std::string_view item_name, std::string_view scope_name) {
    static_assert(text_count == keys::first_number);
    static_assert(number_count == keys::first_flag - keys::first_number);
    *this = Facts{};
    begin_item(item_name, scope_name, Of::span);
}

void Facts::begin_item(std::string_view item_name, std::string_view scope_name, Of of) {
    item_name_ = item_name;
    event_ = of == Of::event;
    if (is_ark_scope(scope_name)) {
        ark_ = true;
        explicit_events = true;  // the reference's controller and ours send their events themselves
    }
}

void Facts::take(std::string_view key, const ValueView& value, bool of_item) {
    const auto index = key_table.find(key);
    if (index == key_table.absent) return;
    const auto& row = keys::table[index];
    if (row.where == keys::events && !(event_ && of_item)) return;
    if (row.where == keys::ark) ark_ = true;
    const auto fact = static_cast<std::uint8_t>(row.fact);
    const auto rank = static_cast<std::uint8_t>(row.rank + (of_item ? item_advantage : 0));
    if (fact < keys::first_number) {
        if (value.type != ValueView::Type::string || value.text.empty() || rank <= text_ranks_[fact]) return;
        text_ranks_[fact] = rank;
        this->*texts_[fact] = value.text;
    } else if (fact < keys::first_flag) {
        take_number(fact - keys::first_number, rank, value);
    } else if (row.fact == Fact::session_ark) {
        take_session(SessionSource::ark, rank, value);
    } else if (row.fact == Fact::session) {
        take_session(SessionSource::session, rank, value);
    } else if (row.fact == Fact::usage_json || row.fact == Fact::cost_json) {
        if (value.type == ValueView::Type::string) take_members(fact, rank, value.text);
    } else {
        take_flag(fact, value);
    }
}

void Facts::take_number(std::size_t index, std::uint8_t rank, const ValueView& value) {
    if (rank <= number_ranks_[index]) return;
    const auto number = index == number_index(Fact::seconds) ? seconds_of(value) : number_of(value);
    if (!number || *number < 0 || *number > 9e15) return;
    number_ranks_[index] = rank;
    numbers_[index] = *number;
}

void Facts::take_session(SessionSource source, std::uint8_t rank_of_key, const ValueView& value) {
    if (value.type != ValueView::Type::string || value.text.empty()) return;
    // The source first, then item over resource, then the key: ranks of keys with the item's advantage stay below 32.
    const auto rank = static_cast<std::uint8_t>(static_cast<unsigned>(source) * 32 + rank_of_key);
    if (rank <= session_rank_) return;
    session_rank_ = rank;
    session_source = source;
    session_id = value.text;
}

void Facts::take_members(std::uint8_t fact, std::uint8_t rank, std::string_view json) {
    const bool cost = static_cast<Fact>(fact) == Fact::cost_json;
    for_each_number(json, [&](std::string_view name, double number) {
        for (const auto& member : keys::members) {
            const auto says = cost ? member.of_cost : member.of_usage;
            if (member.name == name && says != Fact::sign)
                take_number(number_index(says), rank, ValueView::of_real(number));
        }
    });
}

Facts::Content Facts::content_of(std::string_view key) {
    const auto index = key_table.find(key);
    if (index == key_table.absent) return Content::neither;
    const auto fact = keys::table[index].fact;
    return fact == Fact::input ? Content::input : fact == Fact::output ? Content::output : Content::neither;
}

void Facts::take_flag(std::uint8_t fact, const ValueView& value) {
    const auto truth = truth_of(value);
    const auto text = value.type == ValueView::Type::string ? value.text : std::string_view{};
    switch (static_cast<Fact>(fact)) {
        case Fact::error:  // a message, or OpenTracing's flag
            if (truth.value_or(!text.empty())) failed = true;
            if (!truth && !text.empty() && error_message.empty()) error_message = text;
            break;
        case Fact::failure:
            if (truth.value_or(false)) failed = true;
            break;
        case Fact::success:
            if (!truth.value_or(true)) failed = true;
            break;
        case Fact::level:
            if (text == "ERROR") failed = true;
            break;
        case Fact::pending:
            if (truth.value_or(false) && pending == 0) pending = static_cast<std::uint8_t>(Pending::own_id);
            break;
        case Fact::pending_type:
            if (text == "pending_span") pending = static_cast<std::uint8_t>(Pending::child_id);
            break;
        case Fact::pending_parent:
            parent_span_id = text;
            break;
        case Fact::own_events:
            explicit_events = truth.value_or(text == "explicit");
            break;
        case Fact::a2a_method:
            a2a_ = true;
            break;
        default:
            break;
    }
}

void Facts::finish() {
    if (session_source == SessionSource::none && !conversation_id.empty()) {
        session_source = SessionSource::conversation;
        session_id = conversation_id;
    }
    if (!error_type.empty()) failed = true;
    mcp = !mcp_method_.empty();
    settle_usage();
    decide_kind();
    if (!event_) name_participant();
    agentic = kind != Kind::other || chain || mcp || session_source != SessionSource::none || !query_id.empty() ||
              !query_name.empty() || usage.any();
}

Facts::Word Facts::read_word(std::string_view word) {
    const auto* entry = find_word(word);
    if (entry == nullptr) return Word::nothing;
    if (entry->says == keys::Says::workflow) return Word::workflow;
    if (entry->says == keys::Says::chain) return Word::chain;
    kind = entry->kind;
    return Word::kind;
}

// In order: the producer's own word for the span, the GenAI operation, the reference's names, MCP and A2A, what it
// carries. Words that only say "some step" or "a whole execution" are kept until the reference's names had a chance to
// say more.
void Facts::decide_kind() {
    const auto own = read_word(kind_word_);
    if (own == Word::kind) return;
    const auto by_operation = read_word(operation);
    if (by_operation == Word::kind) return;
    if (ark_ && decide_by_ark()) return;
    if (own == Word::workflow || by_operation == Word::workflow) {
        kind = Kind::query;
    } else if (a2a_) {
        kind = Kind::a2a;
    } else if (mcp) {
        kind = mcp_method_ == "tools/call" ? Kind::tool : Kind::other;
    } else if (own == Word::chain || by_operation == Word::chain) {
        chain = true;
    } else {
        decide_by_presence();
    }
}

// Span names and components as the reference's controller and engine give them. True when they decide, even for
// "nothing".
bool Facts::decide_by_ark() {
    static constexpr struct {
        std::string_view prefix;
        Kind kind;
    } names[] = {{"query.", Kind::query}, {"agent.", Kind::agent},   {"llm.", Kind::llm},     {"tool.", Kind::tool},
                 {"team.", Kind::team},   {"memory.", Kind::memory}, {"a2a.send", Kind::a2a}, {"target.", Kind::other},
                 {"turn.", Kind::other},  {"executor.", Kind::other}};
    for (const auto& name : names) {
        if (!item_name_.starts_with(name.prefix)) continue;
        kind = name.kind;
        return true;
    }
    return read_word(component_) == Word::kind;
}

// Attributes alone, for producers that name nothing. An agent's name may be on every span below it (we ask for that),
// so it decides only where the span's name repeats it.
void Facts::decide_by_presence() {
    if (event_) return;
    if (!tool.empty() || !tool_call_id.empty()) {
        kind = Kind::tool;
    } else if (!model.empty() && (usage.any() || !input.empty() || !output.empty() || !provider.empty())) {
        kind = Kind::llm;
    } else if (!agent.empty() && item_name_.find(agent) != std::string_view::npos) {
        kind = Kind::agent;
    }
}

// Agents and tools without an attribute for their name have it in the span's, as the conventions and frameworks write
// it.
void Facts::name_participant() {
    if (kind != Kind::agent && kind != Kind::tool) return;
    auto& participant = kind == Kind::agent ? agent : tool;
    if (!participant.empty()) return;
    participant = entity_.empty() ? item_name_ : entity_;
    for (const std::string_view prefix : {"invoke_agent ", "execute_tool ", "tools/call ", "agent.", "tool."}) {
        if (!participant.starts_with(prefix)) continue;
        participant.remove_prefix(prefix.size());
        return;
    }
}

std::int64_t Facts::count(std::size_t index) const {
    return static_cast<std::int64_t>(numbers_[index]);
}

// Conventions say that input includes cached tokens; Anthropic's own counts do not, and some producers pass them on.
// They are added only where it is certain that they are apart: more cached than input, or a total that is the sum of
// all four.
void Facts::settle_usage() {
    auto& u = usage;
    u.input_tokens = count(number_index(Fact::input_tokens));
    u.output_tokens = count(number_index(Fact::output_tokens));
    u.cache_read_tokens = count(number_index(Fact::cache_read));
    u.cache_write_tokens = count(number_index(Fact::cache_write));
    u.reasoning_tokens = count(number_index(Fact::reasoning));
    const auto total = count(number_index(Fact::total_tokens));
    const auto cached = u.cache_read_tokens + u.cache_write_tokens;
    const bool has_input = number_ranks_[number_index(Fact::input_tokens)] != 0;
    const bool has_output = number_ranks_[number_index(Fact::output_tokens)] != 0;
    if (cached > 0 && has_input) {
        const bool apart =
            cached > u.input_tokens || (has_output && total == u.input_tokens + u.output_tokens + cached);
        if (apart) u.input_tokens += cached;
    }
    if (!has_input && total > u.output_tokens) u.input_tokens = total - u.output_tokens;
    if (has_input && !has_output && total > u.input_tokens) u.output_tokens = total - u.input_tokens;
    u.cost_usd = numbers_[number_index(Fact::cost)];
    if (number_ranks_[number_index(Fact::cost)] == 0) {
        u.cost_usd = numbers_[number_index(Fact::cost_input)] + numbers_[number_index(Fact::cost_output)];
    }
    if (number_ranks_[number_index(Fact::millis)] != 0) {
        duration_nanos = std::llround(std::min(numbers_[number_index(Fact::millis)] * 1e6, 9e18));
    } else if (number_ranks_[number_index(Fact::seconds)] != 0) {
        duration_nanos = std::llround(std::min(numbers_[number_index(Fact::seconds)] * 1e9, 9e18));
    }
}

}  // namespace ark::model
