#include "cases.hpp"

#include "expr/program.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace ark::conformance {

namespace {

using expr::Evaluation;
using expr::Kind;
using expr::Type;
using expr::Value;

constexpr std::string_view timestamp_any = "[type.googleapis.com/google.protobuf.Timestamp]";
constexpr std::string_view duration_any = "[type.googleapis.com/google.protobuf.Duration]";

/// Thrown where a case turns out to be about what we do not have; caught in run_case() only.
struct NotApplicable {};

template <class Number>
Number number(std::string_view text) {
    Number value{};
    if (text.starts_with('+')) text.remove_prefix(1);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// --- does the case concern us?

// Names that only protobuf schemas of the suite define.
bool names_protobuf(std::string_view expression) {
    static constexpr std::array<std::string_view, 10> names = {
        "TestAllTypes", "TestRequired", "GlobalEnum", "proto.getExt", "proto.hasExt", "cel.expr.conformance.proto",
        "NestedEnum",
        // Messages made in a container that is their package: wrappers and google.protobuf.Value, Struct, Any.
        "Value{", "Struct{", "Any{"};
    for (const auto name : names)
        if (expression.find(name) != std::string_view::npos) return true;
    constexpr std::string_view package = "google.protobuf.";
    for (auto at = expression.find(package); at != std::string_view::npos; at = expression.find(package, at + 1)) {
        const auto name = expression.substr(at + package.size());
        if (!name.starts_with("Timestamp") && !name.starts_with("Duration")) return true;
    }
    return false;
}

// --- values and types of the suite

Value text_value(const std::string& text, bool bytes, Evaluation& evaluation) {
    return bytes ? evaluation.bytes(text) : evaluation.text(text);
}

Value object(const TextMessage& any) {
    if (const auto* time = any.message(timestamp_any))
        return Value::timestamp(number<std::int64_t>(time->text("seconds")),
                                number<std::uint32_t>(time->text("nanos")));
    if (const auto* time = any.message(duration_any))
        return Value::duration(number<std::int64_t>(time->text("seconds")) * 1'000'000'000 +
                               number<std::int64_t>(time->text("nanos")));
    throw NotApplicable{};
}

Value value_of(const TextMessage& message, Evaluation& evaluation) {
    if (message.fields.empty()) throw NotApplicable{};
    const auto& field = message.fields.front();
    const auto& text = field.scalar;
    if (field.name == "null_value") return Value::null();
    if (field.name == "bool_value") return Value::boolean(text == "true");
    if (field.name == "int64_value") return Value::integer(number<std::int64_t>(text));
    if (field.name == "uint64_value") return Value::unsigned_integer(number<std::uint64_t>(text));
    if (field.name == "double_value") return Value::real(number<double>(text));
    if (field.name == "string_value") return text_value(text, false, evaluation);
    if (field.name == "bytes_value") return text_value(text, true, evaluation);
    if (field.name == "type_value") return Value::type(evaluation.text(text).as_text());
    if (field.name == "object_value") return object(field.message.front());
    if (field.name == "list_value") {
        expr::ListBuilder list(evaluation);
        for (const auto* item : field.message.front().all("values"))
            list.push(value_of(item->message.front(), evaluation));
        return list.finish();
    }
    if (field.name == "map_value") {
        expr::MapBuilder map(evaluation);
        for (const auto* entry : field.message.front().all("entries"))
            map.put(value_of(*entry->message.front().message("key"), evaluation),
                    value_of(*entry->message.front().message("value"), evaluation));
        return map.finish();
    }
    throw NotApplicable{};  // enum_value
}

Type primitive(std::string_view name) {
    static const std::map<std::string_view, Type> types = {
        {"BOOL", Type::boolean()}, {"INT64", Type::integer()}, {"UINT64", Type::unsigned_integer()},
        {"DOUBLE", Type::real()},  {"STRING", Type::string()}, {"BYTES", Type::bytes()}};
    const auto found = types.find(name);
    return found == types.end() ? Type::dyn() : found->second;
}

Type type_of(const TextMessage& message);

std::vector<Type> types_of(const std::vector<const TextMessage::Field*>& fields) {
    std::vector<Type> types;
    for (const auto* field : fields)
        types.push_back(type_of(field->message.front()));
    return types;
}

Type type_of(const TextMessage& message) {
    if (message.fields.empty()) return Type::dyn();
    const auto& field = message.fields.front();
    if (field.name == "dyn") return Type::dyn();
    if (field.name == "null") return Type::null();
    if (field.name == "primitive") return primitive(field.scalar);
    if (field.name == "type_param") return Type::parameter(field.scalar);
    const bool known = field.name == "well_known" || field.name == "message_type";
    if (known && (field.scalar == "TIMESTAMP" || field.scalar == "google.protobuf.Timestamp")) return Type::timestamp();
    if (known && (field.scalar == "DURATION" || field.scalar == "google.protobuf.Duration")) return Type::duration();
    if (!field.is_message) throw NotApplicable{};  // wrapper, message_type, other well-known messages
    const auto& inner = field.message.front();
    if (field.name == "list_type") return Type::list(type_of(*inner.message("elem_type")));
    if (field.name == "map_type")
        return Type::map(type_of(*inner.message("key_type")), type_of(*inner.message("value_type")));
    if (field.name == "type") return Type::type(inner.fields.empty() ? Type::dyn() : type_of(inner));
    if (field.name == "abstract_type") {
        auto parameters = types_of(inner.all("parameter_types"));
        if (inner.text("name") == "optional_type" && parameters.size() == 1) return Type::optional(parameters[0]);
        return Type::opaque(inner.text("name"), std::move(parameters));
    }
    throw NotApplicable{};
}

// --- one case

// Equal and of the same type; NaN is what was expected when NaN was.
bool same(const Value& expected, const Value& got, Evaluation& evaluation) {
    if (expected.kind() != got.kind()) return false;
    if (expected.is(Kind::real) && std::isnan(expected.as_real())) return std::isnan(got.as_real());
    if (expected.is(Kind::list)) {
        if (expected.size() != got.size()) return false;
        for (std::size_t i = 0; i < expected.size(); ++i)
            if (!same(expected.at(i, evaluation), got.at(i, evaluation), evaluation)) return false;
        return true;
    }
    return expr::equals(expected, got, evaluation);
}

class Case {
public:
    explicit Case(const TextMessage& test) : test_(test), environment_(options(test)) {}

    Outcome run() {
        if (names_protobuf(test_.text("expr"))) throw NotApplicable{};
        declare();
        const auto program = expr::compile(test_.text("expr"), environment_);
        if (!program) return error_outcome(expr::to_text(program.error().list.front()));
        if (const auto outcome = type_outcome((*program)->type())) return *outcome;
        Evaluation evaluation;
        const auto got = (*program)->evaluate(bindings_, evaluation);
        if (got.is_error()) return error_outcome(expr::to_text((*program)->issue(got)));
        return value_outcome(got, evaluation);
    }

private:
    using Verdict = Outcome::Verdict;

    static expr::Options options(const TextMessage& test) {
        expr::Options options;
        options.check = !test.is_true("disable_check");
        options.macros = !test.is_true("disable_macros");
        options.container = test.text("container");
        return options;
    }

    void declare() {
        std::map<std::string, std::uint32_t> slots;
        for (const auto* declaration : test_.all("type_env")) {
            const auto& message = declaration->message.front();
            const auto name = message.text("name");
            if (const auto* ident = message.message("ident"))
                slots.emplace(name, environment_.add_variable(name, type_of(*ident->message("type"))));
            if (const auto* function = message.message("function")) declare(name, *function);
        }
        for (const auto* binding : test_.all("bindings")) {
            const auto& message = binding->message.front();
            const auto name = message.text("key");
            if (!slots.contains(name)) slots.emplace(name, environment_.add_variable(name, Type::dyn()));
            const auto* value = message.message("value")->message("value");
            if (value == nullptr) throw NotApplicable{};  // bound to an error or an unknown
            bindings_.set(slots[name], value_of(*value, bound_));
        }
    }

    void declare(const std::string& name, const TextMessage& function) {
        for (const auto* each : function.all("overloads")) {
            const auto& message = each->message.front();
            expr::Overload overload;
            overload.parameters = types_of(message.all("params"));
            overload.receiver = message.is_true("is_instance_function");
            if (const auto* result = message.message("result_type")) overload.result = type_of(*result);
            environment_.add_function(name, std::move(overload));
        }
    }

    bool expects_error() const {
        return test_.find("eval_error") != nullptr || test_.find("any_eval_errors") != nullptr;
    }

    Outcome error_outcome(std::string got) const {
        if (expects_error()) return {Verdict::passed, {}, {}};
        return {Verdict::failed, "a value", "error: " + std::move(got)};
    }

    std::optional<Outcome> type_outcome(const Type& got) const {
        const auto* typed = test_.message("typed_result");
        const auto* deduced = typed == nullptr ? nullptr : typed->message("deduced_type");
        if (deduced != nullptr) {
            const auto expected = type_of(*deduced);
            if (!(expected == got)) return Outcome{Verdict::failed, to_text(expected), to_text(got)};
        }
        if (test_.is_true("check_only")) return Outcome{Verdict::passed, {}, {}};
        return std::nullopt;
    }

    Outcome value_outcome(const Value& got, Evaluation& evaluation) {
        const auto shown = expr::to_text(got, evaluation);
        if (expects_error()) return {Verdict::failed, "an error", shown};
        const auto* typed = test_.message("typed_result");
        const auto* message = typed == nullptr ? test_.message("value") : typed->message("result");
        const auto expected = message == nullptr ? Value::boolean(true) : value_of(*message, bound_);
        if (same(expected, got, evaluation)) return {Verdict::passed, {}, {}};
        return {Verdict::failed, expr::to_text(expected, bound_), shown};
    }

    const TextMessage& test_;
    expr::Environment environment_;
    expr::Bindings bindings_;
    Evaluation bound_;  // the memory of bound and expected values
};

}  // namespace

Outcome run_case(const TextMessage& test) {
    try {
        return Case(test).run();
    } catch (const NotApplicable&) {
        return {Outcome::Verdict::not_applicable, {}, {}};
    }
}

}  // namespace ark::conformance
