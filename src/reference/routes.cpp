#include "reference/routes.hpp"

#include "codec/utf8.hpp"
#include "reference/handlers.hpp"

#include <algorithm>

namespace ark::reference {
namespace {

struct Route {
    std::string_view method;
    std::string_view pattern;
    awaitable<void> (*handler)(Call& call);
};

constexpr Route routes[] = {
    {"GET", "/health", get_health},
    {"GET", "/messages", get_messages},
    {"POST", "/messages", post_messages},
    {"DELETE", "/messages", delete_messages},
    {"GET", "/memory-status", get_memory_status},
    {"GET", "/conversations", get_conversations},
    {"POST", "/conversations", post_conversation},
    {"DELETE", "/conversations", delete_conversations},
    {"GET", "/conversations/{id}", get_conversation},
    {"DELETE", "/conversations/{id}", delete_conversation},
    {"DELETE", "/conversations/{id}/queries/{query}/messages", delete_conversation_query},
    {"DELETE", "/queries/{query}/messages", delete_query_messages},
    {"GET", "/stream", get_chunks},
    {"DELETE", "/stream", delete_chunks},
    {"GET", "/stream/{query}", get_query_chunks},
    {"POST", "/stream/{query}", post_chunks},
    {"POST", "/stream/{query}/complete", post_complete},
    {"GET", "/traces", get_traces},
    {"DELETE", "/traces", delete_traces},
    {"GET", "/traces/{id}", get_trace},
    {"GET", "/events", get_events},
    {"POST", "/events", post_events},
    {"DELETE", "/events", delete_events},
    {"GET", "/events/{query}", get_query_events},
    {"DELETE", "/events/{query}", delete_query_events},
    {"GET", "/sessions", get_sessions},
    {"POST", "/sessions", post_session},
    {"DELETE", "/sessions", delete_sessions},
    {"GET", "/sessions/{id}", get_session},
};

class ApiImpl final : public Api {
public:
    explicit ApiImpl(Ground ground) : shared_(std::move(ground)) {}

    void register_routes(net::Router& router) override {
        for (const auto& route : routes) {
            router.add(route.method, route.pattern,
                       [this, handler = route.handler](net::Exchange& exchange) { return serve(exchange, handler); });
        }
        router.set_unrouted(
            [](const net::RequestHead& head, const net::Router::Match& match) { return unrouted_answer(head, match); });
    }

private:
    awaitable<void> serve(net::Exchange& exchange, awaitable<void> (*handler)(Call& call)) {
        const auto& head = exchange.head();
        if (!std::all_of(head.path_values.begin(), head.path_values.end(), codec::valid_utf8)) {
            auto response = refusal_answer(head, undecodable_path(head));
            co_return co_await exchange.respond(std::move(response));
        }
        auto tenant = shared_.ground.tenant_of(head);
        if (!tenant) {
            auto response = refusal_answer(head, refusal_of(tenant.error()));
            co_return co_await exchange.respond(std::move(response));
        }
        Call call(shared_, exchange, std::move(*tenant));
        co_await handler(call);
    }

    Shared shared_;
};

}  // namespace

std::unique_ptr<Api> Api::create(Ground ground) {
    return std::make_unique<ApiImpl>(std::move(ground));
}

}  // namespace ark::reference
