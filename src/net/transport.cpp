#include "net/transport.hpp"

#include <cerrno>

#include <boost/asio/async_result.hpp>
#include <sys/socket.h>

namespace ark::net {

namespace {

Transport::Moved after_error() {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {Transport::State::would_block, 0};
    return {Transport::State::failed, 0};
}

}  // namespace

void advance(std::span<iovec>& pieces, std::size_t n) {
    while (!pieces.empty() && n >= pieces.front().iov_len) {
        n -= pieces.front().iov_len;
        pieces = pieces.subspan(1);
    }
    if (pieces.empty()) return;
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + n;
    pieces.front().iov_len -= n;
}

Transport::Moved Transport::read(std::span<char> into) {
    if (!socket_.is_open()) return {State::failed, 0};
    const auto n = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    if (n < 0) return after_error();
    if (n == 0) return {State::ended, 0};
    return {State::moved, static_cast<std::size_t>(n)};
}

Transport::Moved Transport::write(std::span<iovec>& pieces) {
    if (!socket_.is_open()) return {State::failed, 0};
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    ssize_t n = 0;
    if (pieces.size() == 1) {
        n = ::send(socket_.native_handle(), pieces.front().iov_base, pieces.front().iov_len, flags);
    } else {
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.size();
        n = ::sendmsg(socket_.native_handle(), &message, flags);
    }
    if (n < 0) return after_error();
    advance(pieces, static_cast<std::size_t>(n));
    return {State::moved, static_cast<std::size_t>(n)};
}

awaitable<bool> Transport::readable() {
    auto wait = [this](auto resume) { on_readable(std::move(resume)); };
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(std::move(wait), asio::use_awaitable);
}

awaitable<bool> Transport::writable() {
    auto wait = [this](auto resume) { on_writable(std::move(resume)); };
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(std::move(wait), asio::use_awaitable);
}

void Transport::cancel() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Transport::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void Transport::shutdown_write() {
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

}  // namespace ark::net
