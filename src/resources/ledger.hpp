#pragma once
#include "disk/disk.hpp"
#include "resources/state.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ark::resources {

/// The file that a store's changes are kept in (docs/formats/resources.md): a snapshot, then every change since, in
/// frames with checksums. append() returns when the frame survives a power cut.
///
/// After a failed write or sync the file's state is unknown: every later append is refused until mend() has written
/// another.
/// One thread.
class Ledger {
public:
    struct Opened {
        std::unique_ptr<Ledger> ledger;
        State state;                  ///< as it was acknowledged last
        std::vector<Change> changes;  ///< since the snapshot, in order: the history that watches go on from
        std::uint64_t floor = 0;      ///< the version of the snapshot: nothing before it is known
        std::uint64_t cut_bytes = 0;  ///< of a torn last frame, which nobody was told of
    };
    /// Creates what is missing, cuts a torn end. Errors: conflict (another process has it), corrupt (a damaged frame
    /// with intact ones behind it), io.
    static Result<Opened> open(disk::Disk& disk, const std::string& directory);

    Status append(const std::vector<Change>& changes);
    /// Replaces the file by a snapshot of the state. Atomic.
    Status compact(const State& state);
    /// After a failure: another file, a snapshot of the state that was acknowledged last. Atomic. An error: it still
    /// fails.
    Status mend(const State& state);
    std::uint64_t bytes() const { return end_; }
    bool failed() const { return failed_; }

private:
    Ledger(disk::Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}
    std::string path() const { return directory_ + "/resources.ledger"; }
    Status write_snapshot(const State& state);
    Status replay(Opened& opened);
    Status cut(std::uint64_t end);

    disk::Disk& disk_;  // outlives us
    const std::string directory_;
    std::unique_ptr<disk::File> lock_;
    std::unique_ptr<disk::File> file_;
    std::uint64_t end_ = 0;
    bool failed_ = false;
};

}  // namespace ark::resources
