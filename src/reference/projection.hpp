#pragma once
#include "views/projection.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace ark::reference {

/// How much is kept. Of each kind the newest items are kept; 0 = all of them. Rows were folded under these numbers:
/// after a change they hold for what comes.
struct KeepConfig {
    std::uint64_t messages_max = 0;
    std::uint64_t events_max = 0;
    std::uint64_t chunks_max = 0;
    std::uint64_t spans_max = 0;
    /// So long after its completion a query's chunks are shown one by one; then its answer remains as one chunk.
    std::chrono::seconds finished_chunks{3600};
};

class Fold;

/// The fold behind the Store. Give it to views::Views::open(), and to Store::create(); it outlives both.
class Projection {
public:
    explicit Projection(const KeepConfig& config);
    ~Projection();
    Projection(const Projection&) = delete;
    Projection& operator=(const Projection&) = delete;

    views::Projection& of_views();
    Fold& fold() { return *fold_; }

private:
    std::unique_ptr<Fold> fold_;
};

}  // namespace ark::reference
