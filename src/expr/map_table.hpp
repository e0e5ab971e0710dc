#pragma once
#include "expr/value.hpp"

#include <cstddef>
#include <cstdint>

namespace ark::expr {

/// A map that an expression or a function made: entries in order of insertion, with a hash index from a size on where
/// looking at each would cost more. Lives in an arena; filled by MapBuilder, then immutable.
struct MapTable {
    struct Entry {
        Value key;
        Value value;
    };
    static constexpr std::uint32_t scanned_max = 8;  // up to here a scan beats hashing
    static constexpr std::uint32_t none = 0xffffffff;

    Entry* entries = nullptr;
    std::uint32_t* buckets = nullptr;  // index into entries or `none`; open addressing; nullptr while small
    std::uint32_t size = 0;
    std::uint32_t capacity = 0;
    std::uint32_t bucket_mask = 0;

    const Entry* find(const Value& key) const;
    void index(std::uint32_t entry);  // enters an entry into the buckets
};

/// Keys: bool, int, uint, string; a double finds the number it equals.
bool is_key(const Value& value);
std::uint64_t hash_key(const Value& key);
bool equal_keys(const Value& a, const Value& b);

}  // namespace ark::expr
