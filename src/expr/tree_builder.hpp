#pragma once
#include "expr/ast.hpp"
#include "expr/environment.hpp"

#include <exception>
#include <initializer_list>

namespace ark::expr {

/// Ends parsing: the grammar is a dozen mutually recursive functions, which would each have to hand an error on.
/// Thrown and caught within parse() only.
struct ParseStop {
    Issue issue;
};

[[noreturn]] inline void stop_parsing(Code code, std::uint32_t offset, std::string message,
                                      std::string suggestion = {}) {
    throw ParseStop{Issue{code, std::move(message), offset, 1, 1, std::move(suggestion)}};
}

/// Adds nodes to a tree within the limits on its size.
class TreeBuilder {
public:
    TreeBuilder(Ast& ast, const CompileLimits& limits) : ast_(ast), limits_(limits) {}

    Ast& ast() { return ast_; }
    Node& node(NodeId id) { return ast_.nodes[id]; }
    NodeId add(Node node, std::span<const NodeId> children = {});
    NodeId add(Node node, std::initializer_list<NodeId> children) {
        return add(node, std::span<const NodeId>(children.begin(), children.size()));
    }
    NodeId literal(std::uint32_t offset, const Value& value);
    NodeId identifier(std::uint32_t offset, std::string_view name, bool absolute = false);
    NodeId operation(Op op, std::uint32_t offset, std::initializer_list<NodeId> children);
    std::string_view keep(std::string text) { return ast_.strings.emplace_back(std::move(text)); }

private:
    Ast& ast_;
    const CompileLimits& limits_;
};

/// If the call is that of a macro: the node it stands for. `call` has its name, offset and receiver set; with a
/// receiver the first child is what stands before the dot.
std::optional<NodeId> expand_macro(TreeBuilder& tree, const Node& call, std::span<const NodeId> children);

}  // namespace ark::expr
