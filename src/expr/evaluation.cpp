#include "expr/evaluation.hpp"

#include "base/duration.hpp"
#include "expr/map_table.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace ark::expr {

namespace {

constexpr std::size_t block_bytes_min = 4096;
constexpr std::size_t block_bytes_max = 1 << 20;
constexpr std::uint64_t steps_per_look = 1024;  // at the clock: ~20 µs of work

std::byte* align(std::byte* at, std::size_t alignment) {
    const auto address = reinterpret_cast<std::uintptr_t>(at);
    return at + ((alignment - address % alignment) % alignment);
}

}  // namespace

void* Arena::allocate(std::size_t bytes, std::size_t alignment) {
    auto* at = align(next_, alignment);
    if (next_ == nullptr || at > end_ || static_cast<std::size_t>(end_ - at) < bytes)
        return allocate_block(bytes, alignment);
    if (bytes > bytes_max_ - used_) return nullptr;
    used_ += bytes;
    next_ = at + bytes;
    return at;
}

void* Arena::allocate_block(std::size_t bytes, std::size_t alignment) {
    if (bytes > bytes_max_ - used_) return nullptr;
    const auto last = blocks_.empty() ? block_bytes_min / 2 : blocks_.back().size;
    const auto size = std::max(bytes + alignment, std::min(last * 2, block_bytes_max));
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    next_ = blocks_.back().bytes.get();
    end_ = next_ + size;
    auto* at = align(next_, alignment);
    used_ += bytes;
    next_ = at + bytes;
    return at;
}

void Arena::clear() {
    used_ = 0;
    if (blocks_.empty()) return;
    if (blocks_.size() > 1) blocks_.resize(1);
    next_ = blocks_.front().bytes.get();
    end_ = next_ + blocks_.front().size;
}

Evaluation::Evaluation(const Limits& limits, const Clock* clock)
    : limits_(limits), clock_(clock), arena_(limits.memory_bytes) {
    start();
}

void Evaluation::start() {
    arena_.clear();
    exhausted_ = nullptr;
    until_look_ = std::min(steps_per_look, limits_.steps);
    left_ = limits_.steps - until_look_;
    deadline_ns_ = 0;  // the clock is read at the first look only: short evaluations never pay for it
}

bool Evaluation::charge(std::uint64_t steps) {
    if (exhausted_ != nullptr) return false;
    if (steps <= until_look_) {
        until_look_ -= steps;
        return true;
    }
    if (steps - until_look_ > left_) {
        exhaust(fmt::format("more than {} steps", limits_.steps));
        return false;
    }
    left_ -= steps - until_look_;
    until_look_ = std::min(steps_per_look, left_);
    left_ -= until_look_;
    if (clock_ != nullptr) {
        const auto now = clock_->monotonic_nanos();
        if (deadline_ns_ == 0) deadline_ns_ = now + limits_.time_ns;
        if (now > deadline_ns_) {
            exhaust("longer than " + ark::to_text(std::chrono::nanoseconds(limits_.time_ns)));
            return false;
        }
    }
    return true;
}

void Evaluation::exhaust(std::string_view message) {
    if (exhausted_ != nullptr) return;
    exhaustion_text_ = "the evaluation needs " + std::string(message);
    exhaustion_ = {Code::budget_exceeded, exhaustion_text_, no_offset};
    exhausted_ = &exhaustion_;
    left_ = until_look_ = 0;
}

Value Evaluation::exhausted() const {
    return Value::error(exhaustion_);
}

void* Evaluation::allocate(std::size_t bytes, std::size_t alignment) {
    if (exhausted_ != nullptr) return nullptr;
    auto* room = arena_.allocate(bytes, alignment);
    if (room == nullptr) exhaust(fmt::format("more than {} bytes of memory", limits_.memory_bytes));
    return room;
}

Value Evaluation::fail(Code code, std::string_view message) {
    const auto copy = text(message);
    if (copy.is_error()) return copy;
    const auto* failure = make<Failure>(Failure{code, copy.as_text(), no_offset});
    return failure == nullptr ? exhausted() : Value::error(*failure);
}

Value Evaluation::placed(const Value& error, std::uint32_t offset) {
    if (exhausted_ != nullptr) {
        if (exhaustion_.offset == no_offset) exhaustion_.offset = offset;
        return exhausted();
    }
    const auto& failure = error.failure();
    if (failure.offset != no_offset) return error;
    const auto* copy = make<Failure>(Failure{failure.code, failure.message, offset});
    return copy == nullptr ? exhausted() : Value::error(*copy);
}

