#pragma once
#include "base/result.hpp"
#include "reference/row_cache.hpp"
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
/// Nobody else writes these rows: what was read lately is remembered from drain to drain.
///
/// An error of the store is kept: from then on everything reads as absent, and write() returns it.
class Staged {
public:
    explicit Staged(store::Kv& kv);

    std::optional<std::string> get(std::string_view key);
    void put(std::string key, std::string value);
    void remove(std::string_view key);
    /// Takes away all rows whose keys begin with `prefix`.
    void remove_all(std::string_view prefix);

    /// Visits the rows in [begin, end), in order; false stops. The visitor must not change rows.
    using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
    void scan(std::string_view begin, std::string_view end, const Visitor& visit);

    /// Adds all changes to the batch, which is about to be committed, and forgets them.
    Status write(store::WriteBatch& batch);
    /// Keeps an error of whoever reads the rows.
    void fail_with(Error error);

private:
    struct Range {
        std::string begin, end;
    };
    bool removed(std::string_view key) const;

    store::Kv& kv_;                                                           // outlives us
    std::map<std::string, std::optional<std::string>, std::less<>> changed_;  // nothing: removed
    std::vector<Range> removed_;  // whole stretches; what is in changed_ came after them
    RowCache read_;               // as stored, without what is in changed_ and removed_
    Status status_ = ok();
};

}  // namespace ark::reference
