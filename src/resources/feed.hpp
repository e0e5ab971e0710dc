#pragma once
#include "resources/store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

namespace ark::resources {

/// What happens to the resources of one kind, for somebody who goes along with them as long as it lives: first what is
/// there, then each change. Where it fell behind, or the store would not let it watch, it begins anew with what is
/// there then; a deletion in between is not told. One executor.
class Feed {
public:
    /// The store outlives us; so do we run().
    Feed(ResourceStore& store, const Kind& kind, asio::any_io_executor executor)
        : store_(store), kind_(kind), executor_(std::move(executor)) {}

    /// Until stop(). `take` is called on our executor, between suspensions.
    awaitable<void> run(std::function<void(const WatchEvent&)> take);
    void stop();

private:
    ResourceStore& store_;
    const Kind& kind_;
    asio::any_io_executor executor_;
    std::unique_ptr<Watch> watch_;
    std::stop_source stopped_;
};

}  // namespace ark::resources
