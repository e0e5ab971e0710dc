#pragma once
#include "model/kind.hpp"

#include <cstdint>
#include <span>
#include <string_view>

/// The event dictionary: every reason of the product as data (design.md §5), plus the reference's names as aliases.
namespace ark::model {

enum class Phase : std::uint8_t { none = 0, start = 1, complete = 2, error = 3, canceled = 4 };
enum class Level : std::uint8_t { normal = 0, warning = 1 };

std::string_view name(Phase phase);  ///< "start", "complete", "error", "canceled", "" for none
std::string_view name(Level level);  ///< "Normal", "Warning"

enum class KeyType : std::uint8_t { text, number, integer, boolean, time, object };

std::string_view name(KeyType type);  ///< "text", "number", …

struct MetadataKey {
    std::string_view name;
    KeyType type;
};

struct Reason {
    std::uint16_t number;        ///< stable: stored in views as a bit or a number; 0 = not in the dictionary
    std::string_view name;       ///< "ToolCallStart"
    std::string_view operation;  ///< "ToolCall"
    Phase phase;
    Level level;
    Kind kind;
    std::span<const MetadataKey> keys;  ///< beyond the common keys
};

std::span<const Reason> reasons();  ///< the whole dictionary, by number
/// Another name of a reason: the product specification's, or one of an older or newer reference.
struct ReasonAlias {
    std::string_view name;
    std::string_view canonical;
};
std::span<const ReasonAlias> reason_aliases();
std::span<const MetadataKey> common_keys();
/// By name or alias; nullptr when it is not in the dictionary. "ResolveStart" and "QueryResolveStart" are aliases of
/// "QueryExecutionStart"'s family: the entry returned is the canonical one.
const Reason* find_reason(std::string_view name);
/// The reason that a span of this kind corresponds to; nullptr when the kind has none (other, evaluation).
const Reason* reason_of(Kind kind, Phase phase);

/// Operation and phase of any reason text, by its ending: "FooBarError" → {"FooBar", error}. For names outside the
/// dictionary.
struct ParsedReason {
    std::string_view operation;
    Phase phase = Phase::none;
};
ParsedReason parse_reason(std::string_view reason);

}  // namespace ark::model
