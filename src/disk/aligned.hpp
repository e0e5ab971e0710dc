#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace ark::disk {

/// The unit of direct I/O that every journal file is laid out in, whatever the device's own is.
inline constexpr std::size_t block_bytes = 4096;

constexpr std::uint64_t align_up(std::uint64_t n, std::uint64_t unit = block_bytes) {
    return (n + unit - 1) / unit * unit;
}
constexpr std::uint64_t align_down(std::uint64_t n, std::uint64_t unit = block_bytes) {
    return n / unit * unit;
}

/// Bytes at an address that direct I/O accepts. Contents are undefined until written. Grows, never shrinks by itself.
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::size_t capacity) { reserve(capacity); }

    char* data() { return data_.get(); }
    const char* data() const { return data_.get(); }
    std::size_t capacity() const { return capacity_; }

    /// Makes room for `capacity` bytes. The old contents are lost.
    void reserve(std::size_t capacity) {
        if (capacity <= capacity_) return;
        release();
        capacity = align_up(capacity);
        data_.reset(static_cast<char*>(std::aligned_alloc(block_bytes, capacity)));
        if (!data_) throw std::bad_alloc();
        capacity_ = capacity;
    }
    void release() {
        data_.reset();
        capacity_ = 0;
    }

private:
    struct Free {
        void operator()(char* p) const { std::free(p); }
    };
    std::unique_ptr<char, Free> data_;
    std::size_t capacity_ = 0;
};

}  // namespace ark::disk
