#include "views/fold.hpp"
#include "views/story_store.hpp"

/// Hot state, or the store's; and what this drain changed.
namespace ark::views {
namespace {

template <class Thing>
Result<std::unique_ptr<Thing>> read_group(const store::Kv& kv, keys::Row type, std::uint32_t tenant,
                                          std::uint64_t number) {
    ARK_TRY(const auto row, kv.get(store::Space::rows, keys::row(type, tenant, number)));
    auto thing = std::make_unique<Thing>();
    if (!row || !thing->unpack(*row)) return damaged("the row of a query or session");
    thing->tenant = tenant;
    thing->number = number;
    thing->stored = true;
    return thing;
}

}  // namespace

Story* Fold::load_story(const StoryKey& key, std::uint64_t number) {
    auto loaded = checked(read_story(*kv_.snapshot(), key, number));
    if (loaded == nullptr) return nullptr;
    loaded->context_stale = true;
    return &stories_.insert(std::move(loaded));
}

Story* Fold::story(std::uint32_t tenant, std::uint64_t number) {
    if (number == no_number) return nullptr;
    if (auto* hot = stories_.find(number)) return hot;
    for (const auto type : {keys::Row::trace, keys::Row::loose}) {
        const auto row = checked(kv_.get(store::Space::rows, keys::row(type, tenant, number)));
        if (!row) continue;
        const auto key = Story::key_of(tenant, *row);
        if (!key) continue;
        auto* loaded = load_story(*key, number);
        // Nobody touched it, but it must be evictable.
        if (loaded != nullptr) touch(*loaded);
        return loaded;
    }
    return nullptr;
}

Session* Fold::session(std::uint32_t tenant, std::uint64_t number) {
    if (number == no_number) return nullptr;
    auto& hot = sessions_[number];
    if (hot == nullptr) {
        hot = checked(read_group<Session>(kv_, keys::Row::session, tenant, number));
        if (hot == nullptr) {
            sessions_.erase(number);
            return nullptr;
        }
        touch(*hot);
    }
    return hot.get();
}

Query* Fold::query(std::uint32_t tenant, std::uint64_t number) {
    if (number == no_number) return nullptr;
    auto& hot = queries_[number];
    if (hot == nullptr) {
        hot = checked(read_group<Query>(kv_, keys::Row::query, tenant, number));
        if (hot == nullptr) {
            queries_.erase(number);
            return nullptr;
        }
        touch(*hot);
    }
    return hot.get();
}

// Asked for with every item, answered by the story itself but once a drain.
Session* Fold::session_of(Story& of_story) {
    if (of_story.session == no_number) return nullptr;
    auto& [hot, drain] = of_story.hot_session;
    if (drain == drain_ && hot->number == of_story.session) return hot;
    hot = session(of_story.key.tenant, of_story.session);
    drain = hot != nullptr ? drain_ : 0;
    return hot;
}

Query* Fold::query_of(Story& of_story) {
    if (of_story.query == no_number) return nullptr;
    auto& [hot, drain] = of_story.hot_query;
    if (drain == drain_ && hot->number == of_story.query) return hot;
    hot = query(of_story.key.tenant, of_story.query);
    drain = hot != nullptr ? drain_ : 0;
    return hot;
}

void Fold::touch(Story& story) {
    if (story.dirty) return;
    story.dirty = true;
    dirty_stories_.push_back(&story);
}

void Fold::touch(Session& of_session) {
    if (of_session.dirty) return;
    of_session.dirty = true;
    dirty_sessions_.push_back(&of_session);
}

void Fold::touch(Query& of_query) {
    if (of_query.dirty) return;
    of_query.dirty = true;
    dirty_queries_.push_back(&of_query);
}

}  // namespace ark::views
