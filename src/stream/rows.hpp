#pragma once
#include "stream/group.hpp"
#include "stream/services.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Rows (sessions, queries, traces) as frames: state, of which only the newest matters.
namespace ark::stream {

/// The name of a row within a tenant: topic and id in one text.
std::string row_key(Topic topic, std::string_view id);

/// Notes the rows that the item changed.
void touch_rows(std::unordered_set<std::string>& touched, const Topics& topics, OpenItem& item);

/// The frame of the row as it is now; "" when there is none. Blocks.
std::string row_frame(Services& services, std::string_view tenant, std::string_view key);

/// The frames of the rows that match, most recently active first. Blocks.
std::string snapshot_of(Services& services, const Selection& selection, Topic topic);

/// One round of fetching: what groups have touched since the last one, each row once however many groups want it.
class RowRound {
public:
    /// Takes the group's touched rows, at most `rows_max` in the round; the rest stays for the next.
    void take(const std::shared_ptr<Group>& group);
    bool empty() const { return wanted_.empty(); }
    /// On the work pool: blocks.
    void fetch(Services& services);

    struct Wanted {
        std::weak_ptr<Group> group;
        std::vector<std::uint32_t> rows;  ///< indices into frames()
    };
    const std::vector<Wanted>& wanted() const { return wanted_; }
    const std::vector<std::string>& frames() const { return frames_; }

    static constexpr std::size_t rows_max = 1024;

private:
    struct Row {
        std::string tenant;
        std::string key;
    };
    std::vector<Row> rows_;
    std::vector<std::string> frames_;  // one a row
    std::unordered_map<std::string, std::uint32_t> numbers_;
    std::vector<Wanted> wanted_;
};

}  // namespace ark::stream
