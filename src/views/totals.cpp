#include "views/totals.hpp"

#include <algorithm>
#include <cmath>

namespace ark::views {
namespace {

constexpr double nano = 1e9;
// No producer means more; keeps sums of hostile values meaningful.
constexpr std::int64_t tokens_max = 1'000'000'000'000;
constexpr double cost_max = 1e9;

std::uint64_t tokens(std::int64_t value) {
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(value, 0, tokens_max));
}

}  // namespace

Tally Tally::of(const model::Usage& usage) {
    Tally tally;
    tally.input = tokens(usage.input_tokens);
    tally.output = tokens(usage.output_tokens);
    tally.cache_read = tokens(usage.cache_read_tokens);
    tally.cache_write = tokens(usage.cache_write_tokens);
    tally.reasoning = tokens(usage.reasoning_tokens);
    if (usage.cost_usd > 0)
        tally.nano_usd = static_cast<std::uint64_t>(std::llround(std::min(usage.cost_usd, cost_max) * nano));
    return tally;
}

model::Usage Tally::usage() const {
    model::Usage usage;
    usage.input_tokens = static_cast<std::int64_t>(input);
    usage.output_tokens = static_cast<std::int64_t>(output);
    usage.cache_read_tokens = static_cast<std::int64_t>(cache_read);
    usage.cache_write_tokens = static_cast<std::int64_t>(cache_write);
    usage.reasoning_tokens = static_cast<std::int64_t>(reasoning);
    usage.cost_usd = static_cast<double>(nano_usd) / nano;
    return usage;
}

Tally& Tally::operator+=(const Tally& other) {
    input += other.input;
    output += other.output;
    cache_read += other.cache_read;
    cache_write += other.cache_write;
    reasoning += other.reasoning;
    nano_usd += other.nano_usd;
    return *this;
}

Tally& Tally::operator-=(const Tally& other) {
    input -= other.input;
    output -= other.output;
    cache_read -= other.cache_read;
    cache_write -= other.cache_write;
    reasoning -= other.reasoning;
    nano_usd -= other.nano_usd;
    return *this;
}

void Tally::pack(std::string& out) const {
    for (const auto value : {input, output, cache_read, cache_write, reasoning, nano_usd})
        append_varint(out, value);
}

void Tally::unpack(Unpacker& in) {
    for (auto* value : {&input, &output, &cache_read, &cache_write, &reasoning, &nano_usd})
        *value = in.varint();
}

Totals& Totals::operator+=(const Totals& other) {
    spans += other.spans;
    open += other.open;
    errors += other.errors;
    events += other.events;
    running += other.running;
    stories += other.stories;
    for (std::size_t i = 0; i < by_kind.size(); ++i)
        by_kind[i] += other.by_kind[i];
    own += other.own;
    rolled_up += other.rolled_up;
    return *this;
}

Totals& Totals::operator-=(const Totals& other) {
    spans -= other.spans;
    open -= other.open;
    errors -= other.errors;
    events -= other.events;
    running -= other.running;
    stories -= other.stories;
    for (std::size_t i = 0; i < by_kind.size(); ++i)
        by_kind[i] -= other.by_kind[i];
    own -= other.own;
    rolled_up -= other.rolled_up;
    return *this;
}

namespace {

/// Calls visit for every number of a Totals, always in the same order.
template <class Sums, class Visit>
void for_each_number(Sums& totals, Visit visit) {
    for (auto* value :
         {&totals.spans, &totals.open, &totals.errors, &totals.events, &totals.running, &totals.stories}) {
        visit(*value);
    }
    for (auto& value : totals.by_kind)
        visit(value);
    for (auto* tally : {&totals.own, &totals.rolled_up}) {
        for (auto* value : {&tally->input, &tally->output, &tally->cache_read, &tally->cache_write, &tally->reasoning,
                            &tally->nano_usd}) {
            visit(*value);
        }
    }
}

}  // namespace

/// Most of the numbers are 0: a bit each says which are not.
void Totals::pack(std::string& out) const {
    std::uint64_t present = 0;
    unsigned bit = 0;
    for_each_number(*this, [&](std::uint64_t value) { present |= std::uint64_t{value != 0} << bit++; });
    append_varint(out, present);
    for_each_number(*this, [&](std::uint64_t value) {
        if (value != 0) append_varint(out, value);
    });
}

