#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace ark {

/// A number that is not interchangeable with other numbers. Explicit in, explicit out (`.value()`).
template <class Tag, class Rep = std::uint64_t>
class Strong {
public:
    using rep = Rep;

    constexpr Strong() = default;
    constexpr explicit Strong(Rep value) : value_(value) {}

    constexpr Rep value() const { return value_; }
    friend constexpr auto operator<=>(Strong, Strong) = default;

    constexpr Strong& operator++() {
        ++value_;
        return *this;
    }
    friend constexpr Strong operator+(Strong a, Rep n) { return Strong{a.value_ + n}; }
    friend constexpr Rep operator-(Strong a, Strong b) { return a.value_ - b.value_; }

private:
    Rep value_{};
};

/// Position of an item in the journal: 0, 1, 2, … in the one total order. Never reused within an epoch.
using Offset = Strong<struct OffsetTag>;
/// Identity of a history. Changes when history was lost or replaced, so that an old cursor is recognised, never
/// misread.
using Epoch = Strong<struct EpochTag, std::uint32_t>;

}  // namespace ark

template <class Tag, class Rep>
struct std::hash<ark::Strong<Tag, Rep>> {
    std::size_t operator()(ark::Strong<Tag, Rep> v) const noexcept { return std::hash<Rep>{}(v.value()); }
};