char* Evaluation::room(std::size_t size) {
    if (size > limits_.string_bytes) {
        exhaust(fmt::format("a text of more than {} bytes", limits_.string_bytes));
        return nullptr;
    }
    if (!charge(size / 64)) return nullptr;  // copying runs at some GB/s: 64 bytes cost about a step
    return static_cast<char*>(allocate(std::max<std::size_t>(size, 1), 1));
}

Value Evaluation::text(std::string_view copied) {
    auto* at = room(copied.size());
    if (at == nullptr) return exhausted();
    std::copy(copied.begin(), copied.end(), at);
    return Value::string({at, copied.size()});
}

Value Evaluation::bytes(std::string_view copied) {
    const auto copy = text(copied);
    return copy.is_error() ? copy : Value::bytes(copy.as_text());
}

Value* Evaluation::values(std::size_t count) {
    if (count > limits_.elements) {
        exhaust(fmt::format("a list or map of more than {} elements", limits_.elements));
        return nullptr;
    }
    if (!charge(count / 8)) return nullptr;
    auto* room = static_cast<Value*>(allocate(std::max<std::size_t>(count, 1) * sizeof(Value), alignof(Value)));
    if (room != nullptr) std::uninitialized_default_construct_n(room, count);
    return room;
}

Value Evaluation::optional(const Value& held) {
    const auto* copy = make<Value>(held);
    return copy == nullptr ? exhausted() : Value::optional(copy);
}

ListBuilder::ListBuilder(Evaluation& evaluation, std::size_t expected) : evaluation_(evaluation) {
    if (expected == 0) return;
    items_ = evaluation_.values(expected);
    capacity_ = items_ == nullptr ? 0 : expected;
}

bool ListBuilder::push(const Value& value) {
    if (size_ == capacity_) {
        const auto grown = std::max<std::size_t>(8, std::min(capacity_ * 2, evaluation_.limits().elements));
        auto* items = evaluation_.values(std::max(grown, size_ + 1));
        if (items == nullptr) return false;
        std::copy_n(items_, size_, items);
        items_ = items;
        capacity_ = std::max(grown, size_ + 1);
    }
    items_[size_++] = value;
    return true;
}

Value ListBuilder::finish() const {
    return evaluation_.is_exhausted() ? evaluation_.exhausted() : Value::list(std::span<const Value>(items_, size_));
}

namespace {

// Twice the room, the entries copied, the index made anew. False when the budget is used up.
bool grow(MapTable& table, std::uint32_t capacity, Evaluation& evaluation) {
    auto* entries = evaluation.values(std::size_t{capacity} * 2);  // an entry is two values
    if (entries == nullptr) return false;
    static_assert(sizeof(MapTable::Entry) == 2 * sizeof(Value));
    auto* moved = reinterpret_cast<MapTable::Entry*>(entries);
    std::copy_n(table.entries, table.size, moved);
    table.entries = moved;
    table.capacity = capacity;
    if (capacity <= MapTable::scanned_max) return true;
    std::uint32_t buckets = 16;
    while (buckets < capacity * 2)
        buckets *= 2;
    table.buckets =
        static_cast<std::uint32_t*>(evaluation.allocate(buckets * sizeof(std::uint32_t), alignof(std::uint32_t)));
    if (table.buckets == nullptr) return false;
    std::fill_n(table.buckets, buckets, MapTable::none);
    table.bucket_mask = buckets - 1;
    for (std::uint32_t i = 0; i < table.size; ++i)
        table.index(i);
    return true;
}

}  // namespace

MapBuilder::MapBuilder(Evaluation& evaluation, std::size_t expected) : evaluation_(evaluation) {
    table_ = evaluation_.make<MapTable>();
    if (table_ != nullptr && expected > 0 && expected <= evaluation_.limits().elements / 2)
        grow(*table_, static_cast<std::uint32_t>(expected), evaluation_);
}

Value MapBuilder::put(const Value& key, const Value& value) {
    if (evaluation_.is_exhausted() || table_ == nullptr) return evaluation_.exhausted();
    if (!is_key(key))
        return evaluation_.fail(Code::unsupported_key_type,
                                fmt::format("a map key is a bool, int, uint or string, not {}", type_name(key)));
    if (table_->find(key) != nullptr) return evaluation_.fail(Code::repeated_key, "the map has this key twice");
    if (table_->size == table_->capacity && !grow(*table_, std::max(4u, table_->capacity * 2), evaluation_))
        return evaluation_.exhausted();
    table_->entries[table_->size] = {key, value};
    if (table_->buckets != nullptr) table_->index(table_->size);
    ++table_->size;
    return Value::null();
}

Value MapBuilder::finish() const {
    return evaluation_.is_exhausted() ? evaluation_.exhausted() : Value::map(*table_);
}

}  // namespace ark::expr
