#pragma once
#include "items/filter.hpp"
#include "items/items.hpp"
#include "stream/request.hpp"
#include "stream/stream.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ark::stream {

/// What of an item a selection wants.
struct Wanted {
    std::uint8_t parts = 0;  ///< OpenItem::Part bits: what becomes frames
    bool rows = false;       ///< the item passes the filter: its rows are sent, if rows are asked for
};

/// One item and what selections ask of it: where it happened, its events, its encodings. Each is made once, on first
/// need, however many selections ask. Keeps its memory from item to item. One thread.
class OpenItem {
public:
    enum Part : std::uint8_t {
        first_event = 1,
        second_event = 2,
        span = 4,
        log = 8,
        record = 16  ///< a message or a chunk
    };               ///< in the order of their frames

    OpenItem(Correlation& correlation, Epoch epoch) : correlation_(correlation), epoch_(epoch) {}

    /// `item` and `tenant` must live until the next open().
    void open(std::string_view tenant, const items::Item& item);

    const items::Item& item() const { return *item_; }
    const items::Context& context();
    /// The id of the item's row of a topic; "" when it has none.
    std::string_view row_id(Topic topic);

    Wanted match(const Selection& selection);
    /// Appends a frame for each part; the last one carries the id, so that a resume never loses half an item. Returns
    /// how many.
    std::uint32_t append_frames(std::string& out, std::uint8_t parts, items::Detail detail);

private:
    static constexpr std::size_t part_count = 5;

    void find_events();
    std::uint8_t match_events(const items::Filter& filter);
    const std::string& json(std::size_t part, items::Detail detail);

    Correlation& correlation_;
    const Epoch epoch_;
    std::string_view tenant_;
    const items::Item* item_ = nullptr;
    bool has_context_ = false;
    bool has_events_ = false;
    std::uint8_t event_count_ = 0;
    std::uint16_t encoded_ = 0;  // bit part + part_count × detail
    items::Context context_;
    std::array<items::Event, 2> events_;
    std::string trace_hex_;
    std::array<std::string, part_count * 2> json_;
};

}  // namespace ark::stream
