// The server over loopback, as a closed loop of one connection: what a request costs in all, both ends included.
#include "net/client.hpp"
#include "net/server.hpp"

#include <benchmark/benchmark.h>

namespace ark::net {
namespace {

awaitable<void> swallow(Exchange& exchange) {
    const auto body = co_await exchange.read_body(64u << 20);
    Response response;
    response.status = body ? 200 : 413;
    co_await exchange.respond(std::move(response));
}

void post(benchmark::State& state) {
    runtime::IoPool pool(1);
    Router router;
    router.add("POST", "/", swallow);
    const ServerConfig config;
    auto server = Server::create(pool, config, router);
    if (!server) return state.SkipWithError("cannot listen");
    (*server)->start();
    pool.start();
    Client client(*Url::parse((*server)->address()));
    const std::string body(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) {
        const auto response = client.request("POST", "/", {}, body);
        if (!response || response->status != 200) state.SkipWithError("no answer");
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
    (*server)->stop(std::chrono::milliseconds(0));
    pool.stop();
}
BENCHMARK(post)->Arg(554)->Arg(303'000)->Arg(4 << 20)->UseRealTime();

}  // namespace
}  // namespace ark::net
