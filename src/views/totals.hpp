#pragma once
#include "base/packing.hpp"
#include "model/facts.hpp"
#include "model/kind.hpp"
#include "views/views.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What stories add up to: sums that can be taken back exactly, so that a story can move between queries and sessions.
namespace ark::views {

/// Usage in whole numbers (cost in nano-dollars): sums do not depend on their order. Wraps instead of overflowing.
struct Tally {
    std::uint64_t input = 0, output = 0, cache_read = 0, cache_write = 0, reasoning = 0, nano_usd = 0;

    static Tally of(const model::Usage& usage);
    model::Usage usage() const;
    bool any() const { return (input | output | nano_usd) != 0; }
    Tally& operator+=(const Tally& other);
    Tally& operator-=(const Tally& other);
    friend bool operator==(const Tally&, const Tally&) = default;

    void pack(std::string& out) const;
    void unpack(Unpacker& in);
};

/// Sums over spans or, for those that send only events, over operations.
struct Totals {
    std::uint64_t spans = 0, open = 0, errors = 0;
    std::uint64_t events = 0;
    std::uint64_t running = 0;  ///< stories under way
    std::uint64_t stories = 0;
    std::array<std::uint64_t, model::kind_count> by_kind{};
    Tally own, rolled_up;

    Totals& operator+=(const Totals& other);
    Totals& operator-=(const Totals& other);
    friend bool operator==(const Totals&, const Totals&) = default;

    void pack(std::string& out) const;
    void unpack(Unpacker& in);
};

/// Traces and loose items are summed apart: where a query has spans, its events without trace tell the same story
/// again.
enum class Part : std::uint8_t { traces = 0, loose = 1 };
inline constexpr std::size_t part_count = 2;

inline constexpr std::size_t names_max = 64;
inline constexpr std::size_t name_bytes_max = 128;

/// Names by first occurrence with counts. When it is full it stays full: later names count as the rest, so that the
/// result depends on the order of the items only, not on where drains ended.
class NameList {
public:
    struct Item {
        std::string name;
        std::uint32_t users = 0;  ///< stories that mention it; erased at 0 unless full
        std::array<std::uint64_t, part_count> counts{};
        friend bool operator==(const Item&, const Item&) = default;
    };

    /// Registers one more user; true when the name was new here.
    bool admit(std::string_view name);
    void release(std::string_view name);
    void count(std::string_view name, Part part, std::uint64_t delta);  ///< wraps: pass ~n+1 to take back
    bool contains(std::string_view name) const { return index_of(name) < items_.size(); }

    /// Adds what this list (a story's) counted since the last time to the lists of its groups (either may be null). A
    /// story keeps its counts in Part::traces and what it has handed on in Part::loose.
    void hand_on(NameList* a, NameList* b, Part part);
    /// Joins a group: all that was handed on to the last one.
    void join(NameList& group, Part part);
    /// Takes back all that was handed on.
    void leave(NameList& group, Part part);

    /// Takes out names that are counted no more (unless it is full) and calls gone(name, what of it was handed on).
    template <class Gone>
    void drop_unused(Gone gone) {
        if (full_) return;
        std::erase_if(items_, [&](Item& item) {
            const bool unused = item.counts[0] == 0;
            if (unused) gone(std::move(item.name), item.counts[1]);
            return unused;
        });
    }

    const std::vector<Item>& items() const { return items_; }
    Names names(Part part) const;
    std::size_t bytes() const;

    void pack(std::string& out) const;
    void unpack(Unpacker& in);

private:
    std::size_t index_of(std::string_view name) const;  // items_.size() when it is not there

    std::vector<Item> items_;
    std::array<std::uint64_t, part_count> rest_{};
    bool full_ = false;
};

/// The four name lists of every row.
enum class NameKind : std::uint8_t { agent = 0, team = 1, tool = 2, model = 3 };
inline constexpr std::size_t name_kind_count = 4;
using NameLists = std::array<NameList, name_kind_count>;

/// The list that counts spans of a kind; nothing for kinds without one.
std::optional<NameKind> name_kind_of(model::Kind kind);

}  // namespace ark::views
