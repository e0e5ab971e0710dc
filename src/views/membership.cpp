#include "views/fold.hpp"

#include <algorithm>
#include <utility>

/// How stories join, leave and add to their query and session.
namespace ark::views {

void Fold::settle(Story& story) {
    const auto now = story.totals();
    auto change = now;
    change -= story.settled;
    progress_.spans += change.spans;
    auto* in_session = session_of(story);
    auto* in_query = story.strands() == nullptr ? query_of(story) : nullptr;
    const auto part = static_cast<std::size_t>(story.part());
    if (in_session != nullptr) {
        touch(*in_session);
        in_session->totals[part] += change;
        in_session->observe(story);
    }
    if (in_query != nullptr) {
        touch(*in_query);
        in_query->totals[part] += change;
        in_query->observe(story);
    }
    story.settled = now;
    if (story.strands() != nullptr) settle_strands(story);
    if (in_session == nullptr && in_query == nullptr) return;
    for (std::size_t i = 0; i < name_kind_count; ++i) {
        story.names[i].hand_on(in_session != nullptr ? &in_session->names[i] : nullptr,
                               in_query != nullptr ? &in_query->names[i] : nullptr, story.part());
    }
}

void Fold::join(Group& group, Share& share, Part part) {
    group.totals[static_cast<std::size_t>(part)] += share.settled;
    for (std::size_t i = 0; i < name_kind_count; ++i)
        share.names[i].join(group.names[i], part);
    for (const auto& question : share.questions)
        group.questions.add(question);
}

void Fold::leave(Group& group, Share& share, Part part) {
    group.totals[static_cast<std::size_t>(part)] -= share.settled;
    for (std::size_t i = 0; i < name_kind_count; ++i)
        share.names[i].leave(group.names[i], part);
    for (const auto& question : share.questions)
        group.questions.take_back(question);
}

void Fold::move_to_session(Story& story, std::uint64_t number, std::uint64_t rev) {
    settle(story);
    touch(story);
    story.context_stale = true;
    const auto old = story.session;
    story.session = number;
    if (auto* from = session(story.key.tenant, old)) {
        touch(*from);
        leave(*from, story, story.part());
        if (!story.conversation.empty()) {
            from->conversations.count(story.conversation, Part::traces, ~std::uint64_t{0});
            from->conversations.release(story.conversation);
        }
        set_member(keys::Member::of_session, old, story, false);
        observe_again(*from);
        from->rev = std::max(from->rev, rev);
    }
    if (auto* to = session(story.key.tenant, number)) {
        touch(*to);
        join(*to, story, story.part());
        if (!story.conversation.empty()) {
            to->conversations.admit(story.conversation);
            to->conversations.count(story.conversation, Part::traces, 1);
        }
        set_member(keys::Member::of_session, number, story, true);
        to->observe(story);
        to->rev = std::max(to->rev, rev);
    }
}

void Fold::move_to_query(Story& story, std::uint64_t number, Story::QueryLink link, std::uint64_t rev) {
    const auto old_link = std::exchange(story.query_link, link);
    if (number == story.query) return;
    settle(story);
    touch(story);
    story.context_stale = true;
    story.query_named = false;
    const auto old = story.query;
    story.query = number;
    if (auto* from = query(story.key.tenant, old)) {
        touch(*from);
        leave(*from, story, story.part());
        if (old_link != Story::QueryLink::implicit) set_member(keys::Member::of_query, old, story, false);
        std::erase_if(from->runs, [&](const auto& run) { return run.story == story.number; });
        if (from->implicit) {
            set_session_of_query(*from, no_number, model::SessionSource::none, rev);
            queries_gone_.push_back(old);
            --progress_.queries;
        } else {
            observe_again(*from);
            from->rev = std::max(from->rev, rev);
        }
    }
    auto* to = query(story.key.tenant, number);
    if (to == nullptr) return;
    touch(*to);
    join(*to, story, story.part());
    // Whose trace an implicit query stands for, its id says.
    if (link != Story::QueryLink::implicit) set_member(keys::Member::of_query, number, story, true);
    add_run(*to, story);
    to->observe(story);
    to->rev = std::max(to->rev, rev);
}

void Fold::add_run(Query& to, const Story& story) {
    if (story.loose()) return;
    const auto at =
        std::find_if(to.runs.begin(), to.runs.end(), [&](const auto& run) { return run.story > story.number; });
    to.runs.insert(at, {story.number, story.key.id});
    if (to.runs.size() > traces_of_query_max) to.runs.pop_back();
}

void Fold::set_session_of_query(Query& of_query, std::uint64_t number, model::SessionSource source, std::uint64_t rev) {
    of_query.session_source = source;
    if (of_query.session == number) return;
    touch(of_query);
    const auto old = of_query.session;
    of_query.session = number;
    if (auto* from = session(of_query.tenant, old)) {
        touch(*from);
        --from->queries;
        from->rev = std::max(from->rev, rev);
        if (from->first_query == of_query.number) observe_again(*from);
    }
    if (auto* to = session(of_query.tenant, number)) {
        touch(*to);
        ++to->queries;
        to->rev = std::max(to->rev, rev);
        if (to->first_query == no_number || of_query.number < to->first_query) {
            to->first_query = of_query.number;
            to->first_title = of_query.title();
        }
        // An implicit query's name is its trace's, which may change: nobody asks for it by that.
        if (!of_query.implicit && !of_query.name.empty()) {
            register_name(of_query, number);
            if (to->query_names.size() + of_query.name.size() < search_bytes_max)
                to->query_names += of_query.name + "\n";
        }
    }
    // Stories that name no session themselves follow their query.
    for (const auto member : members(of_query)) {
        auto* follower = story(of_query.tenant, member);
        if (follower == nullptr || follower->own_session != no_number || follower->session == number) continue;
        if (follower->query != of_query.number) continue;  // it follows the main one of its queries
        move_to_session(*follower, number, rev);
    }
}

void Fold::observe_again(Session& of_session) {
    of_session.forget_observed();
    of_session.first_query = no_number;
    of_session.first_title.clear();
    for (const auto member : members(of_session)) {
        const auto* its = story(of_session.tenant, member);
        if (its == nullptr) continue;
        of_session.observe(*its);
        for (const auto asked : queries_of(*its)) {
            const auto* asks = query(of_session.tenant, asked);
            if (asks == nullptr || asks->session != of_session.number) continue;
            if (of_session.first_query == no_number || asks->number < of_session.first_query) {
                of_session.first_query = asks->number;
                of_session.first_title = asks->title();
            }
        }
    }
}

void Fold::observe_again(Query& of_query) {
    of_query.forget_observed();
    for (const auto member : members(of_query)) {
        if (const auto* its = story(of_query.tenant, member)) of_query.observe(*its);
    }
}

void Fold::set_member(keys::Member type, std::uint64_t group, const Story& story, bool present) {
    members_changed_[{type, group, story.number}] = {present, keys::row_type(story.key)};
}

std::vector<std::uint64_t> Fold::members(const Session& of_session) {
    return stored_members(keys::Member::of_session, of_session);
}

std::vector<std::uint64_t> Fold::members(const Query& of_query) {
    auto all = stored_members(keys::Member::of_query, of_query);
    if (!of_query.implicit) return all;
    const auto* its = story_of_implicit(of_query.tenant, of_query.id);
    if (its != nullptr && its->query == of_query.number)
        all.insert(std::lower_bound(all.begin(), all.end(), its->number), its->number);
    return all;
}

std::vector<std::uint64_t> Fold::stored_members(keys::Member type, const Group& group) {
    const auto prefix = keys::members(type, group.number);
    const auto end = keys::behind(prefix);
    std::vector<std::uint64_t> now;
    if (group.stored) {
        const auto snapshot = kv_.snapshot();
        const auto iterator = snapshot->iterate(store::Space::rows, prefix, end);
        for (iterator->seek(prefix); iterator->valid(); iterator->next()) {
            const auto number = keys::last_number(iterator->key());
            if (!members_changed_.contains({type, group.number, number})) now.push_back(number);
        }
    }
    for (auto changed = members_changed_.lower_bound({type, group.number, 0});
         changed != members_changed_.end() && changed->first.type == type && changed->first.group == group.number;
         ++changed) {
        if (changed->second.first) now.push_back(changed->first.story);
    }
    std::sort(now.begin(), now.end());
    return now;
}

}  // namespace ark::views
