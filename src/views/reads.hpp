#pragma once
#include "store/kv.hpp"
#include "views/heads.hpp"
#include "views/keys.hpp"
#include "views/story_store.hpp"
#include "views/views.hpp"

#include <memory>
#include <optional>
#include <string_view>

/// Reads of committed rows and postings, each over one snapshot. Stateless; any thread.
namespace ark::views {

/// What "now" means to a read: an open span whose producer was silent for too long is interrupted.
struct Moment {
    std::uint64_t now = 0;
    std::uint64_t interrupted_after = 0;
    bool quiet(std::uint64_t received) const { return now > received && now - received > interrupted_after; }
};

class Reads {
public:
    Reads(const store::Kv& kv, Moment moment) : snapshot_(kv.snapshot()), moment_(moment) {}

    /// The number behind a tenant's name; nothing for a tenant never seen.
    Result<std::optional<std::uint32_t>> tenant(std::string_view name) const;
    Result<std::optional<std::uint64_t>> number(const std::string& id_key) const;
    Result<std::optional<std::uint64_t>> query_number(std::uint32_t tenant, std::string_view id_or_name) const;

    Result<std::unique_ptr<Story>> story_row(const StoryKey& key, std::uint64_t number) const;  ///< null = none
    Result<std::unique_ptr<Query>> query(std::uint32_t tenant, std::uint64_t number) const;
    Result<std::unique_ptr<Session>> session(std::uint32_t tenant, std::uint64_t number) const;

    Result<TraceRow> row(const Story& story) const;
    Result<QueryRow> row(const Query& query) const;
    SessionRow row(const Session& session) const;

    /// Stories of a session or query, ascending, with their types.
    struct Member {
        std::uint64_t story = no_number;
        keys::Row type = keys::Row::trace;
    };
    Result<std::vector<Member>> members_of_session(std::uint64_t number) const;
    Result<std::vector<Member>> members_of_query(std::uint32_t tenant, std::uint64_t number) const;
    Result<std::unique_ptr<Story>> member_row(std::uint32_t tenant, const Member& member) const;

    /// Appends a story's spans by start time.
    Status append_spans(const Story& row, std::vector<SpanEntry>& out) const;
    /// Offsets of a story's items in [from, until).
    Status append_offsets(std::uint64_t story, Offset from, Offset until, std::size_t limit,
                          std::vector<Offset>& out) const;

    const store::Snapshot& snapshot() const { return *snapshot_; }
    const Moment& moment() const { return moment_; }

private:
    Result<std::unique_ptr<Story>> story_of_implicit(std::uint32_t tenant, std::string_view id) const;
    std::vector<Member> stored_members(keys::Member type, std::uint64_t group) const;

    std::unique_ptr<store::Snapshot> snapshot_;
    Moment moment_;
};

/// Sorts by start, then by where they were told.
void sort_spans(std::vector<SpanEntry>& spans, std::size_t limit);

}  // namespace ark::views
