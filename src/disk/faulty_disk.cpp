#include "disk/faulty_disk.hpp"

#include "disk/aligned.hpp"
#include "disk/atomic_write.hpp"

#include <algorithm>
#include <cstring>

namespace ark::disk {

struct FaultyDisk::Node {
    std::string bytes;              // as programs see it
    std::string synced;             // what a power failure leaves
    std::set<std::uint64_t> dirty;  // sectors written since the last sync; a failed sync forgets them, as Linux does
};

class FaultyDisk::OpenFile final : public File {
public:
    OpenFile(FaultyDisk& disk, std::shared_ptr<Node> node, std::string path, bool direct)
        : disk_(disk), node_(std::move(node)), path_(std::move(path)), direct_(direct), generation_(disk.generation_) {}

    Result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) override {
        const std::lock_guard lock(disk_.mutex_);
        ARK_TRY_STATUS(alive("read"));
        if (disk_.reads_fail_) return fail(Errc::io, "read " + path_ + ": injected");
        if (offset >= node_->bytes.size()) return std::size_t{0};
        const auto n = std::min<std::uint64_t>(size, node_->bytes.size() - offset);
        std::memcpy(out, node_->bytes.data() + offset, n);
        return static_cast<std::size_t>(n);
    }

    Status write_at(std::uint64_t offset, const char* bytes, std::size_t size) override {
        const std::lock_guard lock(disk_.mutex_);
        ARK_TRY_STATUS(alive("write"));
        if (direct_ && (offset % block_bytes != 0 || size % block_bytes != 0)) {
            return fail(Errc::internal, "write " + path_ + ": not aligned");
        }
        ++disk_.writes_;
        const bool fails = disk_.failing_write_ == disk_.writes_;
        if (fails) size = std::min(size, disk_.failing_write_keeps_);
        ARK_TRY_STATUS(disk_.grow_locked(*node_, offset + size, path_));
        std::memcpy(node_->bytes.data() + offset, bytes, size);
        for (auto sector = offset / sector_bytes; sector * sector_bytes < offset + size; ++sector) {
            node_->dirty.insert(sector);
        }
        if (fails) return fail(Errc::io, "write " + path_ + ": injected");
        return ok();
    }

    Status sync() override {
        const std::lock_guard lock(disk_.mutex_);
        ARK_TRY_STATUS(alive("sync"));
        ++disk_.syncs_;
        if (disk_.failing_sync_ == disk_.syncs_) {
            node_->dirty.clear();
            return fail(Errc::io, "sync " + path_ + ": injected");
        }
        node_->synced.resize(node_->bytes.size(), '\0');
        for (const auto sector : node_->dirty)
            copy_sector(*node_, sector);
        node_->dirty.clear();
        return ok();
    }

    Status allocate(std::uint64_t size) override {
        const std::lock_guard lock(disk_.mutex_);
        ARK_TRY_STATUS(alive("allocate"));
        return disk_.grow_locked(*node_, size, path_);
    }

    Status truncate(std::uint64_t size) override {
        const std::lock_guard lock(disk_.mutex_);
        ARK_TRY_STATUS(alive("truncate"));
        if (size > node_->bytes.size()) return disk_.grow_locked(*node_, size, path_);
        node_->bytes.resize(size);
        return ok();
    }

    Result<std::uint64_t> size() override {
        const std::lock_guard lock(disk_.mutex_);
        ARK_TRY_STATUS(alive("stat"));
        return std::uint64_t{node_->bytes.size()};
    }

    std::size_t alignment() const override { return direct_ ? block_bytes : 1; }

    static void copy_sector(Node& node, std::uint64_t sector) {
        const auto from = sector * sector_bytes;
        if (from >= node.bytes.size()) return;
        const auto n = std::min<std::uint64_t>(sector_bytes, node.bytes.size() - from);
        if (node.synced.size() < from + n) node.synced.resize(from + n, '\0');
        std::memcpy(node.synced.data() + from, node.bytes.data() + from, n);
    }

private:
    Status alive(const char* what) const {
        if (generation_ != disk_.generation_) return fail(Errc::io, std::string(what) + " " + path_ + ": crashed");
        return ok();
    }

