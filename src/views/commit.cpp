#include "views/fold.hpp"
#include "views/story_store.hpp"

/// From folded state to one batch: rows, postings, ids and the place in the journal become true together.
namespace ark::views {
namespace {

constexpr std::uint8_t progress_version = 3;

}  // namespace

std::string Progress::pack() const {
    std::string out(1, static_cast<char>(progress_version));
    for (const auto value :
         {std::uint64_t{epoch.value()}, folded.value(), traces, sessions, queries, spans, events, tenants}) {
        append_varint(out, value);
    }
    return out;
}

bool Progress::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    if (in.byte() != progress_version) return false;
    epoch = Epoch(static_cast<std::uint32_t>(in.varint()));
    folded = Offset(in.varint());
    for (auto* value : {&traces, &sessions, &queries, &spans, &events, &tenants})
        *value = in.varint();
    return in.ok();
}

Result<Progress> Fold::resume(Epoch epoch) {
    progress_ = Progress();
    progress_.epoch = epoch;
    ARK_TRY(const auto stored, kv_.get(store::Space::rows, keys::progress));
    if (stored && !progress_.unpack(*stored)) return damaged("the fold's progress");
    return progress_;
}

void Fold::settle_all() {
    // Settling may touch what follows: indexes, not iterators.
    for (std::size_t i = 0; i < dirty_stories_.size(); ++i)
        settle(*dirty_stories_[i]);
    for (std::size_t i = 0; i < dirty_queries_.size(); ++i) {
        const auto& its = *dirty_queries_[i];
        auto* in_session = session(its.tenant, its.session);
        if (in_session == nullptr || in_session->first_query != its.number) continue;
        touch(*in_session);
        in_session->first_title = its.title();
    }
}

void Fold::write_story(Story& story, store::WriteBatch& batch) {
    if (!story.chunk.empty()) {
        const auto key = keys::chunk(story.number, story.chunk.first_offset());
        batch.put(store::Space::postings, key, story.chunk.take());
    }
    batch.put(store::Space::rows, keys::row(keys::row_type(story.key), story.key.tenant, story.number), story.pack());
}

void Fold::publish_context(Story& story) {
    if (!story.context_stale) return;
    story.context_stale = false;
    auto context = std::make_shared<const items::Context>(context_of(story, session_of(story), query_of(story)));
    std::vector<std::shared_ptr<const items::Context>> of_strands;
    if (const auto* strands = story.strands()) {
        for (std::size_t i = 0; i < strands->all().size(); ++i) {
            const auto* its = query(story.key.tenant, strands->query_of(i));
            of_strands.push_back(std::make_shared<const items::Context>(context_of(story, session_of(story), its)));
        }
    }
    const std::lock_guard lock(stories_.lock_of(story.key));
    story.context.swap(context);
    for (std::size_t i = 0; i < of_strands.size(); ++i)
        story.strands()->all()[i].context.swap(of_strands[i]);
}

Result<Fold::Changed> Fold::commit(Offset folded) {
    settle_all();
    if (!failure_) return failure_.error();
    store::WriteBatch batch;
    for (auto* story : dirty_stories_)
        write_story(*story, batch);
    Changed changed;
    changed.queries_gone = queries_gone_;
    for (auto* its : dirty_queries_) {
        const auto key = keys::row(keys::Row::query, its->tenant, its->number);
        const bool gone = its->implicit && its->empty();
        if (gone) {
            batch.remove(store::Space::rows, key);
        } else {
            batch.put(store::Space::rows, key, its->pack());
            changed.queries.push_back(its);
        }
        its->stored = !gone;
    }
    for (auto* its : dirty_sessions_) {
        batch.put(store::Space::rows, keys::row(keys::Row::session, its->tenant, its->number), its->pack());
        its->stored = true;
        changed.sessions.push_back(its);
    }
    for (const auto& [its, change] : members_changed_) {
        const auto key = keys::member(its.type, its.group, its.story);
        if (change.first) {
            const auto type = static_cast<char>(change.second);
            batch.put(store::Space::rows, key, {&type, 1});
        } else {
            batch.remove(store::Space::rows, key);
        }
    }
    members_changed_.clear();
    ids_.write(batch);
    progress_.folded = folded;
    batch.put(store::Space::rows, keys::progress, progress_.pack());
    if (projection_ != nullptr) {
        if (auto status = projection_->write(batch, folded); !status) return (failure_ = status).error();
    }
    if (auto status = kv_.commit(batch); !status) return (failure_ = status).error();
    for (auto* story : dirty_stories_)
        publish_context(*story);
    return changed;
}

void Fold::shrink() {
    last_story_ = nullptr;
    const auto count = [&](auto& list, auto& touched) {
        for (auto* thing : list) {
            const auto bytes = thing->bytes();
            thing->dirty = false;
            thing->drain = drain_;
            touched.touched(thing->number, drain_, thing->counted, bytes);
            thing->counted = bytes;
        }
        list.clear();
    };
    count(dirty_stories_, touched_stories_);
    count(dirty_queries_, touched_queries_);
    count(dirty_sessions_, touched_sessions_);
    for (const auto number : queries_gone_) {
        const auto gone = queries_.find(number);
        if (gone == queries_.end()) continue;
        touched_queries_.gone(gone->second->counted);
        queries_.erase(gone);
    }
    queries_gone_.clear();
    ++drain_;

    // Stories are the bulk; queries and sessions get a quarter each way so that neither starves the other.
    touched_stories_.shrink(
        hot_bytes_max_ / 2, stories_.size(), [&](std::uint64_t number) { return stories_.find(number); },
        [&](Story& story) {
            const auto bytes = story.counted;
            stories_.erase(story);
            return bytes;
        });
    const auto shrink_groups = [&](auto& touched, auto& map) {
        touched.shrink(
            hot_bytes_max_ / 4, map.size(),
            [&](std::uint64_t number) {
                const auto found = map.find(number);
                return found == map.end() ? nullptr : found->second.get();
            },
            [&](auto& thing) {
                const auto bytes = thing.counted;
                map.erase(thing.number);
                return bytes;
            });
    };
    shrink_groups(touched_queries_, queries_);
    shrink_groups(touched_sessions_, sessions_);
}

}  // namespace ark::views
