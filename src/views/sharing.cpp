#include "views/fold.hpp"

#include <algorithm>

/// Traces of several queries: each has its strand, the main one also what no query claims.
namespace ark::views {

std::vector<std::uint64_t> Fold::queries_of(const Story& story) const {
    if (story.strands() == nullptr) return {story.query};
    std::vector<std::uint64_t> queries;
    const auto& all = story.strands()->all();
    for (std::size_t i = 1; i < all.size(); ++i)
        queries.push_back(all[i].query);
    return queries;
}

/// The story has a query by id, and the item names one that may be another.
std::uint16_t Fold::strand_named(Story& story, const items::Item& item) {
    const auto tenant = story.key.tenant;
    const auto offset = item.offset.value();
    const auto& facts = item.facts;
    if (story.strands() != nullptr && story.strands()->full()) {
        // No more queries than so many in one trace: others count for what is around them.
        const auto known = find_id(keys::query_id(tenant, facts.query_id));
        return known != no_number ? story.strands()->find(known) : Strands::unclaimed;
    }
    const auto number = query_number(tenant, facts, story.session, offset);
    auto* its = query(tenant, number);
    if (its == nullptr) return Strands::unclaimed;
    if (story.strands() == nullptr && number == story.query) return 1;
    auto& strands = story.strands() != nullptr ? *story.strands() : share_out(story, offset + 1);
    if (its->name.empty() && !its->implicit && !facts.query_name.empty()) name_query(*its, facts, its->session);
    if (const auto known = strands.find(number); known != Strands::unclaimed) return known;

    touch(*its);
    std::uint16_t fresh = 0;
    {
        const std::lock_guard lock(stories_.lock_of(story.key));
        fresh = strands.add(number);
    }
    set_member(keys::Member::of_query, number, story, true);
    add_run(*its, story);
    its->observe(story);
    its->rev = std::max(its->rev, offset + 1);
    if (story.own_source > its->session_source)
        set_session_of_query(*its, story.own_session, story.own_source, offset + 1);
    return fresh;
}

/// From here on its first query has no more than what names it, what is below that, and what nobody claims.
Strands& Fold::share_out(Story& story, std::uint64_t rev) {
    settle(story);
    touch(story);
    auto* first = query(story.key.tenant, story.query);
    if (first != nullptr) leave(*first, story, Part::traces);
    {
        const std::lock_guard lock(stories_.lock_of(story.key));
        story.share_out();
    }
    if (first == nullptr) return *story.strands();
    touch(*first);
    for (auto& strand : story.strands()->all())
        join(*first, strand, Part::traces);
    observe_again(*first);
    first->rev = std::max(first->rev, rev);
    return *story.strands();
}

/// After each item of such a trace: what is not a sum follows at once, so that where drains end does not show.
void Fold::follow_strands(Story& story, std::uint64_t rev) {
    auto& strands = *story.strands();
    const auto tenant = story.key.tenant;
    story.context_stale = true;
    Strands::Changes changes;
    {
        const std::lock_guard lock(stories_.lock_of(story.key));
        changes = strands.take_changes(story.spans());
    }
    for (const auto& change : changes.names) {
        auto* group = query(tenant, strands.query_of(change.strand));
        if (group == nullptr) continue;
        touch(*group);
        auto& list = group->names[static_cast<std::size_t>(change.kind)];
        if (change.gone) {
            list.count(change.name, Part::traces, ~change.handed_on + 1);
            list.release(change.name);
        } else {
            list.admit(change.name);
        }
    }
    for (const auto strand : changes.shrunk) {
        if (auto* group = query(tenant, strands.query_of(strand))) {
            touch(*group);
            observe_again(*group);
        }
    }
    if (changes.main == strands.main()) return;
    auto& nobodys = strands.all()[Strands::unclaimed];
    auto* from = query(tenant, story.query);
    {
        const std::lock_guard lock(stories_.lock_of(story.key));
        strands.set_main(changes.main);
    }
    story.query = strands.query_of(changes.main);
    if (from != nullptr) {
        touch(*from);
        leave(*from, nobodys, Part::traces);
        observe_again(*from);
        from->rev = std::max(from->rev, rev);
    }
    if (auto* to = query(tenant, story.query)) {
        touch(*to);
        join(*to, nobodys, Part::traces);
        to->observe(story);
        to->rev = std::max(to->rev, rev);
    }
}

void Fold::settle_strands(Story& story) {
    auto& strands = *story.strands();
    const auto totals = story.strand_totals();
    for (std::size_t i = 0; i < totals.size(); ++i) {
        auto& strand = strands.all()[i];
        auto change = totals[i];
        change -= strand.settled;
        strand.settled = totals[i];
        auto* group = query(story.key.tenant, strands.query_of(i));
        if (group == nullptr) continue;
        touch(*group);
        group->totals[static_cast<std::size_t>(Part::traces)] += change;
        for (std::size_t kind = 0; kind < name_kind_count; ++kind)
            strand.names[kind].hand_on(nullptr, &group->names[kind], Part::traces);
    }
    for (const auto number : queries_of(story)) {
        if (auto* group = query(story.key.tenant, number)) group->observe(story);
    }
}

}  // namespace ark::views
