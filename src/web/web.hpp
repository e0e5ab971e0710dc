#pragma once
#include "net/http.hpp"

/// The live page: what is running right now, in a browser, from the broker itself. No build step, no other origin.
namespace ark::web {

/// GET / and the files it needs.
void register_routes(net::Router& router);

}  // namespace ark::web
