#pragma once
#include "base/result.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "disk/disk.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ark::journal {

/// Who a journal is: the file MANIFEST (docs/formats/journal.md).
struct Manifest {
    std::uint64_t id = 0;  ///< random, made once; seeds all checksums
    Epoch epoch;
    UnixNanos created;
    std::string weak;  ///< boot id while a writer runs whose acknowledgements may precede the sync; else empty

    std::string to_text() const;
    /// corrupt: not a manifest, wrong checksum; unsupported: another version.
    static Result<Manifest> parse(std::string_view text);

    static Manifest make(UnixNanos now);
    Status save(disk::Disk& disk, const std::string& directory) const;
    /// not_found: there is none.
    static Result<Manifest> load(disk::Disk& disk, const std::string& directory);
};

/// A random epoch that is not `other`.
Epoch new_epoch(Epoch other);

}  // namespace ark::journal
