#include "base/text.hpp"
#include "query/conversation.hpp"
#include "query/item_match.hpp"
#include "query/page_token.hpp"
#include "query/reads.hpp"

#include <algorithm>
#include <charconv>

namespace ark::query {
namespace {

// A conversation is put together from the beginning for every page; these bound it: ~60 MB of GenAI spans, about a
// second.
constexpr std::size_t session_spans_max = 200'000;
constexpr std::size_t speeches_max = 5000;
constexpr std::size_t speech_bytes_max = 64u << 20;
constexpr std::size_t lite_content_bytes = 16u << 10;

struct Speeches {
    std::vector<Speech> list;
    bool complete = true;
};

bool speaks(const views::SpanEntry& span) {
    return span.kind == model::Kind::llm || span.kind == model::Kind::agent || span.kind == model::Kind::team ||
           span.kind == model::Kind::query;
}

std::size_t bytes_of(const SpanMessages& messages) {
    std::size_t bytes = 0;
    for (const auto* list : {&messages.input, &messages.output}) {
        for (const auto& message : *list)
            bytes += sizeof message + message.content.size() + message.reasoning.size();
    }
    return bytes;
}

Speech speech_of(const Call& call, const items::Item& item) {
    const auto context = call.deps.views.context_of(call.tenant, item);
    const auto known = [](std::string_view own, const std::string& inherited) {
        return own.empty() ? inherited : std::string(own);
    };
    Speech speech;
    speech.kind = item.facts.kind;
    speech.trace_id = item.trace_id;
    speech.span_id = item.span_id;
    speech.conversation = known(item.facts.conversation_id, context.conversation_id);
    speech.query = known(item.facts.query_id, context.query_id);
    speech.agent = known(item.facts.agent, context.agent);
    speech.start = item.time;
    speech.end = item.end;
    speech.messages = messages_of(item);
    return speech;
}

bool wanted(const Call& call, const Speech& speech, const items::Item& item) {
    const auto query = call.params.text("query");
    const auto agent = call.params.text("agent");
    if (!agent.empty() && speech.agent != agent) return false;
    return query.empty() || speech.query == query || item.facts.query_name == query;
}

// The spans that speak, in journal order: neighbours share batches.
Outcome<Speeches> read_speeches(const Call& call, std::string_view session) {
    ARK_TRY(auto spans, call.deps.views.session_spans(call.tenant, session, session_spans_max));
    Speeches out;
    out.complete = spans.size() < session_spans_max;
    std::erase_if(spans, [](const auto& span) { return !speaks(span); });
    if (spans.size() > speeches_max) {
        spans.resize(speeches_max);  // by start time: the beginning of the conversation
        out.complete = false;
    }
    std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });

    journal::Batches batches(call.deps.journal);
    std::size_t bytes = 0;
    for (const auto& span : spans) {
        const auto seen =
            visit_item_at(batches, call.tenant, span.offset, [&](const items::Item& item, const model::Batch&) {
                if (item.type != items::ItemType::span)
                    return;  // known from its start event only: nothing was said yet
                auto speech = speech_of(call, item);
                if (!wanted(call, speech, item)) return;
                bytes += bytes_of(speech.messages);
                out.list.push_back(std::move(speech));
            });
        const bool gone = !seen && (seen.error().code == Errc::expired || seen.error().code == Errc::not_found);
        if (!seen && !gone) return seen.error();
        if (gone || bytes > speech_bytes_max) out.complete = false;
        if (bytes > speech_bytes_max) break;
    }
    return out;
}

void write_turn(codec::JsonWriter& json, const Turn& turn, const Speech& speech, std::size_t content_max) {
    const auto& message = turn.message;
    json.begin_object().field("role", message.role);
    if (!message.name.empty()) json.field("name", message.name);
    const auto content = clip(message.content, content_max);
    json.field("content", content);
    if (content.size() < message.content.size()) json.field("contentBytes", message.content.size());
    if (!message.reasoning.empty()) json.field("reasoning", clip(message.reasoning, content_max));
    if (!message.tool_calls.empty()) {
        json.key("toolCalls").begin_array();
        for (const auto& call : message.tool_calls) {
            json.begin_object();
            if (!call.id.empty()) json.field("id", call.id);
            json.field("name", call.name).field("arguments", clip(call.arguments, content_max)).end_object();
        }
        json.end_array();
    }
    if (!message.tool_call_id.empty()) json.field("toolCallId", message.tool_call_id);
    if (!message.attachments.empty()) {
        json.key("attachments").begin_array();
        for (const auto& attachment : message.attachments)
            json.string(attachment);
        json.end_array();
    }
    json.key("time").plain(to_rfc3339(turn.time));
    if (!speech.agent.empty()) json.field("agent", speech.agent);
    if (!speech.query.empty()) json.field("queryId", speech.query);
    if (!speech.conversation.empty()) json.field("conversationId", speech.conversation);
    json.key("component").plain(model::name(speech.kind));
    json.key("traceId").plain(speech.trace_id.hex()).key("spanId").plain(speech.span_id.hex());
    json.end_object();
}

Outcome<std::size_t> first_turn(const Call& call) {
    if (!call.params.has("cursor")) return std::size_t{0};
    ARK_TRY(const auto text, open_page_token(call.fingerprint(), call.params.text("cursor")));
    std::size_t first = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), first);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return Problem(ProblemKind::cursor_invalid, "the cursor was not issued by this server");
    }
    return first;
}

}  // namespace

Outcome<Body> session_messages(const Call& call) {
    ARK_TRY(const auto detail, call.params.detail());
    ARK_TRY(const auto limit, call.params.number("limit", 100, 1, 1000));
    ARK_TRY(const auto first, first_turn(call));
    const auto id = call.path_value(0);
    ARK_TRY(const auto row, call.deps.views.session(call.tenant, id));
    if (!row) return Problem(ProblemKind::not_found, "no session \"" + std::string(id) + "\"");
    ARK_TRY(const auto speeches, read_speeches(call, id));

    const auto turns = assemble(speeches.list);
    const auto last = std::min(turns.size(), first + static_cast<std::size_t>(limit));
    const auto content_max = detail == items::Detail::full ? std::string::npos : lite_content_bytes;
    ListBody body;
    for (auto i = first; i < last; ++i)
        write_turn(body.items(), turns[i], speeches.list[turns[i].speech], content_max);
    const auto token = last < turns.size() ? make_page_token(call.fingerprint(), std::to_string(last)) : std::string{};
    body.end_items(token, Cursor{call.at.epoch, row->rev})
        .field("total", turns.size())
        .field("complete", speeches.complete);
    return body.take();
}

}  // namespace ark::query
