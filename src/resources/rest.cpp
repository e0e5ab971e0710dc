#include "resources/rest.hpp"

#include "resources/discovery.hpp"
#include "resources/metadata.hpp"
#include "resources/wire.hpp"

#include <fmt/format.h>

namespace ark::resources {

/// What the address and the query of a request say.
struct RestApi::Call {
    const Kind* kind = nullptr;
    std::string ns;
    std::string name;
    net::Query query;
    Shape shape = Shape::object;

    static Outcome<Call> of(const net::RequestHead& head, const Kind& kind) {
        auto query = net::Query::parse(head.raw_query);
        if (!query) return refuse(Reason::bad_request, "the query of the address cannot be decoded");
        Call call{&kind, {}, {}, std::move(*query), shape_wanted(head.fields.find("accept"))};
        auto values = head.path_values;
        if (kind.namespaced && head.path.find("/namespaces/") != std::string::npos && !values.empty()) {
            call.ns = values.front();
            values.erase(values.begin());
        }
        if (!values.empty()) call.name = values.front();
        return call;
    }
    ObjectName object_name() const { return {ns, name}; }
    std::string include() const { return std::string(query.find("includeObject").value_or("Metadata")); }
};

namespace {

awaitable<Outcome<JsonValue>> read_body(net::Exchange& exchange, std::size_t bytes_max) {
    const auto body = co_await exchange.read_body(bytes_max);
    if (!body) co_return refuse(body.error());
    if (body->empty()) co_return JsonValue{};
    co_return read_document(exchange.head().fields.find("content-type"), body->view());
}

}  // namespace

void RestApi::register_routes(net::Router& router) {
    for (const auto& kind : all_kinds())
        register_kind(router, kind);
    const auto documents = discovery_documents(config_.product);
    for (const auto& [path, body] : documents) {
        router.add("GET", path, [this, text = body](net::Exchange& exchange) { return answer(exchange, 200, text); });
    }
    const auto namespaces = [this](net::Exchange& exchange) { return serve_namespaces(exchange); };
    router.add("GET", "/api/v1/namespaces", namespaces);
    router.add("GET", "/api/v1/namespaces/{name}", namespaces);
}

void RestApi::register_kind(net::Router& router, const Kind& kind) {
    const auto* k = &kind;
    const auto root = kind.group.empty() ? "/api/v1" : "/apis/" + kind.api_version();
    const auto all = root + "/" + kind.plural;
    const auto collection = kind.namespaced ? root + "/namespaces/{namespace}/" + kind.plural : all;
    const auto one = collection + "/{name}";
    const auto list = [this, k](net::Exchange& e) { return serve_list(e, *k); };
    if (kind.namespaced) router.add("GET", all, list);
    router.add("GET", collection, list);
    router.add("POST", collection, [this, k](net::Exchange& e) { return serve_create(e, *k); });
    router.add("DELETE", collection, [this, k](net::Exchange& e) { return serve_delete_all(e, *k); });
    router.add("GET", one, [this, k](net::Exchange& e) { return serve_get(e, *k); });
    router.add("PUT", one, [this, k](net::Exchange& e) { return serve_update(e, *k, Part::main); });
    router.add("PATCH", one, [this, k](net::Exchange& e) { return serve_patch(e, *k, Part::main); });
    router.add("DELETE", one, [this, k](net::Exchange& e) { return serve_delete(e, *k); });
    if (!kind.has_status) return;
    const auto status = one + "/status";
    router.add("GET", status, [this, k](net::Exchange& e) { return serve_get(e, *k); });
    router.add("PUT", status, [this, k](net::Exchange& e) { return serve_update(e, *k, Part::status); });
    router.add("PATCH", status, [this, k](net::Exchange& e) { return serve_patch(e, *k, Part::status); });
}

awaitable<void> RestApi::serve_list(net::Exchange& exchange, const Kind& kind) {
    const auto call = Call::of(exchange.head(), kind);
    if (!call) co_return co_await answer(exchange, call.error());
    if (is_true(call->query, "watch")) co_return co_await serve_watch(exchange, *call);
    auto options = list_options(call->query, kind, call->ns);
    if (!options) co_return co_await answer(exchange, options.error());
    const auto page = co_await store_.list(kind, std::move(*options));
    if (!page) co_return co_await answer(exchange, page.error());
    auto body = call->shape == Shape::table ? table_json(kind, page->items, &*page, clock_.now(), call->include())
                                            : list_json(kind, *page);
    co_await answer(exchange, 200, std::move(body));
}

awaitable<void> RestApi::serve_get(net::Exchange& exchange, const Kind& kind) {
    const auto call = Call::of(exchange.head(), kind);
    if (!call) co_return co_await answer(exchange, call.error());
    auto object_name = call->object_name();
    const auto found = co_await store_.get(kind, std::move(object_name));
    if (!found) co_return co_await answer(exchange, found.error());
    auto body = call->shape == Shape::table ? table_json(kind, {*found}, nullptr, clock_.now(), call->include())
                                            : (*found)->json;
    co_await answer(exchange, 200, std::move(body));
}

awaitable<void> RestApi::serve_create(net::Exchange& exchange, const Kind& kind) {
    const auto call = Call::of(exchange.head(), kind);
    if (!call) co_return co_await answer(exchange, call.error());
    auto options = write_options(call->query);
    if (!options) co_return co_await answer(exchange, options.error());
    auto object = co_await read_body(exchange, config_.body_bytes_max);
    if (!object) co_return co_await answer(exchange, object.error());
    auto ns = call->ns;
    auto outcome = co_await store_.create(kind, std::move(ns), std::move(*object), std::move(*options));
    co_await answer_written(exchange, *call, std::move(outcome));
}

awaitable<void> RestApi::serve_update(net::Exchange& exchange, const Kind& kind, Part part) {
    const auto call = Call::of(exchange.head(), kind);
    if (!call) co_return co_await answer(exchange, call.error());
    auto options = write_options(call->query);
    if (!options) co_return co_await answer(exchange, options.error());
    auto object = co_await read_body(exchange, config_.body_bytes_max);
    if (!object) co_return co_await answer(exchange, object.error());
    auto object_name = call->object_name();
    auto outcome = co_await store_.update(kind, std::move(object_name), part, std::move(*object), std::move(*options));
    co_await answer_written(exchange, *call, std::move(outcome));
}

awaitable<void> RestApi::serve_patch(net::Exchange& exchange, const Kind& kind, Part part) {
    const auto call = Call::of(exchange.head(), kind);
    if (!call) co_return co_await answer(exchange, call.error());
    auto options = write_options(call->query);
    if (!options) co_return co_await answer(exchange, options.error());
    const auto type = patch_type_of(exchange.head().fields.find("content-type"));
    if (!type) co_return co_await answer(exchange, type.error());
    if (*type == PatchType::strategic && !kind.group.empty()) {
        const auto refusal = refuse(Reason::unsupported_media_type, "strategic merge is for Kubernetes' own kinds");
        co_return co_await answer(exchange, refusal);
    }
    auto body = co_await read_body(exchange, config_.body_bytes_max);
    if (!body) co_return co_await answer(exchange, body.error());
    PatchBody patch{*type, std::move(*body)};
    auto object_name = call->object_name();
    auto outcome = co_await store_.patch(kind, std::move(object_name), part, std::move(patch), std::move(*options));
    co_await answer_written(exchange, *call, std::move(outcome));
}

awaitable<void> RestApi::serve_delete(net::Exchange& exchange, const Kind& kind) {
    const auto call = Call::of(exchange.head(), kind);
    if (!call) co_return co_await answer(exchange, call.error());
    const auto body = co_await read_body(exchange, config_.body_bytes_max);
    if (!body) co_return co_await answer(exchange, body.error());
    auto options = delete_options(call->query, *body);
    if (!options) co_return co_await answer(exchange, options.error());
    auto object_name = call->object_name();
    const auto outcome = co_await store_.remove(kind, std::move(object_name), std::move(*options));
    if (!outcome) co_return co_await answer(exchange, outcome.error());
    auto text = outcome->gone ? success_json(*outcome->resource) : outcome->resource->json;
    co_await answer(exchange, 200, std::move(text));
}

awaitable<void> RestApi::serve_delete_all(net::Exchange& exchange, const Kind& kind) {
    const auto call = Call::of(exchange.head(), kind);
    if (!call) co_return co_await answer(exchange, call.error());
    const auto body = co_await read_body(exchange, config_.body_bytes_max);
    if (!body) co_return co_await answer(exchange, body.error());
    auto which = list_options(call->query, kind, call->ns);
    if (!which) co_return co_await answer(exchange, which.error());
    auto options = delete_options(call->query, *body);
    if (!options) co_return co_await answer(exchange, options.error());
    auto removed = co_await store_.remove_all(kind, std::move(*which), std::move(*options));
    if (!removed) co_return co_await answer(exchange, removed.error());
    Page page;
    page.items = std::move(*removed);
    co_await answer(exchange, 200, list_json(kind, page));
}

awaitable<void> RestApi::serve_namespaces(net::Exchange& exchange) {
    const auto& values = exchange.head().path_values;
    const auto all = store_.namespaces();
    std::string items;
    for (const auto& ns : all) {
        const auto json = namespace_json(ns);
        if (!values.empty() && values.front() == ns) co_return co_await answer(exchange, 200, json);
        items += (items.empty() ? "" : ",") + json;
    }
    if (!values.empty()) {
        const auto missing = refuse(Reason::not_found, fmt::format("namespaces \"{}\" not found", values.front()));
        co_return co_await answer(exchange, missing);
    }
    co_await answer(exchange, 200, namespace_list_json(items));
}

awaitable<void> RestApi::answer_written(net::Exchange& exchange, const Call& call, Outcome<Written> outcome) {
    if (!outcome) co_return co_await answer(exchange, outcome.error());
    net::Response response;
    response.status = outcome->created ? 201 : 200;
    response.fields.add("content-type", "application/json");
    for (const auto& warning : outcome->warnings)
        response.fields.add("warning", warning_field(warning));
    response.body = call.shape == Shape::table
                        ? table_json(*call.kind, {outcome->resource}, nullptr, clock_.now(), call.include())
                        : outcome->resource->json;
    co_await exchange.respond(std::move(response));
}

awaitable<void> RestApi::answer(net::Exchange& exchange, int status, std::string body) {
    net::Response response;
    response.status = status;
    response.fields.add("content-type", "application/json");
    response.body = std::move(body);
    co_await exchange.respond(std::move(response));
}

awaitable<void> RestApi::answer(net::Exchange& exchange, const Refusal& refusal) {
    net::Response response;
    response.status = http_status(refusal.reason);
    response.fields.add("content-type", "application/json");
    if (refusal.reason == Reason::too_many_requests || refusal.reason == Reason::unavailable) {
        response.fields.add("retry-after", "1");
    }
    response.body = status_json(refusal);
    co_await exchange.respond(std::move(response));
}

/// Lines of {"type", "object"} until the time is up, the client goes, or it fell behind what is kept.
awaitable<void> RestApi::serve_watch(net::Exchange& exchange, const Call& call) {
    constexpr std::uint64_t second = 1'000'000'000;
    const auto& kind = *call.kind;
    auto selected = list_options(call.query, kind, call.ns);
    if (!selected) co_return co_await answer(exchange, selected.error());
    const auto from = number_of(call.query, "resourceVersion", 0);
    const auto spread = clock_.monotonic_nanos() % 256;  // clients that came together need not come back together
    const auto seconds =
        number_of(call.query, "timeoutSeconds", static_cast<std::uint64_t>(config_.watch_time.count()) + spread);
    if (!from) co_return co_await answer(exchange, from.error());
    if (!seconds) co_return co_await answer(exchange, seconds.error());
    const bool initial = is_true(call.query, "sendInitialEvents");
    WatchOptions options{call.ns, std::move(selected->selection), std::nullopt};
    if (*from > 0 && !initial) options.from = *from;
    if (watches_ >= config_.watches_max) {
        const auto refusal = refuse(Reason::too_many_requests, "too many watches are open");
        co_return co_await answer(exchange, refusal);
    }
    auto opened = store_.watch(kind, std::move(options), exchange.executor());
    if (!opened) co_return co_await answer(exchange, opened.error());
    const auto& watch = *opened;

    net::Fields fields;
    fields.add("content-type", "application/json");
    const auto stream = co_await exchange.start_stream(200, std::move(fields));
    if (!stream) co_return;
    auto& out = **stream;
    ++watches_;
    out.on_close([&watch] { watch->stop(); });
    const auto end = clock_.monotonic_nanos() + std::min<std::uint64_t>(*seconds, 86'400) * second;
    const bool bookmarks = initial || is_true(call.query, "allowWatchBookmarks");
    bool marked = !initial;  // the end of what there was is still to be said
    std::string lines;
    while (!out.closed() && !watch->stopped()) {
        const auto now = clock_.monotonic_nanos();
        if (now >= end) break;
        const auto left = std::chrono::nanoseconds(end - now);
        auto wait = std::min<std::chrono::milliseconds>(
            config_.bookmark_pause,
            std::chrono::duration_cast<std::chrono::milliseconds>(left) + std::chrono::milliseconds(1));
        if (!marked) wait = std::chrono::milliseconds(0);
        const auto events = co_await watch->next(wait);
        lines.clear();
        if (!events) {
            lines = fmt::format("{{\"type\":\"ERROR\",\"object\":{}}}\n", status_json(events.error()));
        } else {
            for (const auto& event : *events) {
                const auto object = call.shape == Shape::table
                                        ? table_json(kind, {event.resource}, nullptr, clock_.now(), call.include())
                                        : event.resource->json;
                lines += event_json(event.type, object);
            }
            if (!marked || (events->empty() && bookmarks)) lines += bookmark_json(kind, watch->version(), !marked);
            marked = true;
        }
        if (lines.empty()) continue;
        const auto written = co_await out.write(lines);
        if (!written || !events) break;
    }
    out.on_close({});
    --watches_;
    if (!out.closed()) co_await out.finish();
}

}  // namespace ark::resources
