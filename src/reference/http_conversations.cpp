#include "base/random.hpp"
#include "reference/handlers.hpp"
#include "reference/page_json.hpp"

/// Conversations, as far as the messages tell of them.
namespace ark::reference {
namespace {

Outcome<std::string> memory_status(Store& store, const std::string& tenant) {
    const auto status = store.memory_status(tenant);
    if (!status) return refusal_of(status.error());
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("total_conversations", status->conversations.size());
    json.field("total_messages", status->messages);
    json.key("conversations").begin_object();
    for (const auto& conversation : status->conversations) {
        json.key(conversation.id).begin_object();
        json.field("message_count", conversation.messages).field("query_count", conversation.queries).end_object();
    }
    json.end_object().end_object();
    return body;
}

Outcome<std::string> conversations(Store& store, const std::string& tenant) {
    const auto status = store.memory_status(tenant);
    if (!status) return refusal_of(status.error());
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().key("conversations").begin_array();
    for (const auto& conversation : status->conversations)
        json.string(conversation.id);
    json.end_array().end_object();
    return body;
}

/// All messages of a conversation: the one list here that is not paged.
Outcome<std::string> conversation(Store& store, const std::string& tenant, const std::string& id) {
    constexpr std::size_t step = 1000;
    Filter filter;
    filter.conversation = id;
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("conversation_id", id).key("messages").begin_array();
    std::uint64_t after = 0;
    bool any = false;
    for (bool more = true; more;) {
        const auto page = store.page(tenant, Kind::messages, filter, after, step);
        if (!page) return refusal_of(page.error());
        for (const auto& row : page->rows)
            json.raw(row.json);
        any = any || !page->rows.empty();
        more = page->has_more && !page->rows.empty();
        if (more) after = page->rows.back().sequence;
    }
    if (!any) return not_found("Conversation not found");
    json.end_array().end_object();
    return body;
}

}  // namespace

awaitable<void> get_memory_status(Call& call) {
    auto read = [&call] { return memory_status(call.store(), call.tenant); };
    co_await call.answer_with(read);
}

awaitable<void> get_conversations(Call& call) {
    auto read = [&call] { return conversations(call.store(), call.tenant); };
    co_await call.answer_with(read);
}

/// Only a name: nothing is kept until a message comes.
awaitable<void> post_conversation(Call& call) {
    thread_local Random random(random_seed());
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("conversation_id", random.uuid()).end_object();
    co_await call.answer(201, std::move(body));
}

awaitable<void> get_conversation(Call& call) {
    auto read = [&call] { return conversation(call.store(), call.tenant, call.path(0)); };
    co_await call.answer_with(read);
}

}  // namespace ark::reference
