#include "store/kv.hpp"

#include "base/check.hpp"
#include "store/memtable.hpp"

#include <array>
#include <cstring>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

namespace ark::store {
namespace {

constexpr std::array<const char*, space_count> space_names{"default", "rows", "postings", "projected"};
constexpr int open_files_max = 256;  // table readers cost ~20 KB each outside the block cache
// Twice the default where a point read asks filters first: compaction, which takes a core from the fold, halves.
constexpr int sorted_runs_max = 8;
// Of ids, asked for with every new trace, and of postings, which are scanned.
constexpr int sorted_runs_searched_max = 4;

rocksdb::Slice slice(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
}

std::string_view view(const rocksdb::Slice& slice) {
    return {slice.data(), slice.size()};
}

Error failure(const rocksdb::Status& status, std::string_view what) {
    const auto code = status.IsNoSpace()      ? Errc::disk_full
                      : status.IsCorruption() ? Errc::corrupt
                      : status.IsIOError()    ? Errc::io
                                              : Errc::internal;
    return fail(code, std::string(what) + ": " + status.ToString());
}

rocksdb::Options database_options() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.atomic_flush = true;  // with the log off: what survives a crash is a prefix of the commits
    options.max_background_jobs = 2;
    options.max_open_files = open_files_max;
    options.keep_log_file_num = 2;
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.skip_stats_update_on_db_open = true;  // readies a large database in milliseconds
    options.bytes_per_sync = 1u << 20;
    options.avoid_unnecessary_blocking_io = true;
    options.compaction_readahead_size = 2u << 20;
    options.allow_concurrent_memtable_write = false;  // one thread folds; memtable.hpp relies on it
    options.table_cache_numshardbits = 2;
    return options;
}

rocksdb::ColumnFamilyOptions space_options(Space space, const KvConfig& config,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.checksum = rocksdb::kXXH3;  // Debian's build has no crc32 instruction
    table.format_version = 5;
    table.cache_index_and_filter_blocks = true;  // inside cache_bytes, not beside it
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.block_size = space == Space::postings ? 32u << 10 : 8u << 10;
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.metadata_block_size = 8u << 10;
    if (space != Space::postings) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    if (space == Space::ids) {
        // A quarter of the fold was looking for ids that nobody had seen: their filters stay in memory, whole, 1.25
        // bytes an id.
        table.partition_filters = false;
        table.index_type = rocksdb::BlockBasedTableOptions::kBinarySearch;
        table.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
    }

    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.compression = rocksdb::kLZ4Compression;
    options.write_buffer_size = config.memtable_bytes;
    options.max_write_buffer_number = 3;
    options.target_file_size_base = 32u << 20;
    options.max_bytes_for_level_base = 256u << 20;
    options.level_compaction_dynamic_level_bytes = true;
    options.memtable_factory = memtable_factory();
    const bool searched = space == Space::ids || space == Space::postings;
    options.level0_file_num_compaction_trigger = searched ? sorted_runs_searched_max : sorted_runs_max;
    options.level0_slowdown_writes_trigger = 40;
    options.level0_stop_writes_trigger = 60;
    if (space == Space::rows || space == Space::projected) {
        // A flush has keys of every kind, from the first prefix to the last: merged by levels, it would rewrite all
        // there is each time.
        options.compaction_style = rocksdb::kCompactionStyleUniversal;
        options.level_compaction_dynamic_level_bytes = false;
    }
    if (space == Space::ids) {
        // Most lookups are of ids never seen before: the filter answers them without a search of the memtable.
        options.memtable_prefix_bloom_size_ratio = 0.05;
        options.memtable_whole_key_filtering = true;
        options.OptimizeUniversalStyleCompaction(config.memtable_bytes * 3);
        options.compression_per_level.clear();
        options.compression = rocksdb::kNoCompression;  // random keys, tiny values
        options.write_buffer_size = config.memtable_bytes;
        options.max_write_buffer_number = 3;
        options.min_write_buffer_number_to_merge = 1;
    }
    return options;
}

class RocksIterator final : public Iterator {
public:
    RocksIterator(std::unique_ptr<rocksdb::Iterator> iterator, std::unique_ptr<std::array<std::string, 2>> bounds,
                  std::unique_ptr<std::array<rocksdb::Slice, 2>> slices)
        : bounds_(std::move(bounds)), slices_(std::move(slices)), iterator_(std::move(iterator)) {}
    void seek(std::string_view key) override { iterator_->Seek(slice(key)); }
    void seek_for_prev(std::string_view key) override { iterator_->SeekForPrev(slice(key)); }
    void next() override { iterator_->Next(); }
    void prev() override { iterator_->Prev(); }
    bool valid() const override { return iterator_->Valid(); }
    std::string_view key() const override { return view(iterator_->key()); }
    std::string_view value() const override { return view(iterator_->value()); }

private:
    std::unique_ptr<std::array<std::string, 2>> bounds_;  // RocksDB points at the slices, these at the strings
    std::unique_ptr<std::array<rocksdb::Slice, 2>> slices_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
};

using Handles = std::array<rocksdb::ColumnFamilyHandle*, space_count>;

Result<std::optional<std::string>> read(rocksdb::DB& db, const Handles& handles, const rocksdb::ReadOptions& options,
                                        Space space, std::string_view key) {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // of this thread: nobody reads its counters
    std::string value;
    const auto status = db.Get(options, handles[static_cast<std::size_t>(space)], slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return failure(status, "store: read");
    return std::optional<std::string>(std::move(value));
}

class RocksSnapshot final : public Snapshot {
public:
    RocksSnapshot(rocksdb::DB& db, const Handles& handles) : db_(db), handles_(handles), snapshot_(db.GetSnapshot()) {}
    ~RocksSnapshot() override { db_.ReleaseSnapshot(snapshot_); }
    RocksSnapshot(const RocksSnapshot&) = delete;
    RocksSnapshot& operator=(const RocksSnapshot&) = delete;

    Result<std::optional<std::string>> get(Space space, std::string_view key) const override {
        rocksdb::ReadOptions options;
        options.snapshot = snapshot_;
        return read(db_, handles_, options, space, key);
    }
    std::unique_ptr<Iterator> iterate(Space space, std::string_view lower, std::string_view upper) const override {
        auto bounds = std::make_unique<std::array<std::string, 2>>();
        (*bounds)[0] = lower;
        (*bounds)[1] = upper;
        auto slices = std::make_unique<std::array<rocksdb::Slice, 2>>();
        (*slices)[0] = slice((*bounds)[0]);
        (*slices)[1] = slice((*bounds)[1]);
        rocksdb::ReadOptions options;
        options.snapshot = snapshot_;
        options.total_order_seek = true;
        if (!lower.empty()) options.iterate_lower_bound = slices->data();
        if (!upper.empty()) options.iterate_upper_bound = slices->data() + 1;
        std::unique_ptr<rocksdb::Iterator> iterator(
            db_.NewIterator(options, handles_[static_cast<std::size_t>(space)]));
        return std::make_unique<RocksIterator>(std::move(iterator), std::move(bounds), std::move(slices));
    }

private:
    rocksdb::DB& db_;  // outlives every snapshot: owned by RocksKv
    const Handles& handles_;
    const rocksdb::Snapshot* snapshot_;
};

/// What changes, in order, as bytes: operation, space, sizes, key, value. RocksDB's own batch is made from it at the
/// commit.
enum class Operation : char { put = 0, remove = 1, remove_range = 2 };

struct OperationHeader {
    Operation operation;
    char space;
    std::uint32_t key_size;
    std::uint32_t value_size;
};

}  // namespace

struct WriteBatch::Impl {
    std::string operations;

