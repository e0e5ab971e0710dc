#pragma once
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// An ordered key-value store for indexes and views (RocksDB stops here). Never for payloads.
namespace ark::store {

/// Key spaces with different habits, so that each gets its own tuning and compaction.
enum class Space {
    ids,        ///< random keys, small values, point reads (bloom filter)
    rows,       ///< rewritten often, point reads and short scans
    postings,   ///< mostly appended at the end of the key space, range scans
    projected,  ///< of folds that go along with the views': small rows, short scans
};
inline constexpr std::size_t space_count = 4;

/// Changes that become visible together and survive a crash together (with everything written before them).
class WriteBatch {
public:
    WriteBatch();
    ~WriteBatch();
    WriteBatch(WriteBatch&&) noexcept;
    WriteBatch& operator=(WriteBatch&&) noexcept;
    void put(Space space, std::string_view key, std::string_view value);
    void remove(Space space, std::string_view key);
    /// [begin, end), in Space::projected only.
    void remove_range(Space space, std::string_view begin, std::string_view end);
    void clear();
    std::size_t bytes() const;
    struct Impl;
    Impl& impl() { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

/// Walks keys in order over one consistent snapshot.
class Iterator {
public:
    virtual ~Iterator() = default;
    virtual void seek(std::string_view key) = 0;           ///< to the first key >= key
    virtual void seek_for_prev(std::string_view key) = 0;  ///< to the last key <= key
    virtual void next() = 0;
    virtual void prev() = 0;
    virtual bool valid() const = 0;
    virtual std::string_view key() const = 0;  ///< until the next move
    virtual std::string_view value() const = 0;
};

/// A consistent view of all spaces at one moment.
class Snapshot {
public:
    virtual ~Snapshot() = default;
    virtual Result<std::optional<std::string>> get(Space space, std::string_view key) const = 0;
    /// Keys in [lower, upper); empty upper = to the end.
    virtual std::unique_ptr<Iterator> iterate(Space space, std::string_view lower, std::string_view upper) const = 0;
};

struct KvConfig {
    std::string directory;
    std::size_t memtable_bytes = 32u << 20;  ///< per space
    std::size_t cache_bytes = 32u << 20;     ///< all spaces together
};

/// Thread-safe. Writes are not logged: what was not flushed is gone after a crash, in commit order, all spaces together
/// (atomic flush): the last commits are missing, never some of the middle. The views replay them from the journal.
class Kv {
public:
    virtual ~Kv() = default;
    static Result<std::unique_ptr<Kv>> open(const KvConfig& config);

    virtual Status commit(WriteBatch& batch) = 0;  ///< clears the batch
    virtual Result<std::optional<std::string>> get(Space space, std::string_view key) const = 0;
    virtual std::unique_ptr<Snapshot> snapshot() const = 0;
    /// Makes everything committed so far survive a crash.
    virtual Status flush() = 0;
    virtual std::uint64_t bytes_on_disk() const = 0;
    virtual std::uint64_t bytes_in_memory() const = 0;
};

}  // namespace ark::store
