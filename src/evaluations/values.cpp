#include "evaluations/values.hpp"

#include "base/duration.hpp"
#include "base/time.hpp"
#include "codec/base64.hpp"

#include <algorithm>

namespace ark::evaluations {
namespace {

using codec::JsonValue;
using expr::Kind;
using expr::Value;

class JsonList final : public expr::HostList {
public:
    explicit JsonList(const JsonValue& array) : array_(&array) {}
    std::size_t size() const override { return array_->size(); }
    Value at(std::size_t index, expr::Evaluation& evaluation) const override {
        return view_of((*array_)[index], evaluation);
    }

private:
    const JsonValue* array_;
};

JsonValue json_of_list(const Value& list, expr::Evaluation& evaluation) {
    JsonValue::Array array;
    for (std::size_t i = 0; i < list.size(); ++i)
        array.push_back(json_of(list.at(i, evaluation), evaluation));
    return JsonValue{std::move(array)};
}

JsonValue json_of_map(const Value& map, expr::Evaluation& evaluation) {
    JsonValue::Object object;
    const auto keys = map.keys(evaluation);
    if (keys.is_error()) return {};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto key = keys.at(i, evaluation);
        const auto found = map.find(key, evaluation);
        if (!found) continue;
        auto name = key.is(Kind::string) ? std::string(key.as_text()) : to_text(key, evaluation);
        object.emplace_back(std::move(name), json_of(*found, evaluation));
    }
    return JsonValue{std::move(object)};
}

JsonValue json_of_timestamp(const Value& time, expr::Evaluation& evaluation) {
    if (time.unix_seconds() < 0) return JsonValue{to_text(time, evaluation)};  // before what UnixNanos can hold
    const auto nanos = static_cast<std::uint64_t>(time.unix_seconds()) * 1'000'000'000 + time.nanos();
    return JsonValue{to_rfc3339(UnixNanos{nanos})};
}

}  // namespace

Value view_of(const JsonValue& json, expr::Evaluation& evaluation) {
    if (const auto* boolean = std::get_if<bool>(&json.data)) return Value::boolean(*boolean);
    if (const auto* integer = std::get_if<std::int64_t>(&json.data)) return Value::integer(*integer);
    if (const auto* large = std::get_if<std::uint64_t>(&json.data)) return Value::real(static_cast<double>(*large));
    if (const auto* real = std::get_if<double>(&json.data)) return Value::real(*real);
    if (json.is_string()) return Value::string(json.text());
    if (json.is_array()) {
        const auto* list = evaluation.make<JsonList>(json);
        return list == nullptr ? evaluation.exhausted() : Value::list(*list);
    }
    if (json.is_object()) {
        const auto* map = evaluation.make<JsonMap>(json);
        return map == nullptr ? evaluation.exhausted() : Value::map(*map);
    }
    return Value::null();
}

std::optional<Value> JsonMap::find(const Value& key, expr::Evaluation& evaluation) const {
    if (!key.is(Kind::string)) return std::nullopt;
    const auto& members = object_->object();
    const auto found = std::find_if(members.rbegin(), members.rend(),
                                    [&](const auto& member) { return member.first == key.as_text(); });
    if (found == members.rend()) return std::nullopt;
    return view_of(found->second, evaluation);
}

Value JsonMap::keys(expr::Evaluation& evaluation) const {
    expr::ListBuilder list(evaluation, object_->size());
    for (const auto& [name, value] : object_->object()) {
        if (!list.push(Value::string(name))) break;
    }
    return list.finish();
}

JsonValue json_of(const Value& value, expr::Evaluation& evaluation) {
    switch (value.kind()) {
        case Kind::null:
            return {};
        case Kind::boolean:
            return JsonValue{value.as_boolean()};
        case Kind::integer:
            return JsonValue{value.as_integer()};
        case Kind::unsigned_integer:
            return JsonValue{value.as_unsigned_integer()};
        case Kind::real:
            return JsonValue{value.as_real()};
        case Kind::string:
        case Kind::type:
            return JsonValue{std::string(value.as_text())};
        case Kind::bytes:
            return JsonValue{codec::to_base64(value.as_text())};
        case Kind::list:
            return json_of_list(value, evaluation);
        case Kind::map:
            return json_of_map(value, evaluation);
        case Kind::timestamp:
            return json_of_timestamp(value, evaluation);
        case Kind::duration:
            return JsonValue{ark::to_text(std::chrono::nanoseconds(value.duration_nanos()))};
        case Kind::optional:
            return value.held() == nullptr ? JsonValue{} : json_of(*value.held(), evaluation);
        case Kind::opaque:
        case Kind::error:
            break;
    }
    return JsonValue{to_text(value, evaluation)};
}

}  // namespace ark::evaluations
