#include "stream/group.hpp"

#include <algorithm>
#include <array>

namespace ark::stream {

void GroupIndex::add(Group& group) {
    auto& tenant = tenants_[group.selection->tenant];
    if (!tenant) tenant = std::make_unique<Tenant>();
    tenant->slot(group).push_back(&group);
    ++tenant->groups_;
}

void GroupIndex::remove(Group& group) {
    const auto found = tenants_.find(group.selection->tenant);
    if (found == tenants_.end()) return;
    auto& tenant = *found->second;
    auto& groups = tenant.slot(group);
    groups.erase(std::remove(groups.begin(), groups.end(), &group), groups.end());
    if (groups.empty()) tenant.drop_slot(group);
    if (--tenant.groups_ == 0) tenants_.erase(found);
}

GroupIndex::Tenant* GroupIndex::tenant(std::string_view name) {
    const auto found = tenants_.find(name);
    return found == tenants_.end() ? nullptr : found->second.get();
}

// The narrowest equality first: a trace is part of a query, a query of a session.
GroupIndex::Groups& GroupIndex::Tenant::slot(const Group& group) {
    const auto& filter = group.selection->filter;
    if (filter.trace) return by_trace_[*filter.trace];
    if (!filter.query.empty()) return by_query_[filter.query];
    if (!filter.session.empty()) return by_session_[filter.session];
    return all_;
}

void GroupIndex::Tenant::drop_slot(const Group& group) {
    const auto& filter = group.selection->filter;
    if (filter.trace) {
        by_trace_.erase(*filter.trace);
    } else if (!filter.query.empty()) {
        by_query_.erase(filter.query);
    } else if (!filter.session.empty()) {
        by_session_.erase(filter.session);
    }
}

void GroupIndex::Tenant::find(OpenItem& item, std::vector<Group*>& out) const {
    const auto append = [&out](const Groups& groups) { out.insert(out.end(), groups.begin(), groups.end()); };
    append(all_);
    if (!by_trace_.empty()) {
        if (const auto found = by_trace_.find(item.item().trace_id); found != by_trace_.end()) append(found->second);
    }
    // An item may know its own session or query better, or worse, than its context: look under each name, each name
    // once.
    const auto look_up = [&append](const ByText<Groups>& groups, auto names) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i].empty() || std::find(names.begin(), names.begin() + i, names[i]) != names.begin() + i)
                continue;
            if (const auto found = groups.find(names[i]); found != groups.end()) append(found->second);
        }
    };
    const auto& facts = item.item().facts;
    if (!by_session_.empty()) {
        const std::array<std::string_view, 2> names = {item.context().session_id, facts.session_id};
        look_up(by_session_, names);
    }
    if (!by_query_.empty()) {
        const auto& context = item.context();
        const std::array<std::string_view, 4> names = {context.query_id, context.query_name, facts.query_id,
                                                       facts.query_name};
        look_up(by_query_, names);
    }
}

}  // namespace ark::stream
