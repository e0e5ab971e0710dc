#include "codec/json_writer.hpp"
#include "reference/handlers.hpp"
#include "reference/json_body.hpp"
#include "reference/page_json.hpp"
#include "reference/sessions_request.hpp"
#include "reference/sse_watch.hpp"

#include <limits>

/// Sessions: queries that belong together, rolled up.
namespace ark::reference {
namespace {

std::string all_json(const std::vector<SessionText>& sessions) {
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().key("sessions").begin_object();
    for (const auto& session : sessions)
        json.key(session.id).raw(session.json);
    json.end_object().end_object();
    return body;
}

Outcome<std::string> read_one(Store& store, const std::string& tenant, const std::string& id) {
    const auto session = store.session(tenant, id);
    if (!session) return refusal_of(session.error());
    if (!*session) return not_found("Session not found");
    return (*session)->json;
}

Outcome<std::string> read_all(Store& store, const std::string& tenant, const SessionsListing& listing) {
    if (!listing.session.empty()) {
        auto session = store.session(tenant, listing.session);
        if (!session) return refusal_of(session.error());
        std::vector<SessionText> found;
        if (*session) found.push_back(std::move(**session));
        return all_json(found);
    }
    if (!listing.filtered) {
        const auto sessions = store.sessions(tenant);
        if (!sessions) return refusal_of(sessions.error());
        return all_json(*sessions);
    }
    auto request = listing.request;
    request.limit = std::numeric_limits<std::size_t>::max();
    const auto page = store.sessions_page(tenant, request);
    if (!page) return refusal_of(page.error());
    return all_json(page->sessions);
}

Outcome<std::string> read_paged(Store& store, const std::string& tenant, const SessionsRequest& request) {
    const auto page = store.sessions_page(tenant, request);
    if (!page) return refusal_of(page.error());
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().key("items").begin_array();
    for (const auto& session : page->sessions)
        json.raw(session.json);
    json.end_array();
    write_page_end(json, page->total, page->has_more, request.offset + page->sessions.size());
    json.key("statusCounts").begin_object();
    json.field("active", page->active).field("idle", page->idle).field("error", page->error);
    json.end_object().end_object();
    return body;
}

}  // namespace

awaitable<void> get_sessions(Call& call) {
    auto listing = read_sessions_listing(call.params);
    if (!listing) co_return co_await call.refuse(listing.error());
    if (listing->watch) {
        // A watcher wants the picture first: every session as it is now, whatever it has seen before.
        Filter filter;
        filter.session = std::move(listing->session);
        const Start start{Start::At::beginning, 0};
        co_return co_await serve_watch(call, Kind::sessions, std::move(filter), start);
    }
    auto read = [&call, &listing] {
        return listing->paged ? read_paged(call.store(), call.tenant, listing->request)
                              : read_all(call.store(), call.tenant, *listing);
    };
    co_await call.answer_with(read);
}

awaitable<void> get_session(Call& call) {
    auto read = [&call] { return read_one(call.store(), call.tenant, call.path(0)); };
    co_await call.answer_with(read);
}

awaitable<void> post_session(Call& call) {
    auto body = co_await read_json(call);
    if (!body) co_return co_await call.refuse(body.error());
    const auto object = body->object();
    if (!object) co_return co_await call.refuse(object.error());
    const auto id = text_member(object->find("sessionId"), "sessionId");
    if (!id) co_return co_await call.refuse(id.error());
    if (id->empty())
        co_return co_await call.refuse(validation("sessionId: Too small: expected string to have >=1 characters"));
    const auto applied = co_await call.store().apply_session(call.tenant, std::move(body->text));
    if (!applied) co_return co_await call.refuse(refusal_of(applied.error()));
    call.acknowledge(*applied);
    co_await call.answer(201, R"({"status":"success"})");
}

awaitable<void> delete_sessions(Call& call) {
    Erasure all;
    all.kind = Kind::sessions;
    co_await call.erase(std::move(all), "Sessions purged");
}

awaitable<void> get_health(Call& call) {
    auto response = text_answer(call.head(), 200, "OK");
    co_await call.send(std::move(response));
}

}  // namespace ark::reference
