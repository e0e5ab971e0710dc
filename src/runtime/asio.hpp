#pragma once
// The one way to include Asio: coroutines, executors and timers, separately compiled (runtime/asio_src.cpp).
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ark {
namespace asio = boost::asio;
using asio::awaitable;
}  // namespace ark
