#pragma once
#include "base/cursor.hpp"
#include "items/items.hpp"
#include "store/kv.hpp"
#include "views/group.hpp"
#include "views/hot.hpp"
#include "views/ids.hpp"
#include "views/keys.hpp"
#include "views/projection.hpp"
#include "views/story.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ark::views {

/// Where the fold stands and what it has counted. Stored with every commit.
struct Progress {
    Epoch epoch;
    Offset folded;
    std::uint64_t traces = 0, sessions = 0, queries = 0, spans = 0, events = 0;
    std::uint64_t tenants = 0;

    std::string pack() const;
    bool unpack(std::string_view bytes);
};

/// The fold: items in, rows and postings out. What it writes does not depend on where drains end: everything that is
/// not a sum happens item by item, and sums are exact.
///
/// One thread. An error of the store is kept: commit() reports it and writes nothing, and the fold is of no more use.
class Fold {
public:
    /// `projection` may be null.
    Fold(store::Kv& kv, HotStories& stories, std::size_t hot_bytes_max, Projection* projection = nullptr);

    /// Reads where the last fold stopped; Progress() of `epoch` when there was none.
    Result<Progress> resume(Epoch epoch);
    const Progress& progress() const { return progress_; }

    /// Folds the items at or after progress().folded.
    Status apply(const model::Batch& batch);
    void apply(std::uint32_t tenant, const items::Item& item, UnixNanos received);
    std::uint32_t tenant(std::string_view name);

    /// Writes everything since the last commit in one batch. `changed` gets the queries and sessions it wrote (valid
    /// until the next call) so that the heads can follow.
    struct Changed {
        std::vector<const Query*> queries;
        std::vector<const Session*> sessions;
        std::vector<std::uint64_t> queries_gone;
    };
    Result<Changed> commit(Offset folded);
    /// Lets go of what was not touched lately. After a commit only.
    void shrink();

private:
    // fold.cpp: from an item to its story, session and query
    Story* locate(std::uint32_t tenant, const items::Item& item);
    Story* open_story(const StoryKey& key, std::uint64_t offset);
    Story* find_or_create(const StoryKey& key, std::uint64_t offset);
    bool begins_trace(const items::Item& item) const;
    std::uint16_t correlate(Story& story, const items::Item& item);
    void note_question(Story& story, const items::Item& item, std::uint16_t named);
    std::uint64_t session_number(std::uint32_t tenant, std::string_view id, std::uint64_t offset);
    std::uint64_t query_number(std::uint32_t tenant, const model::Facts& facts, std::uint64_t session,
                               std::uint64_t offset);
    std::uint64_t create_query(std::uint32_t tenant, std::string_view id, const model::Facts& facts,
                               std::uint64_t offset);
    std::uint64_t create_implicit_query(Story& story, std::uint64_t offset);
    Query* implicit_query(std::uint32_t tenant, std::string_view id);
    Story* story_of_implicit(std::uint32_t tenant, std::string_view id);
    std::uint64_t find_by_name(std::uint32_t tenant, const model::Facts& facts, std::uint64_t session);
    void name_query(Query& query, const model::Facts& facts, std::uint64_t session);
    void register_name(const Query& query, std::uint64_t session);
    std::uint64_t find_id(const std::string& key);

    // sharing.cpp: traces of several queries
    std::uint16_t strand_named(Story& story, const items::Item& item);
    Strands& share_out(Story& story, std::uint64_t rev);
    void follow_strands(Story& story, std::uint64_t rev);
    void settle_strands(Story& story);
    std::vector<std::uint64_t> queries_of(const Story& story) const;

    // membership.cpp: stories join, move and settle
    void settle(Story& story);
    void add_run(Query& query, const Story& story);
    void move_to_session(Story& story, std::uint64_t session, std::uint64_t rev);
    void move_to_query(Story& story, std::uint64_t query, Story::QueryLink link, std::uint64_t rev);
    void set_session_of_query(Query& query, std::uint64_t session, model::SessionSource source, std::uint64_t rev);
    void join(Group& group, Share& share, Part part);
    void leave(Group& group, Share& share, Part part);
    void observe_again(Session& session);
    void observe_again(Query& query);
    std::vector<std::uint64_t> members(const Session& session);
    std::vector<std::uint64_t> members(const Query& query);
    std::vector<std::uint64_t> stored_members(keys::Member type, const Group& group);
    void set_member(keys::Member type, std::uint64_t group, const Story& story, bool present);

    // loading.cpp: hot state or the store's
    Story* story(std::uint32_t tenant, std::uint64_t number);
    Story* load_story(const StoryKey& key, std::uint64_t number);
    Session* session(std::uint32_t tenant, std::uint64_t number);
    Query* query(std::uint32_t tenant, std::uint64_t number);
    Session* session_of(Story& story);
    Query* query_of(Story& story);
    void touch(Story& story);
    void touch(Session& session);
    void touch(Query& query);
    /// The value, or a default one after the error was kept.
    template <class T>
    T checked(Result<T> result) {
        if (result) return std::move(*result);
        if (failure_) failure_ = std::move(result).error();
        return T{};
    }

    /// That a story belongs to a group, in the order of the rows that say so.
    struct Membership {
        keys::Member type;
        std::uint64_t group, story;
        auto operator<=>(const Membership&) const = default;
    };

    // commit.cpp
    void settle_all();
    void write_story(Story& story, store::WriteBatch& batch);
    void publish_context(Story& story);

    store::Kv& kv_;        // outlives us
    HotStories& stories_;  // outlives us; shared with readers
    const std::size_t hot_bytes_max_;
    Projection* const projection_;  // outlives us
    Ids ids_;
    Progress progress_;
    Status failure_ = ok();
    std::uint64_t drain_ = 1;

    std::unordered_map<std::string, std::uint32_t> tenants_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;  // by number
    std::unordered_map<std::uint64_t, std::unique_ptr<Query>> queries_;
    Touched<Story> touched_stories_;
    Touched<Session> touched_sessions_;
    Touched<Query> touched_queries_;

    // This drain's.
    Story* last_story_ = nullptr;  // the last item's
    std::vector<Story*> dirty_stories_;
    std::vector<Session*> dirty_sessions_;
    std::vector<Query*> dirty_queries_;
    std::vector<std::uint64_t> queries_gone_;
    std::map<Membership, std::pair<bool, keys::Row>> members_changed_;  // → present, the story's type
    std::vector<Story::NewName> new_names_;
};

}  // namespace ark::views
