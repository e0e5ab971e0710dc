#include "net/connection.hpp"

namespace ark::net {

std::unique_ptr<Session> make_http2(Connection& connection, std::string first) {
    return make_http1(connection, std::move(first));
}

}  // namespace ark::net
