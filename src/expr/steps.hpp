#pragma once
#include "expr/ast.hpp"
#include "expr/environment.hpp"
#include "expr/evaluation.hpp"
#include "expr/pattern.hpp"
#include "expr/program.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ark::expr {

using StepId = std::uint32_t;

/// One part of a compiled expression: the tree again, but in one array, with names resolved and constants folded.
struct Step {
    enum class Kind : std::uint8_t {
        constant,    // constant
        local,       // slot
        variable,    // slot
        select,      // operand 0, constant: the name of the field
        has,         // the same
        opt_select,  // the same
        call,        // slot: callee
        match,       // operand 0, slot: pattern
        operation,   // op
        conjunction,
        disjunction,
        conditional,
        list,
        map,
        comprehension,  // macro; operand 0 is the range; the first variable is local `slot`, the second the one after
        bind,           // operand 0 becomes local `slot` in operand 1
        optional_entry,
        fail,  // slot: message; constant: the number of the code
    };
    Kind kind = Kind::constant;
    Op op = Op::none;
    Macro macro = Macro::none;
    bool two_variables = false;
    std::uint32_t offset = 0;
    std::uint32_t first = 0;  // into operands
    std::uint32_t count = 0;
    std::uint32_t slot = 0;
    Value constant = {};
};

/// A signature, with the kinds of values that each of its parameters takes, as bits.
struct Signature {
    std::vector<std::uint16_t> masks;
    bool variadic = false;
    Native call = nullptr;
    const void* context = nullptr;

    bool takes(std::span<const Value> arguments) const;
};

struct Callee {
    std::string name;
    std::vector<Signature> signatures;
};

std::uint16_t mask_of(const Type& type);

/// What compile() makes. All of it is constant from then on.
class FlatProgram final : public Program {
public:
    Value evaluate(const Activation& activation, Evaluation& evaluation) const override;
    const std::string& text() const override { return ast->text; }
    const Type& type() const override { return deduced; }
    const std::vector<Issue>& warnings() const override { return found; }
    const std::vector<Condition>& conditions() const override { return required; }

    std::span<const StepId> operands_of(const Step& step) const {
        return std::span(operands).subspan(step.first, step.count);
    }

    std::unique_ptr<Ast> ast;            // its text and strings: constants view them
    std::unique_ptr<Evaluation> folded;  // the memory of folded constants
    std::vector<Step> steps;
    std::vector<StepId> operands;
    StepId root = 0;
    std::vector<Callee> callees;
    std::vector<Pattern> patterns;
    std::vector<std::string> messages;
    std::uint32_t locals = 0;    // most variables of macros at a time
    bool counts_length = false;  // Options::length
    Type deduced;
    std::vector<Issue> found;
    std::vector<Condition> required;
};

}  // namespace ark::expr
