#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ark::reference {

/// Rows that were read lately, those that are not there too, so that a session in use is not read from the store with
/// each of its events. Two generations: what was not asked for while one filled up is forgotten. One thread.
class RowCache {
public:
    using Row = std::optional<std::string>;  ///< nothing: there is none

    /// At most this many bytes of keys and values in each of the two, and one row more.
    explicit RowCache(std::size_t generation_bytes_max) : bytes_max_(generation_bytes_max) {}

    /// Null when it is not known. Holds until the next call.
    const Row* find(std::string_view key);
    void learn(std::string_view key, Row row);
    /// The row has become this: kept only where its key is known.
    void change(std::string_view key, const Row& row);
    void clear();

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    };
    using Rows = std::unordered_map<std::string, Row, Hash, std::equal_to<>>;
    static std::size_t bytes(std::string_view key, const Row& row) { return key.size() + (row ? row->size() : 0); }

    const std::size_t bytes_max_;
    Rows young_, old_;
    std::size_t young_bytes_ = 0;
};

}  // namespace ark::reference