    void append(Operation operation, Space space, std::string_view key, std::string_view value) {
        const OperationHeader header{operation, static_cast<char>(space), static_cast<std::uint32_t>(key.size()),
                                     static_cast<std::uint32_t>(value.size())};
        operations.append(reinterpret_cast<const char*>(&header), sizeof header);
        operations.append(key);
        operations.append(value);
    }
};

WriteBatch::WriteBatch() : impl_(std::make_unique<Impl>()) {}
WriteBatch::~WriteBatch() = default;
WriteBatch::WriteBatch(WriteBatch&&) noexcept = default;
WriteBatch& WriteBatch::operator=(WriteBatch&&) noexcept = default;

void WriteBatch::put(Space space, std::string_view key, std::string_view value) {
    impl_->append(Operation::put, space, key, value);
}

void WriteBatch::remove(Space space, std::string_view key) {
    impl_->append(Operation::remove, space, key, {});
}

void WriteBatch::remove_range(Space space, std::string_view begin, std::string_view end) {
    ARK_CHECK(space == Space::projected, "the other spaces are tuned for never removing ranges");
    impl_->append(Operation::remove_range, space, begin, end);
}

void WriteBatch::clear() {
    impl_->operations.clear();
}

std::size_t WriteBatch::bytes() const {
    return impl_->operations.size();
}

namespace {

class RocksKv final : public Kv {
public:
    RocksKv(std::unique_ptr<rocksdb::DB> db, const Handles& handles) : db_(std::move(db)), handles_(handles) {}
    ~RocksKv() override {
        for (auto* handle : handles_)
            db_->DestroyColumnFamilyHandle(handle);
    }
    RocksKv(const RocksKv&) = delete;
    RocksKv& operator=(const RocksKv&) = delete;

