#pragma once
#include "codec/json_value.hpp"
#include "expr/evaluation.hpp"
#include "expr/value.hpp"

/// Between JSON and the values of expressions.
namespace ark::evaluations {

/// A view: `json` must outlive the value. Numbers without a fraction that fit are ints, others doubles.
expr::Value view_of(const codec::JsonValue& json, expr::Evaluation& evaluation);

/// A copy. Bytes become base64, times and durations text, map keys text; what has no JSON its text.
codec::JsonValue json_of(const expr::Value& value, expr::Evaluation& evaluation);

/// A JSON object as a map, looked into without copying.
class JsonMap final : public expr::HostMap {
public:
    explicit JsonMap(const codec::JsonValue& object) : object_(&object) {}
    std::size_t size() const override { return object_->size(); }
    std::optional<expr::Value> find(const expr::Value& key, expr::Evaluation& evaluation) const override;
    expr::Value keys(expr::Evaluation& evaluation) const override;

private:
    const codec::JsonValue* object_;
};

}  // namespace ark::evaluations