    FaultyDisk& disk_;
    const std::shared_ptr<Node> node_;
    const std::string path_;
    const bool direct_;
    const std::uint64_t generation_;
};

class FaultyDisk::HeldLock final : public File {
public:
    HeldLock(FaultyDisk& disk, std::string path) : disk_(disk), path_(std::move(path)), generation_(disk.generation_) {}
    ~HeldLock() override {
        const std::lock_guard lock(disk_.mutex_);
        if (generation_ == disk_.generation_) disk_.locks_.erase(path_);
    }
    Result<std::size_t> read_at(std::uint64_t, char*, std::size_t) override { return unusable(); }
    Status write_at(std::uint64_t, const char*, std::size_t) override { return unusable(); }
    Status sync() override { return unusable(); }
    Status allocate(std::uint64_t) override { return unusable(); }
    Status truncate(std::uint64_t) override { return unusable(); }
    Result<std::uint64_t> size() override { return unusable(); }
    std::size_t alignment() const override { return 1; }

private:
    Error unusable() const { return fail(Errc::internal, path_ + " is a lock, not for data"); }

    FaultyDisk& disk_;
    const std::string path_;
    const std::uint64_t generation_;
};

FaultyDisk::FaultyDisk(std::uint64_t seed) : random_(seed) {}
FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::fail_write(std::uint64_t nth, std::size_t bytes_kept) {
    const std::lock_guard lock(mutex_);
    failing_write_ = writes_ + nth;
    failing_write_keeps_ = bytes_kept;
}

void FaultyDisk::fail_sync(std::uint64_t nth) {
    const std::lock_guard lock(mutex_);
    failing_sync_ = syncs_ + nth;
}

void FaultyDisk::set_capacity(std::optional<std::uint64_t> bytes) {
    const std::lock_guard lock(mutex_);
    capacity_ = bytes;
}

void FaultyDisk::fail_reads(bool on) {
    const std::lock_guard lock(mutex_);
    reads_fail_ = on;
}

void FaultyDisk::flip_bit(const std::string& path, std::uint64_t byte, unsigned bit) {
    const std::lock_guard lock(mutex_);
    const auto node = find_locked(path);
    if (!node) return;
    for (auto* bytes : {&node->bytes, &node->synced}) {
        if (byte < bytes->size()) (*bytes)[byte] = static_cast<char>((*bytes)[byte] ^ (1 << bit));
    }
}

void FaultyDisk::zero(const std::string& path, std::uint64_t from, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    const auto node = find_locked(path);
    if (!node) return;
    for (auto* bytes : {&node->bytes, &node->synced}) {
        if (from < bytes->size())
            std::memset(bytes->data() + from, 0, std::min<std::uint64_t>(size, bytes->size() - from));
    }
}

void FaultyDisk::set_contents(const std::string& path, std::string bytes) {
    const std::lock_guard lock(mutex_);
    auto& node = names_[path];
    if (!node) node = std::make_shared<Node>();
    node->bytes = bytes;
    node->synced = std::move(bytes);
    node->dirty.clear();
    synced_names_[path] = node;
    for (auto& names : unsynced_names_)
        names[path] = node;
}

std::string FaultyDisk::contents(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto node = find_locked(path);
    return node ? node->bytes : std::string();
}

void FaultyDisk::crash(Unsynced unsynced) {
    const std::lock_guard lock(mutex_);
    ++generation_;
    locks_.clear();
    if (unsynced == Unsynced::kept) return;

    ++boot_;
    // Directory entries reach the disk in order: some prefix of the changes did.
    if (unsynced == Unsynced::some && !unsynced_names_.empty()) {
        const auto kept = random_.below(unsynced_names_.size() + 1);
        if (kept > 0) synced_names_ = unsynced_names_[kept - 1];
    }
    unsynced_names_.clear();
    names_ = synced_names_;
    for (auto& [path, node] : names_) {
        for (const auto sector : node->dirty) {
            if (unsynced == Unsynced::some && random_.chance(0.5)) OpenFile::copy_sector(*node, sector);
        }
        if (unsynced == Unsynced::some && random_.chance(0.5)) {
            node->synced.resize(std::max(node->synced.size(), node->bytes.size()), '\0');
        }
        node->dirty.clear();
        node->bytes = node->synced;
    }
}

