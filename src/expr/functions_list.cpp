#include "expr/library.hpp"

#include <algorithm>

namespace ark::expr {

namespace {

Value distinct(const Call& call) {
    const auto& list = call.arguments[0];
    ListBuilder kept(call.evaluation);
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto item = list.at(i, call.evaluation);
        const auto so_far = kept.finish();
        bool known = so_far.is_error();
        for (std::size_t k = 0; k < kept.size() && !known; ++k)
            known = equals(so_far.at(k, call.evaluation), item, call.evaluation);
        if (!known) kept.push(item);
        if (call.evaluation.is_exhausted()) break;
    }
    return kept.finish();
}

void flatten_into(ListBuilder& flat, const Value& list, std::int64_t depth, Evaluation& evaluation) {
    for (std::size_t i = 0; i < list.size() && evaluation.step(); ++i) {
        const auto item = list.at(i, evaluation);
        if (item.is(Kind::list) && depth > 0)
            flatten_into(flat, item, depth - 1, evaluation);
        else
            flat.push(item);
    }
}

Value flatten(const Call& call) {
    constexpr std::int64_t depth_max = 100;
    const auto depth = call.arguments.size() == 2 ? call.arguments[1].as_integer() : 1;
    if (depth < 0 || depth > depth_max)
        return call.evaluation.fail(Code::invalid_argument,
                                    fmt::format("flatten() goes 0 to {} levels deep", depth_max));
    ListBuilder flat(call.evaluation);
    flatten_into(flat, call.arguments[0], depth, call.evaluation);
    return flat.finish();
}

Value range(const Call& call) {
    const auto count = call.arguments[0].as_integer();
    if (count < 0) return call.evaluation.fail(Code::invalid_argument, "a range of a negative size");
    auto* items = call.evaluation.values(static_cast<std::size_t>(count));
    if (items == nullptr) return call.evaluation.exhausted();
    for (std::int64_t i = 0; i < count; ++i)
        items[i] = Value::integer(i);
    return Value::list(std::span<const Value>(items, static_cast<std::size_t>(count)));
}

// The elements in an array of their own, to be put in order.
std::span<Value> copy(const Call& call) {
    const auto& list = call.arguments[0];
    auto* items = call.evaluation.values(list.size());
    if (items == nullptr) return {};
    for (std::size_t i = 0; i < list.size(); ++i)
        items[i] = list.at(i, call.evaluation);
    return {items, list.size()};
}

Value reverse(const Call& call) {
    const auto items = copy(call);
    std::reverse(items.begin(), items.end());
    return call.evaluation.is_exhausted() ? call.evaluation.exhausted() : Value::list(items);
}

Value slice(const Call& call) {
    const auto& list = call.arguments[0];
    const auto from = call.arguments[1].as_integer();
    const auto to = call.arguments[2].as_integer();
    if (from < 0 || to < from || static_cast<std::uint64_t>(to) > list.size())
        return call.evaluation.fail(Code::index_out_of_range,
                                    fmt::format("a slice from {} to {} of a list of {}", from, to, list.size()));
    ListBuilder part(call.evaluation, static_cast<std::size_t>(to - from));
    for (auto i = from; i < to; ++i)
        part.push(list.at(static_cast<std::size_t>(i), call.evaluation));
    return part.finish();
}

Value sort(const Call& call) {
    const auto items = copy(call);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto order = compare(items[0], items[i]);
        if (order == Order::incomparable || order == Order::unordered)
            return call.evaluation.fail(Code::no_such_overload, fmt::format("{} and {} have no order",
                                                                            type_name(items[0]), type_name(items[i])));
    }
    // A sort of n elements compares about n·log2(n) times; 17 is the log of the longest list.
    if (!call.evaluation.charge(items.size() * 17)) return call.evaluation.exhausted();
    std::stable_sort(items.begin(), items.end(),
                     [](const Value& a, const Value& b) { return compare(a, b) == Order::less; });
    return call.evaluation.is_exhausted() ? call.evaluation.exhausted() : Value::list(items);
}

template <bool first>
Value end_of(const Call& call) {
    const auto& list = call.arguments[0];
    if (list.size() == 0) return Value::optional(nullptr);
    return call.evaluation.optional(list.at(first ? 0 : list.size() - 1, call.evaluation));
}

}  // namespace

void add_lists(Library& library) {
    library.add("distinct", "list(A).() list(A)", &distinct);
    library.add("flatten", "list(A).() list(dyn)", &flatten);
    library.add("flatten", "list(A).(int) list(dyn)", &flatten);
    library.add("lists.range", "(int) list(int)", &range);
    library.add("reverse", "list(A).() list(A)", &reverse);
    library.add("slice", "list(A).(int, int) list(A)", &slice);
    library.add("sort", "list(A).() list(A)", &sort);
    library.add("first", "list(A).() optional(A)", &end_of<true>);
    library.add("last", "list(A).() optional(A)", &end_of<false>);
}

}  // namespace ark::expr
