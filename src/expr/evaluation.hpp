#pragma once
#include "base/time.hpp"
#include "expr/value.hpp"

#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace ark::expr {

/// What one evaluation may cost (docs/limits.md). Past any of it the evaluation ends with budget_exceeded, which no
/// operator absorbs.
struct Limits {
    std::uint64_t steps = 1'000'000;        ///< nodes evaluated, and work of functions in units of about 10 ns
    std::size_t memory_bytes = 16 << 20;    ///< of values made
    std::size_t string_bytes = 1 << 20;     ///< of one string or bytes
    std::size_t elements = 100'000;         ///< of one list or map made
    std::uint64_t time_ns = 1'000'000'000;  ///< by the clock given; looked at every 1,024 steps
};

/// The memory of values: grows by blocks, frees all at once. One thread.
class Arena {
public:
    explicit Arena(std::size_t bytes_max) : bytes_max_(bytes_max) {}
    /// nullptr when bytes_max would be passed.
    void* allocate(std::size_t bytes, std::size_t alignment);
    void clear();  ///< keeps the first block for the next use
    std::size_t used() const { return used_; }

private:
    void* allocate_block(std::size_t bytes, std::size_t alignment);

    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size;
    };
    std::size_t bytes_max_;
    std::size_t used_ = 0;
    std::byte* next_ = nullptr;  // into the last block
    std::byte* end_ = nullptr;
    std::vector<Block> blocks_;
};

/// The working memory and the budget of evaluations, one at a time: Program::evaluate() starts it anew, which ends the
/// life of the values of the evaluation before. One thread; keep one per thread and reuse it, then the common filter
/// allocates nothing.
class Evaluation {
public:
    explicit Evaluation(const Limits& limits = {}, const Clock* clock = nullptr);  ///< without a clock: no time limit
    Evaluation(const Evaluation&) = delete;
    Evaluation& operator=(const Evaluation&) = delete;

    void start();  ///< forgets all values, fills the budget

    // For functions and host objects.
    /// Counts work. False when the budget is used up: then return exhausted().
    bool charge(std::uint64_t steps);
    bool is_exhausted() const { return exhausted_ != nullptr; }
    Value exhausted() const;  ///< the error, when is_exhausted()
    /// An error value with a message; the evaluator adds the position.
    Value fail(Code code, std::string_view message);
    /// The error with a position, unless it has one.
    Value placed(const Value& error, std::uint32_t offset);
    Value text(std::string_view copied);   ///< a string value of a copy
    Value bytes(std::string_view copied);  ///< a bytes value of a copy
    /// Room for `size` bytes to be written and then wrapped in Value::string; nullptr when the budget is used up.
    char* room(std::size_t size);
    Value* values(std::size_t count);   ///< room for a list; nullptr when the budget is used up
    Value optional(const Value& held);  ///< optional.of(held)
    /// A T in the arena; nothing runs its destructor. nullptr when the budget is used up.
    template <class T, class... Args>
    T* make(Args&&... args) {
        static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
        void* room = allocate(sizeof(T), alignof(T));
        return room == nullptr ? nullptr : new (room) T(std::forward<Args>(args)...);
    }
    void* allocate(std::size_t bytes, std::size_t alignment);  ///< nullptr when the budget is used up

    const Limits& limits() const { return limits_; }
    std::uint64_t steps() const { return limits_.steps - left_ - until_look_; }  ///< taken so far
    std::size_t memory_bytes() const { return arena_.used(); }

    /// For the evaluator, once per node: charge(1).
    bool step() {
        if (until_look_ > 0) [[likely]] {
            --until_look_;
            return true;
        }
        return charge(1);
    }

private:
    void exhaust(std::string_view message);

    const Limits limits_;
    const Clock* const clock_;  // may be nullptr; else outlives us
    Arena arena_;
    std::uint64_t left_ = 0;        // steps beyond until_look_
    std::uint64_t until_look_ = 0;  // steps that need no look at the clock
    std::uint64_t deadline_ns_ = 0;
    const Failure* exhausted_ = nullptr;
    Failure exhaustion_{};  // needs no room in the full arena
    std::string exhaustion_text_;
};

/// Makes a list value in the arena of an evaluation.
class ListBuilder {
public:
    explicit ListBuilder(Evaluation& evaluation, std::size_t expected = 0);
    bool push(const Value& value);  ///< false when the budget is used up
    std::size_t size() const { return size_; }
    Value finish() const;  ///< the list, or the budget's error

private:
    Evaluation& evaluation_;
    Value* items_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Makes a map value, in order of insertion.
class MapBuilder {
public:
    explicit MapBuilder(Evaluation& evaluation, std::size_t expected = 0);
    /// Null, or the error: unsupported_key_type, repeated_key, budget_exceeded. A text key is a view, as Value::string.
    Value put(const Value& key, const Value& value);
    Value put(std::string_view key, const Value& value) { return put(Value::string(key), value); }
    Value finish() const;  ///< the map, or the budget's error

private:
    Evaluation& evaluation_;
    MapTable* table_ = nullptr;
};

}  // namespace ark::expr