std::uint64_t FaultyDisk::writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
}

std::uint64_t FaultyDisk::syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
}

Result<std::unique_ptr<File>> FaultyDisk::open(const std::string& path, OpenMode mode) {
    const std::lock_guard lock(mutex_);
    auto node = find_locked(path);
    const bool creates = mode == OpenMode::create || mode == OpenMode::create_direct;
    if (!node) {
        if (!creates) return fail(Errc::not_found, "open " + path);
        node = std::make_shared<Node>();
        names_[path] = node;
        note_names_locked();
    } else if (mode == OpenMode::create) {
        node->bytes.clear();
        node->dirty.clear();
    }
    const bool direct = mode == OpenMode::create_direct || mode == OpenMode::read_direct;
    return std::unique_ptr<File>(std::make_unique<OpenFile>(*this, std::move(node), path, direct));
}

Status FaultyDisk::create_directories(const std::string&) {
    return ok();  // every path is a flat name here; list() takes what begins with the directory
}

Result<std::vector<std::string>> FaultyDisk::list(const std::string& directory) {
    const std::lock_guard lock(mutex_);
    const auto begins = directory + "/";
    std::vector<std::string> out;
    for (const auto& [path, node] : names_) {
        if (path.starts_with(begins)) out.push_back(path.substr(begins.size()));
    }
    return out;
}

Status FaultyDisk::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(from);
    if (found == names_.end()) return fail(Errc::not_found, "rename " + from);
    names_[to] = found->second;
    names_.erase(from);
    note_names_locked();
    return ok();
}

Status FaultyDisk::remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (names_.erase(path) == 0) return fail(Errc::not_found, "remove " + path);
    note_names_locked();
    return ok();
}

bool FaultyDisk::exists(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return find_locked(path) != nullptr;
}

Status FaultyDisk::sync_directory(const std::string&) {
    const std::lock_guard lock(mutex_);
    ++syncs_;
    if (failing_sync_ == syncs_) return fail(Errc::io, "sync directory: injected");
    synced_names_ = names_;
    unsynced_names_.clear();
    return ok();
}

Result<std::string> FaultyDisk::read_file(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto node = find_locked(path);
    if (!node) return fail(Errc::not_found, "open " + path);
    if (reads_fail_) return fail(Errc::io, "read " + path + ": injected");
    return node->bytes;
}

Status FaultyDisk::write_file(const std::string& path, std::string_view bytes) {
    return write_atomically(*this, path, bytes);
}

Result<std::unique_ptr<File>> FaultyDisk::lock(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (!locks_.insert(path).second) return fail(Errc::conflict, path + " is locked by another process");
    return std::unique_ptr<File>(std::make_unique<HeldLock>(*this, path));
}

Result<std::uint64_t> FaultyDisk::free_bytes(const std::string&) {
    const std::lock_guard lock(mutex_);
    const auto used = used_locked();
    if (!capacity_) return std::uint64_t{1} << 40;
    return *capacity_ > used ? *capacity_ - used : 0;
}

std::string FaultyDisk::boot_id() {
    const std::lock_guard lock(mutex_);
    return "boot-" + std::to_string(boot_);
}

std::shared_ptr<FaultyDisk::Node> FaultyDisk::find_locked(const std::string& path) const {
    const auto found = names_.find(path);
    return found == names_.end() ? nullptr : found->second;
}

std::uint64_t FaultyDisk::used_locked() const {
    std::uint64_t used = 0;
    for (const auto& [path, node] : names_)
        used += node->bytes.size();
    return used;
}

Status FaultyDisk::grow_locked(Node& node, std::uint64_t size, const std::string& path) {
    if (size <= node.bytes.size()) return ok();
    if (capacity_ && used_locked() - node.bytes.size() + size > *capacity_) {
        return fail(Errc::disk_full, "grow " + path + ": injected");
    }
    node.bytes.resize(size, '\0');
    return ok();
}

void FaultyDisk::note_names_locked() {
    unsynced_names_.push_back(names_);
}

}  // namespace ark::disk