void Totals::unpack(Unpacker& in) {
    const auto present = in.varint();
    unsigned bit = 0;
    for_each_number(*this, [&](std::uint64_t& value) { value = (present >> bit++ & 1) != 0 ? in.varint() : 0; });
}

std::size_t NameList::index_of(std::string_view name) const {
    std::size_t i = 0;
    while (i < items_.size() && items_[i].name != name)
        ++i;
    return i;
}

bool NameList::admit(std::string_view name) {
    const auto i = index_of(name);
    if (i < items_.size()) {
        ++items_[i].users;
        return false;
    }
    if (full_) return false;
    Item item;
    item.name = name;
    item.users = 1;
    items_.push_back(std::move(item));
    full_ = items_.size() == names_max;
    return true;
}

void NameList::release(std::string_view name) {
    const auto i = index_of(name);
    if (i == items_.size()) return;
    if (items_[i].users > 0) --items_[i].users;
    if (items_[i].users == 0 && !full_) items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(i));
}

void NameList::count(std::string_view name, Part part, std::uint64_t delta) {
    const auto i = index_of(name);
    auto& counts = i < items_.size() ? items_[i].counts : rest_;
    counts[static_cast<std::size_t>(part)] += delta;
}

void NameList::hand_on(NameList* a, NameList* b, Part part) {
    for (auto& item : items_) {
        const auto delta = item.counts[0] - item.counts[1];
        if (delta == 0) continue;
        for (auto* group : {a, b}) {
            if (group != nullptr) group->count(item.name, part, delta);
        }
        item.counts[1] = item.counts[0];
    }
    for (auto* group : {a, b}) {
        if (group != nullptr) group->rest_[static_cast<std::size_t>(part)] += rest_[0] - rest_[1];
    }
    rest_[1] = rest_[0];
}

void NameList::join(NameList& group, Part part) {
    for (auto& item : items_) {
        group.admit(item.name);
        group.count(item.name, part, item.counts[1]);
    }
    group.rest_[static_cast<std::size_t>(part)] += rest_[1];
}

void NameList::leave(NameList& group, Part part) {
    for (auto& item : items_) {
        group.count(item.name, part, ~item.counts[1] + 1);
        group.release(item.name);
    }
    group.rest_[static_cast<std::size_t>(part)] -= rest_[1];
}

Names NameList::names(Part part) const {
    Names names;
    names.reserve(items_.size() + 1);
    for (const auto& item : items_) {
        if (item.users == 0) continue;
        names.push_back({item.name, static_cast<std::uint32_t>(item.counts[static_cast<std::size_t>(part)])});
    }
    const auto rest = rest_[static_cast<std::size_t>(part)];
    if (rest != 0) names.push_back({"…", static_cast<std::uint32_t>(rest)});
    return names;
}

std::size_t NameList::bytes() const {
    return items_.capacity() * (sizeof(Item) + 16);
}

void NameList::pack(std::string& out) const {
    append_varint(out, items_.size() << 1 | (full_ ? 1u : 0u));
    for (const auto& item : items_) {
        append_text(out, item.name);
        append_varint(out, item.users);
        for (const auto count : item.counts)
            append_varint(out, count);
    }
    for (const auto rest : rest_)
        append_varint(out, rest);
}

void NameList::unpack(Unpacker& in) {
    const auto header = in.varint();
    full_ = (header & 1) != 0;
    items_.clear();
    for (std::uint64_t i = 0; i < header >> 1 && in.ok(); ++i) {
        Item item;
        item.name = in.text();
        item.users = static_cast<std::uint32_t>(in.varint());
        for (auto& count : item.counts)
            count = in.varint();
        items_.push_back(std::move(item));
    }
    for (auto& rest : rest_)
        rest = in.varint();
}

std::optional<NameKind> name_kind_of(model::Kind kind) {
    switch (kind) {
        case model::Kind::agent:
            return NameKind::agent;
        case model::Kind::team:
            return NameKind::team;
        case model::Kind::tool:
            return NameKind::tool;
        case model::Kind::llm:
            return NameKind::model;
        default:
            return std::nullopt;
    }
}

}  // namespace ark::views
