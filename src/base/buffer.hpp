#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace ark {

/// Owned bytes that are not zeroed before they are filled: request bodies, inflated payloads, journal records.
/// Move-only. `slack` bytes behind the end may be read (not written) by SIMD parsers.
class Buffer {
public:
    static constexpr std::size_t slack = 64;

    Buffer() = default;
    explicit Buffer(std::size_t capacity) { reserve(capacity); }
    static Buffer copy_of(std::string_view bytes) {
        Buffer buffer(bytes.size());
        buffer.append(bytes);
        return buffer;
    }

    Buffer(Buffer&& other) noexcept
        : data_(std::move(other.data_)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    Buffer& operator=(Buffer&& other) noexcept {
        data_ = std::move(other.data_);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
        return *this;
    }

    char* data() { return data_.get(); }
    const char* data() const { return data_.get(); }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    bool empty() const { return size_ == 0; }
    std::string_view view() const { return {data_.get(), size_}; }

    /// Makes room for `capacity` bytes in all; keeps the contents.
    void reserve(std::size_t capacity) {
        if (capacity <= capacity_ && data_) return;
        void* grown = std::realloc(data_.release(), capacity + slack);
        if (grown == nullptr) throw std::bad_alloc();
        data_.reset(static_cast<char*>(grown));
        std::memset(data_.get() + capacity, 0, slack);
        capacity_ = capacity;
    }
    /// The bytes from size() to capacity(), to be filled and then committed.
    std::span<char> spare() { return {data_.get() + size_, capacity_ - size_}; }
    void commit(std::size_t n) { size_ += n; }
    /// Sets the size within the capacity, growing it if needed; new bytes are undefined.
    void resize(std::size_t size) {
        if (size > capacity_) reserve(size);
        size_ = size;
    }
    /// Appends, doubling the capacity when it is used up.
    void append(std::string_view bytes) {
        if (size_ + bytes.size() > capacity_) reserve(std::max(size_ + bytes.size(), capacity_ * 2));
        if (!bytes.empty()) std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    void clear() { size_ = 0; }

private:
    struct Free {
        void operator()(char* p) const { std::free(p); }
    };
    std::unique_ptr<char, Free> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace ark
