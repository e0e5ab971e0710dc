#pragma once
#include "disk/disk.hpp"

#include <string>
#include <string_view>

namespace ark::disk {

/// Replaces a small file so that after a crash it holds the old or the new bytes, nothing between: a temporary file
/// beside it, synced, renamed over it, directory synced. What Disk::write_file is made of.
Status write_atomically(Disk& disk, const std::string& path, std::string_view bytes);

}  // namespace ark::disk
