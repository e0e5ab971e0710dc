#include "disk/atomic_write.hpp"

namespace ark::disk {

Status write_atomically(Disk& disk, const std::string& path, std::string_view bytes) {
    const std::string temporary = path + ".tmp";
    {
        ARK_TRY(const auto file, disk.open(temporary, OpenMode::create));
        ARK_TRY_STATUS(file->write_at(0, bytes.data(), bytes.size()));
        ARK_TRY_STATUS(file->sync());
    }
    ARK_TRY_STATUS(disk.rename(temporary, path));
    const auto slash = path.rfind('/');
    return disk.sync_directory(slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1));
}

}  // namespace ark::disk
