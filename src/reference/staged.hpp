#pragma once
#include "base/result.hpp"
#include "store/kv.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::reference {

/// Rows as the fold sees them: the store's, with what this drain changed on top. One thread.
///
/// Most rows are written and not looked at again in their drain: changes are collected as they come, and put in order
/// when the first look, or the commit, needs that. Rows that are read and changed again and again: HotRows.
///
/// An error of the store is kept: from then on everything reads as absent, and write() returns it.
class Staged {
public:
    explicit Staged(store::Kv& kv) : kv_(kv) {}

    std::optional<std::string> get(std::string_view key);
    void put(std::string_view key, std::string_view value) { note(key, value, true); }
    void remove(std::string_view key) { note(key, {}, false); }
    /// Takes away all rows whose keys begin with `prefix`.
    void remove_all(std::string_view prefix);

    /// Visits the rows in [begin, end), in order; false stops. The visitor must not change rows.
    using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
    void scan(std::string_view begin, std::string_view end, const Visitor& visit);

    /// The row as the last commit left it, unless this drain took its whole stretch away: for whoever keeps the changes
    /// of its rows himself.
    std::optional<std::string> stored(std::string_view key);

    /// Adds all changes to the batch, which is about to be committed, and forgets them. Changes that others keep
    /// follow.
    Status write(store::WriteBatch& batch);
    /// Keeps an error of whoever reads the rows.
    void fail_with(Error error);

private:
    struct Range {
        std::string begin, end;
    };
    /// A change that has not been put in order yet; its bytes are in bytes_, key first.
    struct Change {
        std::size_t at;
        std::uint32_t key_size, value_size;
        bool there;  // false: removed
    };
    void note(std::string_view key, std::string_view value, bool there);
    std::string_view key_of(const Change& change) const { return {bytes_.data() + change.at, change.key_size}; }
    std::string_view value_of(const Change& change) const {
        return {bytes_.data() + change.at + change.key_size, change.value_size};
    }
    bool removed(std::string_view key) const;
    void put_in_order();
    void write_as_they_came(store::WriteBatch& batch);

    store::Kv& kv_;                                                           // outlives us
    std::map<std::string, std::optional<std::string>, std::less<>> changed_;  // nothing: removed
    std::vector<Change> later_;                                               // than those in changed_, as they came
    std::string bytes_;                                                       // of later_
    std::vector<Range> removed_;  // whole stretches; what is in changed_ and later_ came after them
    Status status_ = ok();
};

}  // namespace ark::reference
