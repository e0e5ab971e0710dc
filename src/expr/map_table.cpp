#include "expr/map_table.hpp"

#include "expr/numbers.hpp"

#include <cmath>
#include <functional>

namespace ark::expr {

bool is_key(const Value& value) {
    switch (value.kind()) {
        case Kind::boolean:
        case Kind::integer:
        case Kind::unsigned_integer:
        case Kind::string:
            return true;
        default:
            return false;
    }
}

std::uint64_t hash_key(const Value& key) {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio: spreads neighbours
    if (key.is(Kind::string)) return std::hash<std::string_view>{}(key.as_text());
    // Equal numbers hash alike whatever their type.
    if (key.is(Kind::real)) {
        if (const auto integer = to_integer(key.as_real())) return static_cast<std::uint64_t>(*integer) * odd;
        if (const auto integer = to_unsigned_integer(key.as_real())) return *integer * odd;
        return 0;
    }
    return key.as_unsigned_integer() * odd;
}

bool equal_keys(const Value& a, const Value& b) {
    if (a.kind() != b.kind()) return a.is_number() && b.is_number() && compare_numbers(a, b) == Order::equal;
    if (a.is(Kind::string)) return a.as_text() == b.as_text();
    if (a.is(Kind::real)) return a.as_real() == b.as_real();
    return is_key(a) && a.as_integer() == b.as_integer();
}

const MapTable::Entry* MapTable::find(const Value& key) const {
    // A double from 2^53 on equals several integers, which hash apart.
    const bool vague = key.is(Kind::real) && std::fabs(key.as_real()) >= 9007199254740992.0;
    if (buckets == nullptr || vague) {
        for (std::uint32_t i = 0; i < size; ++i)
            if (equal_keys(entries[i].key, key)) return &entries[i];
        return nullptr;
    }
    for (auto at = static_cast<std::uint32_t>(hash_key(key) >> 20) & bucket_mask;; at = (at + 1) & bucket_mask) {
        if (buckets[at] == none) return nullptr;
        if (equal_keys(entries[buckets[at]].key, key)) return &entries[buckets[at]];
    }
}

void MapTable::index(std::uint32_t entry) {
    auto at = static_cast<std::uint32_t>(hash_key(entries[entry].key) >> 20) & bucket_mask;
    while (buckets[at] != none)
        at = (at + 1) & bucket_mask;
    buckets[at] = entry;
}

}  // namespace ark::expr
