#pragma once
#include "net/http_client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace ark::net {

/// One outgoing connection, plain or TLS. Belongs to one exchange at a time, or lies idle in the pool.
///
/// Whatever ends an exchange early (deadline, stop, the owner's destruction) does one thing: abort() closes the socket,
/// and whoever waits learns the first cause. Shared with the handlers of its timer and of stop callbacks, which hold it
/// weakly.
class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    static constexpr TimePoint never = TimePoint::max();

    ClientConnection(asio::io_context& context, Url origin);

    /// Name, TCP, the proxy's tunnel and TLS, all before `deadline`. `tls`: for an https origin.
    awaitable<Status> open(const HttpClientConfig& config, asio::ssl::context* tls, TimePoint deadline);
    /// All bytes; closed when the peer is gone.
    awaitable<Status> write(std::string_view bytes);
    /// Appends what comes to `input`. False: the peer sent its end.
    awaitable<Result<bool>> fill();

    /// When the waits from now on have lasted too long.
    void set_deadline(TimePoint deadline);
    /// Closes the socket; waits that are under way fail with this cause. Later causes do not count.
    void abort(Error cause);
    /// Whether an idle connection is still good: open, and nothing has come unasked (an end, or bytes).
    bool is_fresh();

    const Url& origin() const { return origin_; }
    std::string input;  ///< read but not yet used
    TimePoint expires = never;
    bool through_proxy = false;  ///< a plain request names its whole URL
    bool used = false;           ///< has carried an exchange before

private:
    using Socket = asio::ip::tcp::socket;
    struct Lookup;

    Status judge_literal(const AddressGuard& guard) const;
    awaitable<Status> connect_to(const std::string& host, std::uint16_t port, AddressGuard guard, TimePoint deadline);
    awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> look_up(const std::string& host, std::uint16_t port);
    awaitable<Status> tunnel();
    awaitable<Status> shake_hands(asio::ssl::context& tls);
    void watch();
    /// Into `input`, what is there. Whoever waits holds no buffer: thousands of connections wait for a model.
    void read_ready(boost::system::error_code& error);
    /// The cause of an abort if there was one, else what the system said.
    Error why(Errc code, std::string_view doing, const boost::system::error_code& error) const;

    asio::io_context& context_;
    const Url origin_;
    Socket socket_;
    std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
    std::shared_ptr<Lookup> lookup_;
    asio::steady_timer timer_;
    TimePoint deadline_ = never;
    TimePoint timer_at_ = never;
    bool opening_ = false;
    bool trying_ = false;  // one address of several: its deadline ends the attempt, not the connection
    std::optional<Error> cause_;
};

}  // namespace ark::net
