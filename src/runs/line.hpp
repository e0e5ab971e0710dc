#pragma once
#include "resources/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace ark::runs {

/// Resources that wait for a place, in order of arrival: one that comes again keeps its turn and is as it is now. As
/// many as there are in the store. One executor.
class Line {
public:
    void put(const std::string& uid, resources::ResourcePtr resource) {
        auto& waiting = by_uid_[uid];
        if (!waiting.resource) {
            waiting.turn = next_turn_++;
            uids_.emplace(waiting.turn, uid);
        }
        waiting.resource = std::move(resource);
    }
    void erase(const std::string& uid) {
        const auto found = by_uid_.find(uid);
        if (found == by_uid_.end()) return;
        uids_.erase(found->second.turn);
        by_uid_.erase(found);
    }
    /// Whose turn it is, by uid; nothing when nobody waits.
    std::optional<std::pair<std::string, resources::ResourcePtr>> take() {
        if (uids_.empty()) return std::nullopt;
        std::pair<std::string, resources::ResourcePtr> taken;
        taken.first = uids_.begin()->second;
        taken.second = std::move(by_uid_.find(taken.first)->second.resource);
        by_uid_.erase(taken.first);
        uids_.erase(uids_.begin());
        return taken;
    }
    void clear() {
        by_uid_.clear();
        uids_.clear();
    }
    std::size_t size() const { return by_uid_.size(); }

private:
    struct Waiting {
        std::uint64_t turn = 0;
        resources::ResourcePtr resource;
    };
    std::map<std::string, Waiting> by_uid_;
    std::map<std::uint64_t, std::string> uids_;  // of by_uid_, by turn
    std::uint64_t next_turn_ = 0;
};

}  // namespace ark::runs
