#pragma once
#include "journal/journal.hpp"
#include "model/batch.hpp"
#include "net/http.hpp"
#include "receive/byte_budget.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

/// The way into the journal, shared by every door: memory for bodies, the views' pace, durability.
namespace ark::receive {

/// What has to be paid for a request's body while it is in memory, and how its items become durable. Thread-safe;
/// coroutines resume on their caller's executor.
class Admission {
public:
    struct Limits {
        std::size_t request_bytes_max;           ///< of one body
        std::size_t in_flight_bytes_max;         ///< of all bodies in memory
        std::size_t lag_bytes_max;               ///< views further behind: appends wait for them, …
        std::chrono::milliseconds lag_wait_max;  ///< … at most so long
    };
    /// `folded`: how far the views are; empty: unpaced. The journal outlives us.
    Admission(const Limits& limits, journal::Journal& journal, std::function<Offset()> folded);

    /// Pays for the body that the head announces; an empty hold when there is no memory for it now (overloaded).
    ByteBudget::Hold reserve(const net::RequestHead& head);
    /// Reads the body that `hold` was reserved for; one that grows beyond it takes more of the budget, or is refused.
    static awaitable<Result<Buffer>> read_body(net::Exchange& exchange, ByteBudget::Hold& hold, std::size_t bytes_max) {
        return exchange.read_body(bytes_max, &hold);
    }
    /// Resolves when the batch is as durable as the journal promises. Under a load that the views cannot follow it
    /// slows down to their pace: then the views read from memory what was just written, instead of from the disk, and
    /// what is acknowledged can be seen. The batch is not empty.
    awaitable<Result<journal::Receipt>> append(std::shared_ptr<model::Batch> batch);

    std::size_t bytes_in_flight() const { return budget_.used(); }

private:
    bool views_lag(const model::Batch& batch) const;
    awaitable<Result<journal::Receipt>> append_in_pace(std::shared_ptr<model::Batch> batch);

    const Limits limits_;
    journal::Journal& journal_;
    const std::function<Offset()> folded_;
    ByteBudget budget_;
};

}  // namespace ark::receive
