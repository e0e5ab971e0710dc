#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ark::model {

/// A fixed set of names, looked up without allocation: an open-addressing table laid out by the compiler, a quarter
/// full. An unknown name costs its hash and, three times in four, one look at an empty slot. Names given twice do not
/// compile.
template <std::size_t Size>
class NameTable {
public:
    static constexpr std::size_t absent = Size;

    consteval explicit NameTable(const std::array<std::string_view, Size>& names) : names_(names) {
        for (std::size_t i = 0; i < Size; ++i) {
            std::size_t slot = hash(names[i]) & mask;
            while (slots_[slot] != 0) {
                if (names[slots_[slot] - 1u] == names[i]) throw "a name is given twice";
                slot = (slot + 1) & mask;
            }
            slots_[slot] = static_cast<std::uint16_t>(i + 1);
        }
    }

    /// Index of the name in the array the table was made from; `absent` when it is not there.
    constexpr std::size_t find(std::string_view name) const {
        for (std::size_t slot = hash(name) & mask;; slot = (slot + 1) & mask) {
            if (slots_[slot] == 0) return absent;
            const std::size_t index = slots_[slot] - 1u;
            if (names_[index] == name) return index;
        }
    }

private:
    static constexpr std::size_t slot_count = std::bit_ceil(Size * 4);
    static constexpr std::size_t mask = slot_count - 1;

    template <class Word>
    static constexpr std::uint64_t load(const char* at) {
        if (std::is_constant_evaluated()) {
            std::uint64_t word = 0;
            for (std::size_t i = sizeof(Word); i-- > 0;)
                word = word << 8 | static_cast<unsigned char>(at[i]);
            return word;
        }
        Word word;
        std::memcpy(&word, at, sizeof word);
        return word;
    }

    // First and last eight bytes and the length: keys of one vocabulary share beginnings and endings, rarely both.
    static constexpr std::size_t hash(std::string_view name) {
        const char* data = name.data();
        const std::size_t n = name.size();
        std::uint64_t head = 0;
        std::uint64_t tail = 0;
        if (n >= 8) {
            head = load<std::uint64_t>(data);
            tail = load<std::uint64_t>(data + n - 8);
        } else if (n >= 4) {
            head = load<std::uint32_t>(data);
            tail = load<std::uint32_t>(data + n - 4);
        } else if (n > 0) {
            head = static_cast<unsigned char>(data[0]);
            tail = static_cast<unsigned char>(data[n - 1]);
        }
        const std::uint64_t mixed = (head ^ std::rotl(tail, 29) ^ n) * 0x9e3779b97f4a7c15ULL;
        return static_cast<std::size_t>(((mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9ULL) >> 40);
    }

    std::array<std::string_view, Size> names_;
    std::array<std::uint16_t, slot_count> slots_{};
};

}  // namespace ark::model
