#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ark::emit {

/// What queries say while they run, for those within this process who listen: text, as the models write it. Nothing is
/// kept for who comes later: the whole answer is in the query's status. Thread-safe; saying never waits.
class Audience {
public:
    struct Piece {
        std::string utterance;  ///< pieces of one follow each other; another one begins anew
        std::string text;
    };

    /// Somebody who listens to one query, as long as it lives.
    class Seat {
    public:
        ~Seat();
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;
        /// What was said since the last time; of one utterance in one piece.
        std::vector<Piece> take();

    private:
        friend class Audience;
        Seat(Audience& audience, std::string query, std::function<void()> wake)
            : audience_(audience), query_(std::move(query)), wake_(std::move(wake)) {}
        Audience& audience_;  // outlives us
        const std::string query_;
        const std::function<void()> wake_;
        std::vector<Piece> waiting_;  // guarded by the audience's mutex, as all below
        std::size_t bytes_ = 0;
        std::string lost_;  // the utterance whose rest is not heard any more
    };

    /// `query`: "namespace/name". `wake` is called from any thread when there is something to take, and must not wait.
    std::unique_ptr<Seat> listen(std::string query, std::function<void()> wake);
    bool has(const std::string& query) const;
    void say(const std::string& query, const std::string& utterance, std::string_view text);

private:
    mutable std::mutex mutex_;
    std::multimap<std::string, Seat*> seats_;
};

}  // namespace ark::emit
