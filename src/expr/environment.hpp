#pragma once
#include "expr/evaluation.hpp"
#include "expr/type.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ark::expr {

class Activation;

/// One call of a function: what the code of a function gets.
struct Call {
    std::span<const Value> arguments;  ///< receiver first; never errors; as many as the signature has,
                                       ///< defaults filled in
    Evaluation& evaluation;
    const void* context;           ///< as declared with the function
    const Activation& activation;  ///< of this evaluation: what a helper casts to its own kind, to see the events
};
using Native = Value (*)(const Call& call);

/// One signature of a function, with its code. Arguments that fit it are given to `call`.
struct Overload {
    std::vector<Type> parameters;
    Type result;
    bool receiver = false;  ///< the first parameter stands before the dot: x.f(y)
    bool variadic = false;  ///< the last parameter may be given any number of times, also none
    Native call = nullptr;  ///< nullptr: declared only; calling it fails with unknown_function
    const void* context = nullptr;
    bool library = false;  ///< of the standard library: gives the same for the same arguments
};

/// A parameter that may be given by its name, and may be left out when it has a default.
struct Parameter {
    std::string name;
    Type type;
    std::optional<Value> fallback = std::nullopt;  ///< scalars and texts with static life
};

/// A function with named parameters: `tool.was_called(name='search', scope="session")`. Never overloaded.
struct Helper {
    std::vector<Parameter> parameters;
    Type result;
    Native call = nullptr;
    const void* context = nullptr;
};

/// What the text of an expression may cost (docs/limits.md).
struct CompileLimits {
    std::size_t source_bytes = 32 << 10;
    std::size_t depth = 200;           ///< of nesting, in the text and in the tree
    std::size_t nodes = 20'000;        ///< of the tree, after macros
    std::size_t pattern_bytes = 4096;  ///< of a regular expression
};

struct Options {
    bool words = false;     ///< and, or, not, not in, x if c else y, True, False, None; keyword arguments
    bool length = false;    ///< x.length is size(x), where x is no map with the key length
    bool check = true;      ///< find wrong types, unknown names and functions in compile(), not when evaluated
    bool macros = true;     ///< has(), all(), exists(), …
    std::string container;  ///< names are looked up in it first: "ark.events"
    CompileLimits limits;
};

/// What expressions may name: variables, functions, and the rules of the language. The functions of CEL's standard
/// library and of its extensions are always there (docs/expressions.md). Filled once, then read by any thread.
class Environment {
public:
    explicit Environment(Options options = {});

    /// Declares a variable; its slot is what Activation::variable() is asked for: 0, 1, 2, … in order of declaration.
    /// Names may have dots ("request.path").
    std::uint32_t add_variable(std::string name, Type type);
    /// Declares `name` ("tool.was_called", or "reverse" with a receiver) with one more signature.
    void add_function(std::string name, Overload overload);
    void add_helper(std::string name, Helper helper);
    /// `tools.f` means `tool.f` for every function of the namespace `tool`.
    void add_namespace_alias(std::string alias, std::string original);

    const Options& options() const { return options_; }

    // For the compiler.
    struct Variable {
        std::string name;
        Type type;
    };
    struct Function {
        std::string name;
        std::vector<std::shared_ptr<const Overload>> overloads;
        std::shared_ptr<const Helper> helper;  ///< then no overloads
    };
    const Variable* find_variable(std::string_view name, std::uint32_t& slot) const;
    /// The embedding's own first, then the standard library; an alias of the namespace is followed.
    std::vector<const Function*> find_function(std::string_view name) const;
    bool is_namespace(std::string_view name) const;  ///< some function is called name.…
    std::vector<std::string> names() const;          ///< of all variables and functions, for suggestions

private:
    std::string canonical(std::string_view name) const;

    Options options_;
    std::vector<Variable> variables_;
    std::map<std::string, std::uint32_t, std::less<>> slots_;
    std::map<std::string, Function, std::less<>> functions_;
    std::map<std::string, std::string, std::less<>> aliases_;
};

}  // namespace ark::expr
