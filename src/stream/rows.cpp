#include "stream/rows.hpp"

#include "stream/frames.hpp"

namespace ark::stream {

std::string row_key(Topic topic, std::string_view id) {
    std::string key(1, static_cast<char>('0' + static_cast<int>(topic)));
    return key.append(id);
}

void touch_rows(std::unordered_set<std::string>& touched, const Topics& topics, OpenItem& item) {
    for (const auto topic : row_topics) {
        if (!topics.has(topic)) continue;
        const auto id = item.row_id(topic);
        if (!id.empty()) touched.insert(row_key(topic, id));
    }
}

std::string row_frame(Services& services, std::string_view tenant, std::string_view key) {
    std::string frame;
    const auto topic = static_cast<Topic>(key.front() - '0');
    const auto id = key.substr(1);
    const auto row = services.correlation.row(name(topic), tenant, id);
    if (!row.json.empty()) append_row(frame, topic, id, services.journal.epoch(), row);
    return frame;
}

std::string snapshot_of(Services& services, const Selection& selection, Topic topic) {
    std::string frames;
    const auto ids = services.correlation.snapshot(name(topic), selection.tenant, selection.filter,
                                                   services.config.snapshot_rows_max);
    for (const auto& id : ids)
        frames += row_frame(services, selection.tenant, row_key(topic, id));
    return frames;
}

void RowRound::take(const std::shared_ptr<Group>& group) {
    Wanted wanted;
    wanted.group = group;
    auto& touched = group->touched;
    const auto& tenant = group->selection->tenant;
    while (!touched.empty() && rows_.size() < rows_max) {
        const auto node = touched.extract(touched.begin());
        auto name = tenant;
        name.push_back('\0');
        name += node.value();
        const auto [found, is_new] = numbers_.try_emplace(std::move(name), static_cast<std::uint32_t>(rows_.size()));
        if (is_new) rows_.push_back({tenant, node.value()});
        wanted.rows.push_back(found->second);
    }
    if (!wanted.rows.empty()) wanted_.push_back(std::move(wanted));
}

void RowRound::fetch(Services& services) {
    frames_.reserve(rows_.size());
    for (const auto& row : rows_)
        frames_.push_back(row_frame(services, row.tenant, row.key));
}

}  // namespace ark::stream
