#include "model/dictionary.hpp"

#include "model/dictionary_table.hpp"
#include "model/name_table.hpp"

#include <array>

namespace ark::model {
namespace {

constexpr std::size_t reason_count = std::size(table::reasons);
constexpr std::size_t alias_count = std::size(table::aliases);
constexpr std::size_t name_count = reason_count + alias_count;
constexpr std::size_t phase_count = 5;

// Indices, not pointers: g++ 12 with UBSan does not compare addresses in constant expressions.
constexpr std::size_t canonical(std::string_view name) {
    for (std::size_t i = 0; i < reason_count; ++i) {
        if (table::reasons[i].name == name) return i;
    }
    throw "an alias of a reason that does not exist";
}

consteval std::array<std::string_view, name_count> all_names() {
    std::array<std::string_view, name_count> names;
    for (std::size_t i = 0; i < reason_count; ++i)
        names[i] = table::reasons[i].name;
    for (std::size_t i = 0; i < alias_count; ++i)
        names[reason_count + i] = table::aliases[i].name;
    return names;
}

consteval std::array<std::uint16_t, name_count> all_entries() {
    std::array<std::uint16_t, name_count> entries{};
    for (std::size_t i = 0; i < name_count; ++i) {
        entries[i] =
            static_cast<std::uint16_t>(i < reason_count ? i : canonical(table::aliases[i - reason_count].canonical));
    }
    return entries;
}

consteval bool numbers_ascend() {
    for (std::size_t i = 1; i < reason_count; ++i) {
        if (table::reasons[i - 1].number >= table::reasons[i].number) return false;
    }
    return table::reasons[0].number > 0 && table::reasons[reason_count - 1].number < 250;
}
static_assert(numbers_ascend());

// The operation that a span of a kind stands for.
constexpr std::string_view operation_of(Kind kind) {
    switch (kind) {
        case Kind::query:
            return "QueryExecution";
        case Kind::agent:
            return "AgentExecution";
        case Kind::team:
            return "TeamExecution";
        case Kind::llm:
            return "LLMCall";
        case Kind::tool:
            return "ToolCall";
        case Kind::memory:
            return "MemoryRetrieve";
        case Kind::a2a:
            return "A2ACall";
        case Kind::other:
        case Kind::evaluation:
            return "";
    }
    return "";
}

// Index in the table plus one; 0 = none.
using SpanReasons = std::array<std::array<std::uint16_t, phase_count>, kind_count>;

consteval SpanReasons span_reasons() {
    SpanReasons reasons{};
    for (std::size_t kind = 0; kind < kind_count; ++kind) {
        const auto operation = operation_of(static_cast<Kind>(kind));
        if (operation.empty()) continue;
        for (std::size_t i = 0; i < reason_count; ++i) {
            const auto& reason = table::reasons[i];
            if (reason.operation != operation || reason.phase == Phase::none) continue;
            reasons[kind][static_cast<std::size_t>(reason.phase)] = static_cast<std::uint16_t>(i + 1);
        }
    }
    return reasons;
}

constexpr NameTable<name_count> names{all_names()};
constexpr auto entries = all_entries();
constexpr auto by_kind = span_reasons();

constexpr struct {
    std::string_view text;
    Phase phase;
} endings[] = {{"Start", Phase::start},
               {"Complete", Phase::complete},
               {"Error", Phase::error},
               {"Canceled", Phase::canceled},
               {"Cancelled", Phase::canceled}};

}  // namespace

std::string_view name(Phase phase) {
    switch (phase) {
        case Phase::none:
            return "";
        case Phase::start:
            return "start";
        case Phase::complete:
            return "complete";
        case Phase::error:
            return "error";
        case Phase::canceled:
            return "canceled";
    }
    return "";
}

std::string_view name(Level level) {
    return level == Level::warning ? "Warning" : "Normal";
}

std::string_view name(KeyType type) {
    switch (type) {
        case KeyType::text:
            return "text";
        case KeyType::number:
            return "number";
        case KeyType::integer:
            return "integer";
        case KeyType::boolean:
            return "boolean";
        case KeyType::time:
            return "time";
        case KeyType::object:
            return "object";
    }
    return "";
}

std::span<const Reason> reasons() {
    return table::reasons;
}

std::span<const ReasonAlias> reason_aliases() {
    return table::aliases;
}

std::span<const MetadataKey> common_keys() {
    return table::common;
}

const Reason* find_reason(std::string_view name) {
    const auto index = names.find(name);
    return index == names.absent ? nullptr : &table::reasons[entries[index]];
}

const Reason* reason_of(Kind kind, Phase phase) {
    const auto index = static_cast<std::size_t>(kind);
    const std::size_t entry = index < kind_count ? by_kind[index][static_cast<std::size_t>(phase)] : 0;
    return entry == 0 ? nullptr : &table::reasons[entry - 1];
}

ParsedReason parse_reason(std::string_view reason) {
    for (const auto& ending : endings) {
        if (reason.size() > ending.text.size() && reason.ends_with(ending.text)) {
            return {reason.substr(0, reason.size() - ending.text.size()), ending.phase};
        }
    }
    return {reason, Phase::none};
}

}  // namespace ark::model
