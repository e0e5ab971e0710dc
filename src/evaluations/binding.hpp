#pragma once
#include "evaluations/activation.hpp"
#include "expr/environment.hpp"

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

/// From C++ functions over events to functions of expressions. A helper is `R f(const Events&, …, Evidence&)`; the
/// parameters between become those of the expression, and behind them every helper takes `scope` and `query_id`.
namespace ark::evaluations {

/// Arguments of one call on their way into C++. The first that does not fit makes the call fail.
class Arguments {
public:
    explicit Arguments(const expr::Call& call) : call_(call) {}

    template <class T>
    T take();

    /// scope and query_id behind the helper's own.
    bool take_scope(Scope& scope, std::string& query_id);

    const std::optional<expr::Value>& error() const { return error_; }
    const Run& run() const { return static_cast<const Run&>(call_.activation); }
    expr::Evaluation& evaluation() const { return call_.evaluation; }
    std::string text_of_call() const;  ///< "tool.was_called('search')"
    void fail(expr::Code code, std::string_view message);

private:
    const expr::Value& next() { return call_.arguments[at_++]; }
    void mismatch(std::string_view wanted, const expr::Value& given);

    const expr::Call& call_;
    std::size_t at_ = 0;
    std::optional<expr::Value> error_;
};

template <>
Name Arguments::take<Name>();
template <>
std::string Arguments::take<std::string>();
template <>
std::string_view Arguments::take<std::string_view>();
template <>
double Arguments::take<double>();
template <>
bool Arguments::take<bool>();
template <>
std::vector<std::string> Arguments::take<std::vector<std::string>>();

// What a helper gives, as a value that lives as long as the run.
expr::Value value_of(bool given, const Arguments& arguments);
expr::Value value_of(std::int64_t given, const Arguments& arguments);
expr::Value value_of(double given, const Arguments& arguments);
expr::Value value_of(const std::optional<double>& given, const Arguments& arguments);
expr::Value value_of(const std::string& given, const Arguments& arguments);
expr::Value value_of(const Names& given, const Arguments& arguments);
expr::Value value_of(JsonValue given, const Arguments& arguments);
expr::Value value_of(const std::vector<Events>& given, const Arguments& arguments);

/// The events of the call's scope in time order; nullptr: the call has failed, see arguments.error().
const Events* scoped_events(Arguments& arguments);
/// Notes the call for explanations and gives its value on.
expr::Value noted(const Arguments& arguments, expr::Value value, const Evidence& evidence);

template <class F>
struct HelperSignature;
template <class R, class... Args>
struct HelperSignature<R (*)(Args...)> {
    using Result = R;
    using All = std::tuple<std::remove_cvref_t<Args>...>;
};

/// The code of an expression's function for the helper F.
template <auto F>
expr::Value bound(const expr::Call& call) {
    using All = typename HelperSignature<decltype(F)>::All;
    constexpr auto own = std::tuple_size_v<All> - 2;  // between events and evidence
    Arguments arguments(call);
    return [&]<std::size_t... I>(std::index_sequence<I...>)->expr::Value {
        // Braces: the arguments are taken from left to right.
        [[maybe_unused]] std::tuple<std::tuple_element_t<I + 1, All>...> taken{
            arguments.take<std::tuple_element_t<I + 1, All>>()...};
        const auto* events = scoped_events(arguments);
        if (events == nullptr) return *arguments.error();
        Evidence evidence;
        auto value = value_of(F(*events, std::get<I>(taken)..., evidence), arguments);
        return noted(arguments, value, evidence);
    }
    (std::make_index_sequence<own>{});
}

/// Adds helpers to an environment, each with `scope` and `query_id` behind its own parameters.
class Catalogue {
public:
    explicit Catalogue(expr::Environment& environment) : environment_(environment) {}
    /// `name` lives for ever. `more`: parameters behind `query_id`, which `call` must know of.
    void operator()(const char* name, std::vector<expr::Parameter> parameters, expr::Type result, expr::Native call,
                    const char* scope = "current", std::vector<expr::Parameter> more = {});

private:
    expr::Environment& environment_;
};

}  // namespace ark::evaluations
