#pragma once
#include "expr/program.hpp"
#include "items/items.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace ark::items {

/// The variables of filter expressions, by slot. What an item does not say is "", 0 or false, so that a filter over
/// many kinds of items needs no has().
enum class Variable : std::uint32_t {
    type,  // "event", "span", "log", "message", "chunk"
    time,
    reason,
    operation,
    phase,
    level,
    component,
    name,
    session,
    query,
    query_name,
    conversation,
    trace,
    span,
    parent_span,
    user,
    subject,
    agent,
    team,
    tool,
    tool_call,
    model,
    provider,
    peer,
    question,
    service,
    duration_ms,
    tokens,
    cost_usd,
    error,
    failed,
    input,
    output,
    message,
    derived,
    attributes,
    resource,
    metadata,
    count
};

/// Environment with these variables; built once.
const expr::Environment& item_environment();

/// An attribute value; lists and maps are made in the evaluation's memory.
expr::Value attribute_value(const model::ValueView& value, expr::Evaluation& evaluation);

/// Attributes as a map, walked when a key is looked up.
class AttributeMap final : public expr::HostMap {
public:
    explicit AttributeMap(otlp::Attributes attributes) : attributes_(attributes) {}
    std::size_t size() const override;
    std::optional<expr::Value> find(const expr::Value& key, expr::Evaluation& evaluation) const override;
    expr::Value keys(expr::Evaluation& evaluation) const override;

private:
    otlp::Attributes attributes_;
};

/// A few named values as a map.
template <std::size_t n>
class FieldMap final : public expr::HostMap {
public:
    struct Field {
        std::string_view name;
        expr::Value value;
    };
    explicit FieldMap(const std::array<Field, n>& fields) : fields_(fields) {}
    std::size_t size() const override { return n; }
    std::optional<expr::Value> find(const expr::Value& key, expr::Evaluation&) const override {
        if (!key.is(expr::Kind::string)) return std::nullopt;
        for (const auto& field : fields_)
            if (field.name == key.as_text()) return field.value;
        return std::nullopt;
    }
    expr::Value keys(expr::Evaluation& evaluation) const override {
        expr::ListBuilder list(evaluation, n);
        for (const auto& field : fields_)
            list.push(expr::Value::string(field.name));
        return list.finish();
    }

private:
    std::array<Field, n> fields_;
};

/// What `type` says of an item.
std::string_view type_name(ItemType type);

/// The tokens of something as a map: input, output, total, cacheRead, cacheWrite, reasoning.
FieldMap<6> token_map(const model::Usage& usage);

/// The variables of one event, span, log, message or chunk. Looks nothing up before it is asked; views the item.
class ItemValues final : public expr::Activation {
public:
    ItemValues(const Event& event, const Context& context);
    ItemValues(const Item& item, const Context& context);  ///< of a span, message or chunk

    std::optional<expr::Value> variable(std::uint32_t slot, expr::Evaluation& evaluation) const override;

private:
    std::optional<expr::Value> text_variable(Variable variable, expr::Evaluation& evaluation) const;
    std::string_view error_message() const;
    double duration_ms() const;
    otlp::Attributes attributes() const;
    otlp::Attributes resource() const;

    const Item& item_;
    const Context& context_;
    const Event* event_ = nullptr;  // nullptr for a span, message or chunk
};

}  // namespace ark::items
