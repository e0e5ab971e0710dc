#pragma once
#include "expr/environment.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace ark::expr {

/// The values of the variables, looked up when the program needs them. Implement it over the thing itself (an event):
/// then a filter touches only the fields it names.
class Activation {
public:
    /// The value of the variable with this slot (Environment::add_variable); nothing when it is not bound, which is
    /// the error undeclared_reference.
    virtual std::optional<Value> variable(std::uint32_t slot, Evaluation& evaluation) const = 0;

protected:
    ~Activation() = default;
};

/// An activation of ready values: tests, small embeddings.
class Bindings final : public Activation {
public:
    void set(std::uint32_t slot, const Value& value);
    std::optional<Value> variable(std::uint32_t slot, Evaluation&) const override;

private:
    std::vector<std::optional<Value>> values_;
};

/// Something that must hold for the expression to be true: variable `slot` compares so to one of the constants.
/// `age >= 5 && kind in ["a", "b"] && …` has two. For embeddings that can find what fulfils it by an index.
struct Condition {
    enum class Comparison : std::uint8_t { equal, greater, greater_equal, less, less_equal, contains };
    std::uint32_t slot = 0;
    Comparison comparison = Comparison::equal;  ///< of the variable to the constants; contains: "x" in variable
    std::vector<Value> constants;               ///< equal: any of them; else one. They live as long as the program
};

/// An expression, compiled. Immutable: any number of threads may evaluate it, each with its own Evaluation.
class Program {
public:
    virtual ~Program() = default;

    /// The value, or an error value whose failure() says what and where. Starts `evaluation` anew; the value is good
    /// until it starts again, and as long as this program and the activation live.
    virtual Value evaluate(const Activation& activation, Evaluation& evaluation) const = 0;

    virtual const std::string& text() const = 0;
    virtual const Type& type() const = 0;  ///< as deduced; dyn without checking
    virtual const std::vector<Issue>& warnings() const = 0;
    /// Conditions without which the expression is not true. Empty says nothing.
    virtual const std::vector<Condition>& conditions() const = 0;
    /// The error value as an issue with line and column.
    Issue issue(const Value& error) const;
};

/// Compiles `text`. With Options::check every unknown name or function, wrong argument and wrong type is reported, not
/// only the first.
Compiled<std::shared_ptr<const Program>> compile(std::string_view text, const Environment& environment);

}  // namespace ark::expr
