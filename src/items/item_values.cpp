#include "items/item_values.hpp"

#include "items/open_span.hpp"

namespace ark::items {

namespace {

using expr::Evaluation;
using expr::Type;
using expr::Value;

constexpr int nesting_max = 64;  // what the gate lets through

struct Declared {
    Variable variable;
    const char* name;
    Type type;
};

// In the order of the slots. The first name is that of the plain parameter or of the JSON.
std::vector<Declared> declared() {
    const auto text = Type::string();
    const auto any = Type::map(Type::string(), Type::dyn());
    return {
        {Variable::type, "type", text},
        {Variable::time, "time", Type::timestamp()},
        {Variable::reason, "reason", text},
        {Variable::operation, "operation", text},
        {Variable::phase, "phase", text},
        {Variable::level, "level", text},
        {Variable::component, "component", text},
        {Variable::name, "name", text},
        {Variable::session, "session", text},
        {Variable::query, "query", text},
        {Variable::query_name, "queryName", text},
        {Variable::conversation, "conversation", text},
        {Variable::trace, "trace", text},
        {Variable::span, "span", text},
        {Variable::parent_span, "parentSpan", text},
        {Variable::user, "user", text},
        {Variable::subject, "subject", text},
        {Variable::agent, "agent", text},
        {Variable::team, "team", text},
        {Variable::tool, "tool", text},
        {Variable::tool_call, "toolCall", text},
        {Variable::model, "model", text},
        {Variable::provider, "provider", text},
        {Variable::peer, "peer", text},
        {Variable::question, "question", text},
        {Variable::service, "service", text},
        {Variable::duration_ms, "durationMs", Type::real()},
        {Variable::tokens, "tokens", Type::map(Type::string(), Type::integer())},
        {Variable::cost_usd, "costUsd", Type::real()},
        {Variable::error, "error", Type::map(Type::string(), text)},
        {Variable::failed, "failed", Type::boolean()},
        {Variable::input, "input", text},
        {Variable::output, "output", text},
        {Variable::message, "message", text},
        {Variable::derived, "derived", Type::boolean()},
        {Variable::attributes, "attributes", any},
        {Variable::resource, "resource", any},
        {Variable::metadata, "metadata", any},
    };
}

std::string_view either(std::string_view own, std::string_view around) {
    return own.empty() ? around : own;
}

template <class Id>
Value id_text(const Id& id, Evaluation& evaluation) {
    return id.valid() ? evaluation.text(id.hex()) : Value::string({});
}

Value nested_value(const model::ValueView& value, Evaluation& evaluation, int depth);

Value list_value(const model::ValueView& value, Evaluation& evaluation, int depth) {
    expr::ListBuilder list(evaluation);
    otlp::ArrayWalk walk(value);
    for (model::ValueView item; walk.next(item);)
        if (!list.push(nested_value(item, evaluation, depth + 1))) break;
    return list.finish();
}

Value map_value(const model::ValueView& value, Evaluation& evaluation, int depth) {
    expr::MapBuilder map(evaluation);
    auto members = otlp::map_members(value);
    for (model::AttributeView member; members.next(member);) {
        const auto put = map.put(member.key, nested_value(member.value, evaluation, depth + 1));
        // Of members with the same key the first counts.
        if (put.is_error() && evaluation.is_exhausted()) return put;
    }
    return map.finish();
}

Value nested_value(const model::ValueView& value, Evaluation& evaluation, int depth) {
    using ValueType = model::ValueView::Type;
    switch (value.type) {
        case ValueType::empty:
            return Value::null();
        case ValueType::string:
            return Value::string(value.text);
        case ValueType::boolean:
            return Value::boolean(value.boolean);
        case ValueType::integer:
            return Value::integer(value.integer);
        case ValueType::real:
            return Value::real(value.real);
        case ValueType::bytes:
            return Value::bytes(value.text);
        case ValueType::array:
            return depth < nesting_max ? list_value(value, evaluation, depth) : Value::null();
        case ValueType::map:
            return depth < nesting_max ? map_value(value, evaluation, depth) : Value::null();
    }
    return Value::null();
}

template <class Map>
Value host_map(const Map& map, Evaluation& evaluation) {
    const auto* kept = evaluation.make<Map>(map);
    return kept == nullptr ? evaluation.exhausted() : Value::map(*kept);
}

}  // namespace

const expr::Environment& item_environment() {
    static const auto environment = [] {
        expr::Environment made;
        for (const auto& each : declared()) {
            const auto slot = made.add_variable(each.name, each.type);
            ARK_CHECK(slot == static_cast<std::uint32_t>(each.variable), "variable {} is out of order", each.name);
        }
        return made;
    }();
    return environment;
}

expr::Value attribute_value(const model::ValueView& value, expr::Evaluation& evaluation) {
    return nested_value(value, evaluation, 0);
}

std::size_t AttributeMap::size() const {
    std::size_t count = 0;
    auto walk = attributes_;
    for (model::AttributeView attribute; walk.next(attribute);)
        ++count;
    return count;
}

std::optional<expr::Value> AttributeMap::find(const expr::Value& key, expr::Evaluation& evaluation) const {
    if (!key.is(expr::Kind::string)) return std::nullopt;
    const auto wanted = key.as_text();
    auto walk = attributes_;
    for (model::AttributeView attribute; walk.next(attribute);) {
        if (!evaluation.step()) return evaluation.exhausted();
        if (attribute.key == wanted) return attribute_value(attribute.value, evaluation);
    }
    return std::nullopt;
}

expr::Value AttributeMap::keys(expr::Evaluation& evaluation) const {
    expr::ListBuilder list(evaluation);
    auto walk = attributes_;
    for (model::AttributeView attribute; walk.next(attribute);)
        if (!list.push(Value::string(attribute.key))) break;
    return list.finish();
}

std::string_view type_name(ItemType type) {
    switch (type) {
        case ItemType::span:
            return "span";
        case ItemType::event:
            return "event";
        case ItemType::log:
            return "log";
        case ItemType::message:
            return "message";
        case ItemType::chunk:
            return "chunk";
        case ItemType::deletion:
        case ItemType::session_update:
            break;  // no list or stream shows them
    }
    return "";
}

FieldMap<6> token_map(const model::Usage& usage) {
    return FieldMap<6>({{{"input", Value::integer(usage.input_tokens)},
                         {"output", Value::integer(usage.output_tokens)},
                         {"total", Value::integer(usage.input_tokens + usage.output_tokens)},
                         {"cacheRead", Value::integer(usage.cache_read_tokens)},
                         {"cacheWrite", Value::integer(usage.cache_write_tokens)},
                         {"reasoning", Value::integer(usage.reasoning_tokens)}}});
}

ItemValues::ItemValues(const Event& event, const Context& context)
    : item_(*event.item), context_(context), event_(&event) {}

ItemValues::ItemValues(const Item& item, const Context& context) : item_(item), context_(context) {}

std::string_view ItemValues::error_message() const {
    const auto of_status = item_.span == nullptr ? std::string_view{} : item_.span->status_message;
    return either(item_.facts.error_message, of_status);
}

double ItemValues::duration_ms() const {
    if (item_.span == nullptr)
        return item_.facts.duration_nanos < 0 ? 0 : static_cast<double>(item_.facts.duration_nanos) * 1e-6;
    return item_.end > item_.time ? static_cast<double>(item_.end - item_.time) * 1e-6 : 0;
}

otlp::Attributes ItemValues::attributes() const {
    if (item_.span != nullptr) return item_.span->attributes();
    return item_.log != nullptr ? item_.log->attributes() : otlp::Attributes();
}

otlp::Attributes ItemValues::resource() const {
    const auto* resource = item_.span != nullptr  ? item_.span->resource
                           : item_.log != nullptr ? item_.log->resource
                                                  : nullptr;
    return resource == nullptr ? otlp::Attributes() : resource->attributes();
}

std::optional<expr::Value> ItemValues::text_variable(Variable variable, expr::Evaluation& evaluation) const {
    const auto& facts = item_.facts;
    switch (variable) {
        case Variable::operation:
            return Value::string(facts.operation);
        case Variable::component:
            return Value::string(model::name(facts.kind));
        // The trace's session wins over the item's own: it is what lists and filters go by.
        case Variable::session:
            return Value::string(either(context_.session_id, facts.session_id));
        case Variable::query:
            return Value::string(either(facts.query_id, context_.query_id));
        case Variable::query_name:
            return Value::string(either(facts.query_name, context_.query_name));
        case Variable::conversation:
            return Value::string(either(facts.conversation_id, context_.conversation_id));
        case Variable::trace:
            return id_text(item_.trace_id, evaluation);
        case Variable::span:
            return id_text(item_.span_id, evaluation);
        case Variable::parent_span:
            return id_text(item_.parent_span_id, evaluation);
        case Variable::user:
            return Value::string(facts.user_id);
        case Variable::subject:
            return Value::string(subject_of(facts));
        case Variable::agent:
            return Value::string(either(facts.agent, context_.agent));
        case Variable::team:
            return Value::string(either(facts.team, context_.team));
        case Variable::tool:
            return Value::string(facts.tool);
        case Variable::tool_call:
            return Value::string(facts.tool_call_id);
        case Variable::model:
            return Value::string(facts.model);
        case Variable::provider:
            return Value::string(facts.provider);
        case Variable::peer:
            return Value::string(facts.peer);
        case Variable::question:
            return Value::string(facts.question_id);
        case Variable::service:
            return Value::string(facts.service);
        case Variable::input:
            return Value::string(facts.input);
        case Variable::output:
            return Value::string(facts.output);
        default:
            return std::nullopt;
    }
}

std::optional<expr::Value> ItemValues::variable(std::uint32_t slot, expr::Evaluation& evaluation) const {
    const auto which = static_cast<Variable>(slot);
    const auto& usage = item_.facts.usage;
    switch (which) {
        case Variable::type:
            return Value::string(event_ != nullptr && item_.type != ItemType::log ? "event" : type_name(item_.type));
        case Variable::time: {
            constexpr std::uint64_t second = 1'000'000'000;
            const auto nanos = (event_ == nullptr ? item_.time : event_->time).value();
            return Value::timestamp(static_cast<std::int64_t>(nanos / second),
                                    static_cast<std::uint32_t>(nanos % second));
        }
        case Variable::reason:
            return Value::string(event_ == nullptr ? std::string_view() : event_->reason);
        case Variable::phase:
            return Value::string(event_ == nullptr ? "" : model::name(event_->phase));
        case Variable::level:
            return Value::string(event_ == nullptr ? "" : model::name(event_->level));
        case Variable::name:
            return Value::string(item_.span != nullptr ? item_.span->name : item_.reason_as_sent);
        case Variable::duration_ms:
            return Value::real(duration_ms());
        case Variable::tokens:
            return host_map(token_map(usage), evaluation);
        case Variable::cost_usd:
            return Value::real(usage.cost_usd);
        case Variable::error:
            return host_map(FieldMap<2>({{{"type", Value::string(item_.facts.error_type)},
                                          {"message", Value::string(error_message())}}}),
                            evaluation);
        case Variable::failed:
            return Value::boolean(event_ == nullptr ? item_.failed : event_->failed);
        case Variable::message: {
            if (item_.record != nullptr) return Value::string(item_.record->text);
            const bool text = item_.log != nullptr && item_.log->body.type == model::ValueView::Type::string;
            return Value::string(text ? item_.log->body.text : std::string_view());
        }
        case Variable::derived:
            return Value::boolean(event_ != nullptr && event_->part != Event::Part::sent);
        case Variable::attributes:
        case Variable::metadata:
            return host_map(AttributeMap(attributes()), evaluation);
        case Variable::resource:
            return host_map(AttributeMap(resource()), evaluation);
        default:
            return text_variable(which, evaluation);
    }
}

}  // namespace ark::items
