#include "expr/value.hpp"

#include "expr/evaluation.hpp"
#include "expr/map_table.hpp"
#include "expr/numbers.hpp"

#include <cmath>
#include <compare>

namespace ark::expr {

Value Value::list(std::span<const Value> items) {
    Value value(Kind::list, static_cast<std::uint32_t>(items.size()), 0);
    value.items_ = items.data();
    return value;
}

Value Value::list(const HostList& host) {
    Value value(Kind::list, 0, 0);
    value.host_ = true;
    value.host_list_ = &host;
    return value;
}

Value Value::map(const HostMap& host) {
    Value value(Kind::map, 0, 0);
    value.host_ = true;
    value.host_map_ = &host;
    return value;
}

Value Value::map(const MapTable& table) {
    Value value(Kind::map, table.size, 0);
    value.table_ = &table;
    return value;
}

Value Value::optional(const Value* held) {
    Value value(Kind::optional, 0, 0);
    value.items_ = held;
    return value;
}

Value Value::opaque(const Opaque& opaque) {
    Value value(Kind::opaque, 0, 0);
    value.opaque_ = &opaque;
    return value;
}

Value Value::error(const Failure& failure) {
    Value value(Kind::error, 0, 0);
    value.failure_ = &failure;
    return value;
}

std::size_t Value::size() const {
    if (!host_) return size_;
    return kind_ == Kind::list ? host_list_->size() : host_map_->size();
}

std::optional<Value> Value::find(const Value& key, Evaluation& evaluation) const {
    if (host_) return host_map_->find(key, evaluation);
    const auto* entry = table_->find(key);
    if (entry == nullptr) return std::nullopt;
    return entry->value;
}

Value Value::keys(Evaluation& evaluation) const {
    if (host_) return host_map_->keys(evaluation);
    ListBuilder list(evaluation, table_->size);
    for (std::uint32_t i = 0; i < table_->size; ++i)
        list.push(table_->entries[i].key);
    return list.finish();
}

namespace {

bool equal_lists(const Value& a, const Value& b, Evaluation& evaluation) {
    const auto size = a.size();
    if (size != b.size()) return false;
    for (std::size_t i = 0; i < size; ++i)
        if (!equals(a.at(i, evaluation), b.at(i, evaluation), evaluation)) return false;
    return true;
}

bool equal_maps(const Value& a, const Value& b, Evaluation& evaluation) {
    if (a.size() != b.size()) return false;
    const auto keys = a.keys(evaluation);
    if (keys.is_error()) return false;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto key = keys.at(i, evaluation);
        const auto left = a.find(key, evaluation);
        const auto right = b.find(key, evaluation);
        if (!left || !right || !equals(*left, *right, evaluation)) return false;
    }
    return true;
}

bool equal_optionals(const Value& a, const Value& b, Evaluation& evaluation) {
    if (a.held() == nullptr || b.held() == nullptr) return a.held() == b.held();
    return equals(*a.held(), *b.held(), evaluation);
}

Order order(std::strong_ordering ordering) {
    if (ordering < 0) return Order::less;
    return ordering > 0 ? Order::greater : Order::equal;
}

}  // namespace

bool equals(const Value& a, const Value& b, Evaluation& evaluation) {
    if (!evaluation.step()) return false;
    if (a.kind() != b.kind()) return a.is_number() && b.is_number() && compare_numbers(a, b) == Order::equal;
    switch (a.kind()) {
        case Kind::null:
            return true;
        case Kind::boolean:
        case Kind::integer:
        case Kind::duration:
            return a.as_integer() == b.as_integer();
        case Kind::unsigned_integer:
            return a.as_unsigned_integer() == b.as_unsigned_integer();
        case Kind::real:
            return a.as_real() == b.as_real();
        case Kind::string:
        case Kind::bytes:
        case Kind::type:
            return a.as_text() == b.as_text();
        case Kind::timestamp:
            return a.unix_seconds() == b.unix_seconds() && a.nanos() == b.nanos();
        case Kind::list:
            return equal_lists(a, b, evaluation);
        case Kind::map:
            return equal_maps(a, b, evaluation);
        case Kind::optional:
            return equal_optionals(a, b, evaluation);
        case Kind::opaque:
            return a.as_opaque().type_name() == b.as_opaque().type_name() && a.as_opaque().equals(b.as_opaque());
        case Kind::error:
            return false;
    }
    return false;
}

Order compare(const Value& a, const Value& b) {
    if (a.kind() != b.kind()) return a.is_number() && b.is_number() ? compare_numbers(a, b) : Order::incomparable;
    switch (a.kind()) {
        case Kind::boolean:
        case Kind::integer:
        case Kind::duration:
            return order(a.as_integer() <=> b.as_integer());
        case Kind::unsigned_integer:
            return order(a.as_unsigned_integer() <=> b.as_unsigned_integer());
        case Kind::real:
            return compare_numbers(a, b);
        case Kind::string:
        case Kind::bytes:
            return order(a.as_text().compare(b.as_text()) <=> 0);
        case Kind::timestamp:
            if (a.unix_seconds() != b.unix_seconds()) return order(a.unix_seconds() <=> b.unix_seconds());
            return order(a.nanos() <=> b.nanos());
        default:
            return Order::incomparable;
    }
}

std::string_view type_name(const Value& value) {
    switch (value.kind()) {
        case Kind::null:
            return "null_type";
        case Kind::boolean:
            return "bool";
        case Kind::integer:
            return "int";
        case Kind::unsigned_integer:
            return "uint";
        case Kind::real:
            return "double";
        case Kind::string:
            return "string";
        case Kind::bytes:
            return "bytes";
        case Kind::list:
            return "list";
        case Kind::map:
            return "map";
        case Kind::type:
            return "type";
        case Kind::timestamp:
            return "google.protobuf.Timestamp";
        case Kind::duration:
            return "google.protobuf.Duration";
        case Kind::optional:
            return "optional_type";
        case Kind::opaque:
            return value.as_opaque().type_name();
        case Kind::error:
            return "error";
    }
    return "error";
}

}  // namespace ark::expr
