#pragma once
#include "runtime/asio.hpp"

#include <boost/asio/redirect_error.hpp>

namespace ark::runtime {

/// Wakes the coroutines that wait for something to change; each looks again at what it waits for. One executor.
class Bell {
public:
    explicit Bell(asio::any_io_executor executor)
        : timer_(std::move(executor), asio::steady_timer::time_point::max()) {}

    void ring() { timer_.cancel(); }
    /// Until the next ring().
    awaitable<void> wait() {
        boost::system::error_code rung;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, rung));
    }

private:
    asio::steady_timer timer_;  // expires never: moving its expiry would wake the others
};

}  // namespace ark::runtime
