#pragma once
#include "views/group.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

/// What list filters need of every query and session, in memory: a list is a walk over these and a few reads of rows.
namespace ark::views {

inline constexpr std::size_t heads_max = 256 * 1024;  // of each kind, ~200 bytes each: 50 MB; the oldest go beyond

struct Head {
    std::uint64_t number = no_number;
    std::uint64_t start = 0, last = 0, received = 0;
    std::uint64_t session = no_number;  ///< of a query
    std::uint32_t tenant = 0;
    std::uint16_t kinds = 0;           ///< bit per kind that occurs
    bool gone = false;                 ///< deleted, or nothing belongs to it
    bool failed = false;               ///< has errors
    State state = State::done;         ///< as if its producer were alive
    std::vector<std::uint32_t> names;  ///< hashes of (NameKind, name)
    std::string text;                  ///< lower case: id, title, names: what search looks through

    static Head of(const Query& query);
    static Head of(const Session& session);
    bool has(NameKind kind, std::string_view name) const;
    State state_at(std::uint64_t now, std::uint64_t interrupted_after) const;
};

/// Heads of one kind, by number. The fold's thread writes after each commit, any thread reads; a reader holds up the
/// fold for the walk of one chunk at most.
class Heads {
public:
    /// In the order of numbers within what is new.
    void put(std::vector<Head> heads);
    void remove(std::uint64_t number);

    /// Calls visit(head) for all; from any thread.
    template <class Visit>
    void for_each(Visit visit) const {
        for (const auto& chunk : chunks()) {
            const std::lock_guard lock(chunk->mutex);
            for (const auto& head : chunk->heads) {
                if (!head.gone) visit(head);
            }
        }
    }
    std::size_t bytes() const;

private:
    static constexpr std::size_t chunk_heads = 1024;
    struct Chunk {
        mutable std::mutex mutex;
        std::uint64_t first = 0;
        std::vector<Head> heads;  // ascending numbers
    };
    using Chunks = std::vector<std::shared_ptr<Chunk>>;
    Chunks chunks() const;
    void put_one(Head head);
    Chunk* chunk_of(std::uint64_t number);  // null = older than all
    static std::vector<Head>::iterator position_of(Chunk& chunk, std::uint64_t number);

    mutable std::shared_mutex mutex_;  // of the list of chunks, not of their contents
    Chunks chunks_;                    // ascending; written by the fold's thread only
};

}  // namespace ark::views
