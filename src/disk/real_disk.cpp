#include "disk/aligned.hpp"
#include "disk/atomic_write.hpp"
#include "disk/disk.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace ark::disk {
namespace {

Error os_error(std::string what) {
    return from_errno(errno, std::move(what));
}

class RealFile final : public File {
public:
    RealFile(int fd, std::string path, bool direct) : path_(std::move(path)), fd_(fd), direct_(direct) {}
    ~RealFile() override { ::close(fd_); }
    RealFile(const RealFile&) = delete;
    RealFile& operator=(const RealFile&) = delete;

    Result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) override {
        std::size_t done = 0;
        while (done < size) {
            const ssize_t n = ::pread(fd_, out + done, size - done, static_cast<off_t>(offset + done));
            if (n < 0) {
                if (errno == EINTR || gave_up_direct()) continue;
                return os_error("read " + path_);
            }
            if (n == 0) break;
            done += static_cast<std::size_t>(n);
            // A short direct read that is not a whole block can only be the end of the file: asking on would be EINVAL.
            if (direct_ && done % block_bytes != 0) break;
        }
        return done;
    }

    Status write_at(std::uint64_t offset, const char* bytes, std::size_t size) override {
        std::size_t done = 0;
        while (done < size) {
            const ssize_t n = ::pwrite(fd_, bytes + done, size - done, static_cast<off_t>(offset + done));
            if (n < 0) {
                if (errno == EINTR || gave_up_direct()) continue;
                return os_error("write " + path_);
            }
            if (n == 0) return fail(Errc::io, "write " + path_ + ": nothing was written");
            done += static_cast<std::size_t>(n);
        }
        return ok();
    }

    Status sync() override {
        if (::fdatasync(fd_) != 0) return os_error("sync " + path_);
        return ok();
    }

    Status allocate(std::uint64_t size) override {
        const int error = ::posix_fallocate(fd_, 0, static_cast<off_t>(size));
        if (error != 0) return from_errno(error, "allocate " + path_);
        return ok();
    }

    Status truncate(std::uint64_t size) override {
        if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return os_error("truncate " + path_);
        return ok();
    }

    Result<std::uint64_t> size() override {
        struct stat info {};
        if (::fstat(fd_, &info) != 0) return os_error("stat " + path_);
        return static_cast<std::uint64_t>(info.st_size);
    }

    std::size_t alignment() const override { return direct_ ? block_bytes : 1; }

private:
    /// Some file systems accept O_DIRECT at open and answer EINVAL to the first transfer: then the same file goes on
    /// buffered.
    bool gave_up_direct() {
        if (errno != EINVAL || !direct_) return false;
        const int flags = ::fcntl(fd_, F_GETFL);
        if (flags < 0 || ::fcntl(fd_, F_SETFL, flags & ~O_DIRECT) != 0) return false;
        direct_ = false;
        return true;
    }

    const std::string path_;
    const int fd_;
    std::atomic<bool> direct_;  // reads from any thread may find out
};

class RealDisk final : public Disk {
public:
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        const int flags = open_flags(mode) | O_CLOEXEC;
        int fd = ::open(path.c_str(), flags, 0640);
        bool direct = (flags & O_DIRECT) != 0;
        if (fd < 0 && direct && errno == EINVAL) {
            direct = false;
            fd = ::open(path.c_str(), flags & ~O_DIRECT, 0640);
        }
        if (fd < 0) return errno == ENOENT ? fail(Errc::not_found, "open " + path) : os_error("open " + path);
        return std::unique_ptr<File>(std::make_unique<RealFile>(fd, path, direct));
    }

    Status create_directories(const std::string& path) override {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error) return from_errno(error.value(), "create directory " + path);
        return ok();
    }

    Result<std::vector<std::string>> list(const std::string& directory) override {
        std::error_code error;
        std::vector<std::string> names;
        for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
            names.push_back(it->path().filename().string());
        }
        if (error) return from_errno(error.value(), "list " + directory);
        std::sort(names.begin(), names.end());
        return names;
    }

    Status rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return os_error("rename " + from + " to " + to);
        return ok();
    }

    Status remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) return os_error("remove " + path);
        return ok();
    }

    bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

    Status sync_directory(const std::string& path) override {
        const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) return os_error("open directory " + path);
        const RealFile directory(fd, path, false);
        if (::fsync(fd) != 0) return os_error("sync directory " + path);
        return ok();
    }

    Result<std::string> read_file(const std::string& path) override {
        ARK_TRY(const auto file, open(path, OpenMode::read));
        std::string bytes;
        char chunk[8192];
        for (;;) {  // files of /proc have size 0: read until there is no more
            ARK_TRY(const auto n, file->read_at(bytes.size(), chunk, sizeof chunk));
            bytes.append(chunk, n);
            if (n < sizeof chunk) return bytes;
        }
    }

    Status write_file(const std::string& path, std::string_view bytes) override {
        return write_atomically(*this, path, bytes);
    }

    Result<std::unique_ptr<File>> lock(const std::string& path) override {
        const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
        if (fd < 0) return os_error("open " + path);
        auto file = std::make_unique<RealFile>(fd, path, false);
        if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) return fail(Errc::conflict, path + " is locked by another process");
            return os_error("lock " + path);
        }
        return std::unique_ptr<File>(std::move(file));
    }

    Result<std::uint64_t> free_bytes(const std::string& path) override {
        struct statvfs info {};
        if (::statvfs(path.c_str(), &info) != 0) return os_error("statvfs " + path);
        return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
    }

    std::string boot_id() override {
        auto id = read_file("/proc/sys/kernel/random/boot_id");
        if (!id) return {};
        while (!id->empty() && id->back() == '\n')
            id->pop_back();
        return std::move(*id);
    }

private:
    static int open_flags(OpenMode mode) {
        switch (mode) {
            case OpenMode::read:
                return O_RDONLY;
            case OpenMode::read_direct:
                return O_RDONLY | O_DIRECT;
            case OpenMode::write:
                return O_RDWR;
            case OpenMode::create:
                return O_RDWR | O_CREAT | O_TRUNC;
            case OpenMode::create_direct:
                return O_RDWR | O_CREAT | O_DIRECT;
        }
        return O_RDONLY;
    }
};

}  // namespace

Disk& real_disk() {
    static RealDisk disk;
    return disk;
}

}  // namespace ark::disk
