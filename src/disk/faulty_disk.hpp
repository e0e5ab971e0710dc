#pragma once
#include "base/random.hpp"
#include "disk/disk.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ark::disk {

/// A disk in memory that breaks on demand, as disks do. Seeded: one seed, one sequence of faults. Thread-safe.
///
/// It knows what was synced: crash() is a power failure after which only that is left, or that and a random choice of
/// the sectors, directory entries and sizes that were still on their way. Files opened before a crash answer io.
class FaultyDisk final : public Disk {
public:
    static constexpr std::size_t sector_bytes = 512;  ///< written whole or not at all

    explicit FaultyDisk(std::uint64_t seed = 1);
    ~FaultyDisk() override;

    // What goes wrong. Counts are of operations from now on, 1 = the next; each happens once.
    void fail_write(std::uint64_t nth, std::size_t bytes_kept = 0);  ///< EIO after so many bytes reached the file
    void fail_sync(std::uint64_t nth);  ///< EIO; nothing of it is persisted, and no later sync will persist it
    void set_capacity(std::optional<std::uint64_t> bytes);  ///< of all files; growing beyond is disk_full
    void fail_reads(bool on);

    // Damage that nobody noticed yet: of what is stored, synced or not.
    void flip_bit(const std::string& path, std::uint64_t byte, unsigned bit);
    void zero(const std::string& path, std::uint64_t from, std::uint64_t size);
    void set_contents(const std::string& path, std::string bytes);
    std::string contents(const std::string& path) const;

    enum class Unsynced {
        lost,  ///< none of it reached the disk
        some,  ///< a random part did
        kept,  ///< all did: the process died, the machine did not
    };
    /// Locks are released. After lost and some the boot id is another.
    void crash(Unsynced unsynced);

    std::uint64_t writes() const;  ///< since the beginning
    std::uint64_t syncs() const;

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Status create_directories(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    bool exists(const std::string& path) override;
    Status sync_directory(const std::string& path) override;
    Result<std::string> read_file(const std::string& path) override;
    Status write_file(const std::string& path, std::string_view bytes) override;
    Result<std::unique_ptr<File>> lock(const std::string& path) override;
    Result<std::uint64_t> free_bytes(const std::string& path) override;
    std::string boot_id() override;

private:
    struct Node;
    class OpenFile;
    class HeldLock;
    using Names = std::map<std::string, std::shared_ptr<Node>>;

    std::shared_ptr<Node> find_locked(const std::string& path) const;
    std::uint64_t used_locked() const;
    Status grow_locked(Node& node, std::uint64_t size, const std::string& path);
    void note_names_locked();

    mutable std::mutex mutex_;  // leaf; guards all below
    Random random_;
    Names names_;                        // as programs see them
    std::vector<Names> unsynced_names_;  // after each change since the last sync_directory, oldest first
    Names synced_names_;
    std::set<std::string> locks_;
    std::uint64_t generation_ = 1;  // counts crashes: files of an older one are dead
    std::uint64_t boot_ = 1;
    std::uint64_t writes_ = 0;
    std::uint64_t syncs_ = 0;
    std::optional<std::uint64_t> failing_write_;  // number of the write
    std::size_t failing_write_keeps_ = 0;
    std::optional<std::uint64_t> failing_sync_;
    std::optional<std::uint64_t> capacity_;
    bool reads_fail_ = false;
};

}  // namespace ark::disk
