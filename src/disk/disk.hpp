#pragma once
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Files as the journal needs them: the real ones, and FaultyDisk that breaks them on demand.
namespace ark::disk {

/// An open file. Reads may come from any thread; writes and sync from one.
class File {
public:
    virtual ~File() = default;
    /// Reads exactly out.size bytes or up to the end of file; returns how many.
    virtual Result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) = 0;
    /// Writes all bytes. With direct I/O: offset, size and address aligned to alignment().
    virtual Status write_at(std::uint64_t offset, const char* bytes, std::size_t size) = 0;
    /// fdatasync. After an error the state of the file is unknown; never retry.
    virtual Status sync() = 0;
    /// Reserves space so that overwrites need no metadata (posix_fallocate; zeroes included).
    virtual Status allocate(std::uint64_t size) = 0;
    virtual Status truncate(std::uint64_t size) = 0;
    virtual Result<std::uint64_t> size() = 0;
    virtual std::size_t alignment() const = 0;  ///< 1 for buffered files, else the unit of direct I/O
};

enum class OpenMode {
    read,           ///< must exist, buffered
    read_direct,    ///< must exist, past the page cache where the file system can: for scans that nobody repeats
    write,          ///< must exist, buffered
    create,         ///< created or truncated, buffered
    create_direct,  ///< created if absent, not truncated, O_DIRECT where the file system has it (else buffered)
};

class Disk {
public:
    virtual ~Disk() = default;
    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    virtual Status create_directories(const std::string& path) = 0;
    virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;  ///< names, sorted
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    virtual Status remove(const std::string& path) = 0;
    virtual bool exists(const std::string& path) = 0;
    virtual Status sync_directory(const std::string& path) = 0;
    virtual Result<std::string> read_file(const std::string& path) = 0;
    /// Atomic: a temporary file, synced, renamed, directory synced.
    virtual Status write_file(const std::string& path, std::string_view bytes) = 0;
    /// An exclusive lock that ends with the object or the process. conflict: somebody else holds it.
    virtual Result<std::unique_ptr<File>> lock(const std::string& path) = 0;
    virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
    /// Differs after the machine restarted: what was written but not synced before may be gone. Empty when unknown.
    virtual std::string boot_id() = 0;
};

Disk& real_disk();

}  // namespace ark::disk