    Status commit(WriteBatch& batch) override {
        auto& operations = batch.impl().operations;
        rocksdb::WriteBatch changes(operations.size() + 64);
        for (std::string_view rest = operations; !rest.empty();)
            apply_next(rest, changes);
        rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // of this thread
        rocksdb::WriteOptions options;
        options.disableWAL = true;
        const auto status = db_->Write(options, &changes);
        if (!status.ok()) return failure(status, "store: commit");
        operations.clear();
        return ok();
    }

    Result<std::optional<std::string>> get(Space space, std::string_view key) const override {
        return read(*db_, handles_, rocksdb::ReadOptions(), space, key);
    }

    std::unique_ptr<Snapshot> snapshot() const override { return std::make_unique<RocksSnapshot>(*db_, handles_); }

    Status flush() override {
        const std::vector<rocksdb::ColumnFamilyHandle*> all(handles_.begin(), handles_.end());
        const auto status = db_->Flush(rocksdb::FlushOptions(), all);
        if (!status.ok()) return failure(status, "store: flush");
        return ok();
    }

    std::uint64_t bytes_on_disk() const override { return total({&rocksdb::DB::Properties::kTotalSstFilesSize}); }

    std::uint64_t bytes_in_memory() const override {
        // The cache is one for all spaces: ask any.
        std::uint64_t cached = 0;
        db_->GetIntProperty(handles_[0], rocksdb::DB::Properties::kBlockCacheUsage, &cached);
        return cached +
               total({&rocksdb::DB::Properties::kSizeAllMemTables, &rocksdb::DB::Properties::kEstimateTableReadersMem});
    }

private:
    void apply_next(std::string_view& rest, rocksdb::WriteBatch& changes) const {
        OperationHeader header;
        std::memcpy(&header, rest.data(), sizeof header);
        const auto key = rest.substr(sizeof header, header.key_size);
        const auto value = rest.substr(sizeof header + header.key_size, header.value_size);
        rest.remove_prefix(sizeof header + header.key_size + header.value_size);
        auto* handle = handles_[static_cast<std::size_t>(header.space)];
        switch (header.operation) {
            case Operation::put:
                changes.Put(handle, slice(key), slice(value));
                break;
            case Operation::remove:
                changes.Delete(handle, slice(key));
                break;
            case Operation::remove_range:
                changes.DeleteRange(handle, slice(key), slice(value));
                break;
        }
    }

    std::uint64_t total(std::initializer_list<const std::string*> properties) const {
        std::uint64_t sum = 0;
        for (auto* handle : handles_) {
            for (const auto* property : properties) {
                std::uint64_t value = 0;
                if (db_->GetIntProperty(handle, *property, &value)) sum += value;
            }
        }
        return sum;
    }

    std::unique_ptr<rocksdb::DB> db_;
    const Handles handles_;  // constant after construction
};

}  // namespace

Result<std::unique_ptr<Kv>> Kv::open(const KvConfig& config) {
    const auto cache = rocksdb::NewLRUCache(config.cache_bytes, 2, /*strict_capacity_limit=*/false, 0.2);
    std::vector<rocksdb::ColumnFamilyDescriptor> spaces;
    for (std::size_t i = 0; i < space_count; ++i) {
        spaces.emplace_back(space_names[i], space_options(static_cast<Space>(i), config, cache));
    }
    std::vector<rocksdb::ColumnFamilyHandle*> opened;
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(database_options(), config.directory, spaces, &opened, &db);
    if (!status.ok()) return failure(status, "store: open " + config.directory);
    Handles handles{};
    for (std::size_t i = 0; i < space_count; ++i)
        handles[i] = opened[i];
    return std::unique_ptr<Kv>(std::make_unique<RocksKv>(std::unique_ptr<rocksdb::DB>(db), handles));
}

}  // namespace ark::store
