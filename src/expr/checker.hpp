#pragma once
#include "expr/ast.hpp"
#include "expr/environment.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ark::expr {

/// What a name or call of the tree means.
struct Reference {
    enum class Kind : std::uint8_t {
        none,
        local,     // slot: how many variables of macros are around it
        variable,  // slot: of the environment
        constant,  // the name of a type
        call,      // one of the overloads, by the kinds of its arguments
        helper,
        failure,  // without checking: fails when it is evaluated
    };
    Kind kind = Kind::none;
    Code code = Code::undeclared_reference;
    std::uint32_t slot = 0;
    bool without_receiver = false;  // child 0 of the call is the namespace of the function
    Value constant = {};
    std::vector<std::shared_ptr<const Overload>> overloads = {};
    std::shared_ptr<const Helper> helper = nullptr;
    std::vector<NodeId> arguments = {};  // helper: one a parameter; no_node where the default is meant
    std::string message = {};            // failure
};
inline constexpr NodeId no_node = 0xffffffff;

/// The tree with its names resolved and its types deduced.
struct Analysis {
    std::vector<Type> types;              // by node; dyn without checking
    std::vector<std::uint32_t> meanings;  // by node: index into references; 0 is `none`
    std::vector<Reference> references;
    Type type;  // of the whole
    std::vector<Issue> issues;
    std::vector<Issue> warnings;

    const Reference& meaning(NodeId id) const { return references[meanings[id]]; }
};

/// Resolves names and, with Options::check, deduces types and reports everything that is wrong.
Analysis analyze(const Ast& ast, const Environment& environment);

}  // namespace ark::expr
