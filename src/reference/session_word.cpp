#include "items/json_events.hpp"
#include "otlp/json.hpp"
#include "reference/json_text.hpp"
#include "reference/session_fold.hpp"

#include <array>
#include <utility>

/// What events and bodies of POST /sessions say, by the names that the reference reads.
namespace ark::reference {
namespace {

using Type = model::ValueView::Type;

struct Member {
    std::string_view name;
    std::string SessionWord::*text;
};
constexpr std::array<Member, 9> members{{{"sessionId", &SessionWord::session},
                                         {"queryName", &SessionWord::query},
                                         {"queryNamespace", &SessionWord::space},
                                         {"conversationId", &SessionWord::conversation},
                                         {"agent", &SessionWord::agent},
                                         {"team", &SessionWord::team},
                                         {"tool", &SessionWord::tool},
                                         {"targetType", &SessionWord::target},
                                         {"_reason", &SessionWord::reason}}};
constexpr std::string_view tool_name = "toolName";  // when there is no `tool`

bool is_truthy(const model::ValueView& value) {
    switch (value.type) {
        case Type::empty:
            return false;
        case Type::string:
        case Type::bytes:
            return !value.text.empty();
        case Type::boolean:
            return value.boolean;
        case Type::integer:
            return value.integer != 0;
        case Type::real:
            return value.real != 0 && value.real == value.real;
        case Type::array:
        case Type::map:
            return true;
    }
    return false;
}

/// Rows are no place for payloads: the beginning of a long error is kept as a text.
void bound(std::string& error) {
    constexpr std::size_t error_bytes_max = 4096;
    if (error.size() <= error_bytes_max) return;
    const auto text = error.front() == '"' ? JsonView(error).string() : error;
    error.clear();
    codec::JsonWriter json(error);
    json.string(clip(text, error_bytes_max));
}

SessionWord word_of_data(otlp::Attributes data) {
    SessionWord word;
    std::string tool;
    model::AttributeView attribute;
    while (data.next(attribute)) {
        if (attribute.key == "error") {
            word.error.clear();
            codec::JsonWriter json(word.error);
            if (is_truthy(attribute.value)) otlp::write_value(json, attribute.value);
            continue;
        }
        if (attribute.value.type != Type::string) continue;
        const auto text = clip(attribute.value.text, keys::id_bytes_max);
        if (attribute.key == tool_name) tool = text;
        for (const auto& member : members) {
            if (attribute.key == member.name) word.*member.text = text;
        }
    }
    bound(word.error);
    if (word.tool.empty()) word.tool = std::move(tool);
    return word;
}

}  // namespace

SessionWord word_of(const items::Item& event) {
    if (items::came_as_json(event)) {
        auto word = word_of_data(event.log->attributes());
        const bool named = event.reason_as_sent != items::unnamed_event;
        word.reason = named ? event.reason_as_sent : std::string_view();
        return word;
    }
    const auto& facts = event.facts;
    SessionWord word;
    word.session = facts.session_id;
    word.query = facts.query_name;
    word.space = facts.query_namespace;
    word.conversation = facts.conversation_id;
    word.agent = facts.agent;
    word.team = facts.team;
    word.tool = facts.tool;
    word.reason = event.reason_as_sent;
    const auto& error = facts.error_message.empty() ? facts.error_type : facts.error_message;
    if (event.failed && !error.empty()) {
        codec::JsonWriter json(word.error);
        json.string(error);
        bound(word.error);
    }
    return word;
}

SessionWord word_of_update(std::string_view text) {
    SessionWord word;
    const JsonView body(text);
    for (const auto& member : members)
        word.*member.text = clip(body.find(member.name).string(), keys::id_bytes_max);
    if (word.tool.empty()) word.tool = clip(body.find(tool_name).string(), keys::id_bytes_max);
    if (const auto error = body.find("error"); error && error.truthy()) word.error = error.text();
    bound(word.error);
    return word;
}

}  // namespace ark::reference
