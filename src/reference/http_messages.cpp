#include "reference/handlers.hpp"
#include "reference/json_body.hpp"
#include "reference/page_json.hpp"
#include "reference/sse_watch.hpp"

/// Messages: what an engine remembers of its conversations.
namespace ark::reference {
namespace {

struct MessageListing {
    bool watch = false;
    Filter filter;
    std::optional<std::uint64_t> watch_cursor;
    PageSpan span;
};

Outcome<MessageListing> read_message_listing(const Params& params) {
    MessageListing listing;
    Issues issues;
    listing.watch = issues.take(params.flag("watch"));
    listing.filter.conversation = issues.take(params.text("conversation_id")).value_or("");
    listing.filter.query = issues.take(params.text("query_id")).value_or("");
    listing.watch_cursor = issues.take(checked_cursor(params));
    if (issues.any()) return issues.refusal();
    if (listing.watch) return listing;
    const auto span = page_span(params);
    if (!span) return span.error();
    listing.span = *span;
    return listing;
}

struct Posted {
    std::string conversation;
    std::string query;
    std::vector<std::string> messages;
    std::optional<std::chrono::seconds> ttl;
};

Outcome<Posted> read_posted(const JsonBody& body) {
    const auto object = body.object();
    if (!object) return object.error();
    Posted posted;
    Issues issues;
    constexpr std::array<std::string_view, 4> members{"conversation_id", "query_id", "messages", "ttl_seconds"};
    const auto [conversation, query, messages, ttl_seconds] = object->find_all(members);
    posted.conversation = issues.take(text_member(conversation, "conversation_id"));
    posted.query = issues.take(text_member(query, "query_id"));
    if (!messages || !messages.is(JsonType::array)) issues.note(wrong_type("messages", "array", messages));
    const auto ttl = issues.take(ttl_member(ttl_seconds));
    if (issues.any()) return issues.refusal();
    messages.for_each_element([&posted](JsonView message) { posted.messages.emplace_back(message.text()); });
    if (ttl) posted.ttl = std::chrono::seconds(*ttl);
    return posted;
}

std::string erased_of_query(const std::string& query) {
    return "Query " + query + " messages deleted";
}

}  // namespace

awaitable<void> get_messages(Call& call) {
    auto listing = read_message_listing(call.params);
    if (!listing) co_return co_await call.refuse(listing.error());
    if (listing->watch) {
        const auto start = watch_start(call, false, listing->watch_cursor);
        co_return co_await serve_watch(call, Kind::messages, std::move(listing->filter), start);
    }
    auto read = [&call, &listing] {
        return read_page(call.store(), call.tenant, Kind::messages, listing->filter, listing->span);
    };
    co_await call.answer_with(read);
}

awaitable<void> post_messages(Call& call) {
    const auto body = co_await read_json(call);
    if (!body) co_return co_await call.refuse(body.error());
    auto posted = read_posted(*body);
    if (!posted) co_return co_await call.refuse(posted.error());
    if (!posted->messages.empty()) {
        const auto appended =
            co_await call.store().append_messages(call.tenant, std::move(posted->conversation),
                                                  std::move(posted->query), std::move(posted->messages), posted->ttl);
        if (!appended) co_return co_await call.refuse(refusal_of(appended.error()));
        call.acknowledge(*appended);
    }
    auto response = empty_answer();
    co_await call.send(std::move(response));
}

awaitable<void> delete_messages(Call& call) {
    Erasure all;
    all.kind = Kind::messages;
    co_await call.erase(std::move(all), "Memory purged");
}

awaitable<void> delete_conversations(Call& call) {
    Erasure all;
    all.kind = Kind::messages;
    co_await call.erase(std::move(all), "All conversations deleted");
}

awaitable<void> delete_conversation(Call& call) {
    Erasure some;
    some.kind = Kind::messages;
    some.conversation = call.path(0);
    auto message = "Conversation " + call.path(0) + " deleted";
    co_await call.erase(std::move(some), std::move(message));
}

awaitable<void> delete_conversation_query(Call& call) {
    Erasure some;
    some.kind = Kind::messages;
    some.conversation = call.path(0);
    some.query = call.path(1);
    auto message = erased_of_query(call.path(1)) + " from conversation " + call.path(0);
    co_await call.erase(std::move(some), std::move(message));
}

awaitable<void> delete_query_messages(Call& call) {
    Erasure some;
    some.kind = Kind::messages;
    some.query = call.path(0);
    auto message = erased_of_query(call.path(0));
    co_await call.erase(std::move(some), std::move(message));
}

}  // namespace ark::reference
