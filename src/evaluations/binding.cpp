#include "evaluations/binding.hpp"

namespace ark::evaluations {
namespace {

using expr::Code;
using expr::Kind;
using expr::Value;

}  // namespace

void Arguments::fail(Code code, std::string_view message) {
    if (!error_) error_ = call_.evaluation.fail(code, message);
}

void Arguments::mismatch(std::string_view wanted, const Value& given) {
    const auto text = std::string(static_cast<const char*>(call_.context)) + ": argument " + std::to_string(at_) +
                      " must be " + std::string(wanted) + ", not " + std::string(type_name(given));
    fail(Code::no_such_overload, text);
}

template <>
std::string Arguments::take<std::string>() {
    const auto& given = next();
    if (given.is(Kind::string)) return std::string(given.as_text());
    mismatch("a string", given);
    return {};
}

template <>
std::string_view Arguments::take<std::string_view>() {
    const auto& given = next();
    if (given.is(Kind::string)) return given.as_text();
    mismatch("a string", given);
    return {};
}

template <>
Name Arguments::take<Name>() {
    const auto& given = next();
    if (given.is(Kind::null)) return std::nullopt;
    if (given.is(Kind::string)) return std::string(given.as_text());
    mismatch("a string or null", given);
    return std::nullopt;
}

template <>
double Arguments::take<double>() {
    const auto& given = next();
    if (given.is(Kind::real)) return given.as_real();
    if (given.is(Kind::integer)) return static_cast<double>(given.as_integer());
    if (given.is(Kind::unsigned_integer)) return static_cast<double>(given.as_unsigned_integer());
    mismatch("a number", given);
    return 0;
}

template <>
bool Arguments::take<bool>() {
    const auto& given = next();
    if (!given.is(Kind::boolean)) mismatch("a bool", given);
    return given.is_true();
}

template <>
std::vector<std::string> Arguments::take<std::vector<std::string>>() {
    const auto& given = next();
    std::vector<std::string> texts;
    if (!given.is(Kind::list)) {
        mismatch("a list of strings", given);
        return texts;
    }
    for (std::size_t i = 0; i < given.size() && evaluation().charge(1); ++i) {
        const auto each = given.at(i, evaluation());
        if (!each.is(Kind::string)) {
            mismatch("a list of strings", given);
            return texts;
        }
        texts.emplace_back(each.as_text());
    }
    return texts;
}

bool Arguments::take_scope(Scope& scope, std::string& query_id) {
    const auto word = take<std::string>();
    query_id = take<Name>().value_or(std::string{});
    if (error_) return false;
    const auto known = parse_scope(word);
    if (!known) {
        fail(Code::unknown_scope, "unknown scope '" + word + "': current, session, query or all");
        return false;
    }
    scope = *known;
    if (run().scoped().lacks_query(scope, query_id)) {
        fail(Code::missing_context, "scope 'query' needs a query: none was given, name one with query_id");
        return false;
    }
    return true;
}

std::string Arguments::text_of_call() const {
    std::string text = static_cast<const char*>(call_.context);
    text += "(";
    const auto scope_at = call_.arguments.size() - 2;
    for (std::size_t i = 0; i < call_.arguments.size(); ++i) {
        const auto& argument = call_.arguments[i];
        const bool default_scope = i == scope_at && argument.is(Kind::string) && argument.as_text() == "current";
        if (argument.is(Kind::null) || default_scope) continue;
        if (!text.ends_with('(')) text += ", ";
        if (i == scope_at) text += "scope=";
        if (i == scope_at + 1) text += "query_id=";
        constexpr std::size_t argument_bytes_max = 200;
        text += expr::to_text(argument, call_.evaluation, argument_bytes_max);
    }
    return text + ")";
}

Value value_of(bool given, const Arguments&) {
    return Value::boolean(given);
}

Value value_of(std::int64_t given, const Arguments&) {
    return Value::integer(given);
}

Value value_of(double given, const Arguments&) {
    return Value::real(given);
}

Value value_of(const std::optional<double>& given, const Arguments&) {
    return given ? Value::real(*given) : Value::null();
}

Value value_of(const std::string& given, const Arguments& arguments) {
    return arguments.evaluation().text(given);
}

Value value_of(const Names& given, const Arguments& arguments) {
    return value_of(json_of(given), arguments);
}

Value value_of(JsonValue given, const Arguments& arguments) {
    return view_of(arguments.run().keep(std::move(given)), arguments.evaluation());
}

Value value_of(const std::vector<Events>& given, const Arguments& arguments) {
    auto& evaluation = arguments.evaluation();
    expr::ListBuilder groups(evaluation, given.size());
    for (const auto& each : given) {
        expr::ListBuilder group(evaluation, each.size());
        for (const auto* event : each) {
            if (!group.push(arguments.run().value_of(*event, evaluation))) break;
        }
        if (!groups.push(group.finish())) break;
    }
    return groups.finish();
}

const Events* scoped_events(Arguments& arguments) {
    auto scope = Scope::current;
    std::string query_id;
    if (!arguments.take_scope(scope, query_id)) return nullptr;
    const auto events = arguments.run().scoped().in_time_order(scope, query_id);
    if (!events) {
        arguments.run().fail(events.error());
        arguments.fail(Code::budget_exceeded, events.error().context);
        return nullptr;
    }
    // A helper walks its events a few times; ten nanoseconds each.
    if (!arguments.evaluation().charge((*events)->size() * 4)) {
        arguments.fail(Code::budget_exceeded, "too many events for the budget of one expression");
        return nullptr;
    }
    return *events;
}

Value noted(const Arguments& arguments, Value value, const Evidence& evidence) {
    if (value.is_error()) return value;
    auto& evaluation = arguments.evaluation();
    HelperCall call;
    call.text = arguments.text_of_call();
    call.value = json_of(value, evaluation);
    call.ids = ids_of(evidence.events());
    call.events = evidence.total();
    arguments.run().note(std::move(call), evidence);
    return value;
}

void Catalogue::operator()(const char* name, std::vector<expr::Parameter> parameters, expr::Type result,
                           expr::Native call, const char* scope, std::vector<expr::Parameter> more) {
    parameters.push_back({"scope", expr::Type::string(), Value::string(scope)});
    parameters.push_back({"query_id", expr::Type::nullable(expr::Type::string()), Value::null()});
    parameters.insert(parameters.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    environment_.add_helper(name, {std::move(parameters), std::move(result), call, name});
}

}  // namespace ark::evaluations
