#pragma once
#include "items/expression.hpp"
#include "items/items.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ark::items {

/// The plain parameters that every list and stream offers. All given ones must hold; empty = not given.
struct Filter {
    std::string session;
    std::string query;  ///< id or name
    std::optional<TraceId> trace;
    std::string agent;
    std::string team;
    std::string tool;
    std::string model;
    std::vector<std::string> reasons;  ///< any of; canonical or alias; a trailing '*' matches a prefix
    std::optional<model::Kind> component;
    std::optional<bool> failed;  ///< status=failure / status=success
    UnixNanos from;              ///< item time >= from; 0 = open
    UnixNanos until;             ///< item time < until; 0 = open
    /// Asked last, of what passes the rest.
    std::shared_ptr<const Expression> expression = nullptr;

    bool empty() const;
    /// A text that is equal for equal filters: the key under which subscribers share evaluation and encoding.
    std::string key() const;
};

bool matches_event(const Filter& filter, const Event& event, const Context& context);
/// Of a span, a message or a chunk. Reasons are of events: they narrow nothing else, so that one subscription may ask
/// for both.
bool matches_other(const Filter& filter, const Item& item, const Context& context);
/// Whether the span stands for an event of one of the reasons, or none is asked for.
bool has_reason(const Filter& filter, const Item& span);

}  // namespace ark::items
