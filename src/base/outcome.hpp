#pragma once
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ark {

namespace detail {

/// Ends the process: somebody asked an outcome for what it does not hold.
[[noreturn]] void wrong_outcome(const char* file, int line, std::string_view asked_for, std::string_view held);

template <class E>
concept HasMessage = requires(const E& error) {
    { error.message() } -> std::convertible_to<std::string>;
};

template <class U, class Self, class Wanted, class Other>
concept Becomes =
    std::convertible_to<U, Wanted> && !std::convertible_to<U, Other> && !std::same_as<std::remove_cvref_t<U>, Self>;

}  // namespace detail

/// A T, or an E that says why there is none: the vocabulary type under Result and its siblings with an error type of
/// their own (ADR-0004).
///
/// Built from either, implicitly. Asking it for what it does not hold is a bug: the process stops and says where.
/// Moved from, it still holds what it held, moved from. Of our own and not Boost's for the sake of build time: it is in
/// every object.
template <class T, class E>
class [[nodiscard]] Outcome final {
    static_assert(std::is_object_v<T> && std::is_object_v<E> && !std::is_same_v<T, E>);

public:
    using value_type = T;
    using error_type = E;

    Outcome() requires std::default_initializable<T> : value_(), has_value_(true) {}

    template <class U = T>
    requires detail::Becomes<U, Outcome, T, E> Outcome(U&& value) : value_(std::forward<U>(value)), has_value_(true) {}

    template <class F = E>
    requires detail::Becomes<F, Outcome, E, T> Outcome(F&& error) : error_(std::forward<F>(error)), has_value_(false) {}

    Outcome(const Outcome& other) requires std::copy_constructible<T> : has_value_(other.has_value_) {
        construct(other);
    }
    Outcome(Outcome&& other) noexcept : has_value_(other.has_value_) { construct(std::move(other)); }
    Outcome& operator=(const Outcome& other) requires std::copy_constructible<T> {
        if (this != &other) *this = Outcome(other);
        return *this;
    }
    Outcome& operator=(Outcome&& other) noexcept {
        if (this == &other) return *this;
        destroy();
        has_value_ = other.has_value_;
        construct(std::move(other));
        return *this;
    }
    ~Outcome() { destroy(); }

    bool has_value() const { return has_value_; }
    explicit operator bool() const { return has_value_; }

    T& value(const char* file = __builtin_FILE(), int line = __builtin_LINE()) & {
        need_value(file, line);
        return value_;
    }
    const T& value(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const& {
        need_value(file, line);
        return value_;
    }
    T value(const char* file = __builtin_FILE(), int line = __builtin_LINE()) && {
        need_value(file, line);
        return std::move(value_);
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const E& error(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const& {
        if (has_value_) [[unlikely]]
            detail::wrong_outcome(file, line, "an error", "a value");
        return error_;
    }
    E error(const char* file = __builtin_FILE(), int line = __builtin_LINE()) && {
        if (has_value_) [[unlikely]]
            detail::wrong_outcome(file, line, "an error", "a value");
        return std::move(error_);
    }

private:
    void need_value(const char* file, int line) const {
        if (has_value_) [[likely]]
            return;
        if constexpr (detail::HasMessage<E>) detail::wrong_outcome(file, line, "a value", error_.message());
        detail::wrong_outcome(file, line, "a value", "an error");
    }

    template <class Other>
    void construct(Other&& other) {
        if (has_value_) {
            std::construct_at(&value_, std::forward<Other>(other).value_);
        } else {
            std::construct_at(&error_, std::forward<Other>(other).error_);
        }
    }

    void destroy() {
        if (has_value_) {
            value_.~T();
        } else {
            error_.~E();
        }
    }

    union {
        T value_;
        E error_;
    };
    bool has_value_;
};

/// Success without a value, or an E.
template <class E>
class [[nodiscard]] Outcome<void, E> final {
public:
    using value_type = void;
    using error_type = E;

    Outcome() = default;

    template <class F = E>
    requires(std::convertible_to<F, E> && !std::same_as<std::remove_cvref_t<F>, Outcome>) Outcome(F&& error)
        : error_(std::forward<F>(error)) {}

    bool has_value() const { return !error_; }
    explicit operator bool() const { return !error_; }

    void value(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
        if (!error_) [[likely]]
            return;
        if constexpr (detail::HasMessage<E>) detail::wrong_outcome(file, line, "success", error_->message());
        detail::wrong_outcome(file, line, "success", "an error");
    }

    const E& error(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const& {
        if (!error_) [[unlikely]]
            detail::wrong_outcome(file, line, "an error", "success");
        return *error_;
    }
    E error(const char* file = __builtin_FILE(), int line = __builtin_LINE()) && {
        if (!error_) [[unlikely]]
            detail::wrong_outcome(file, line, "an error", "success");
        return std::move(*error_);
    }

private:
    std::optional<E> error_;
};

}  // namespace ark
