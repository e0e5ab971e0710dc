#pragma once
#include "expr/ast.hpp"
#include "expr/checker.hpp"
#include "expr/environment.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::expr {

struct ResolvedName {
    Reference reference;
    Type type;
};

struct ResolvedFunction {
    std::string full_name;          // "tool.was_called"; "size" for a receiver's
    bool without_receiver = false;  // what stands before the dot is a namespace
    bool is_unknown_in_namespace = false;
    std::vector<std::shared_ptr<const Overload>> overloads;
    std::shared_ptr<const Helper> helper;
};

/// Finds what names mean: the variables of the macros around them, then the environment's, from the container outwards,
/// then the types.
class Resolver {
public:
    Resolver(const Ast& ast, const Environment& environment) : ast_(ast), environment_(environment) {}

    void push(std::string_view name, const Type& type) { locals_.push_back({name, type}); }
    void pop() { locals_.pop_back(); }

    /// Of an identifier, or of a chain a.b.c as one name.
    std::optional<ResolvedName> name(NodeId id) const;
    ResolvedFunction function(NodeId call) const;
    /// Names that may have been meant instead: functions of the namespace for "tool.was_caled", plain names for others.
    std::vector<std::string> names_for(std::string_view wrong) const;

private:
    struct Local {
        std::string_view name;
        Type type;
    };
    struct Chain {
        std::string name;
        bool absolute;
    };
    std::optional<Chain> chain(NodeId id) const;  // not when it begins with a macro's variable
    std::optional<std::uint32_t> local(std::string_view name) const;
    std::vector<std::string> candidates(std::string_view name, bool absolute) const;

    const Ast& ast_;
    const Environment& environment_;
    std::vector<Local> locals_;
};

}  // namespace ark::expr
