#pragma once
#include "expr/value.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ark::expr {

using NodeId = std::uint32_t;

enum class NodeKind : std::uint8_t {
    literal,         // value
    identifier,      // name; absolute: written with a leading dot
    select,          // child 0 . name; test: of has(); optional: .?
    call,            // name(children); receiver: child 0 stands before the dot; absolute as for identifiers
    operation,       // op(children)
    conjunction,     // all of the children: &&, and
    disjunction,     // any of the children: ||, or
    conditional,     // child 0 ? child 1 : child 2
    list,            // children
    map,             // key, value, key, value, …
    message,         // name{…}: there are no message types, so this is always an error
    comprehension,   // macro over child 0, with name and name2 bound in the other children
    bind,            // name = child 0 in child 1
    optional_entry,  // ?child 0, in a list, or as key of a map
    named_argument,  // name = child 0
};

enum class Op : std::uint8_t {
    none,
    logical_not,
    negate,
    add,
    subtract,
    multiply,
    divide,
    modulo,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    not_in,  // of the words; in for the checker
    index,
    optional_index,
};

enum class Macro : std::uint8_t {
    none,
    all,
    exists,
    exists_one,
    map,     // children: range, result · range, condition, result
    filter,  // children: range, condition
    transform_list,
    transform_map,
    transform_map_entry,
    opt_map,
    opt_flat_map,
};

struct Node {
    NodeKind kind = NodeKind::literal;
    Op op = Op::none;
    Macro macro = Macro::none;
    bool absolute = false;
    bool receiver = false;
    bool test = false;
    bool optional = false;
    std::uint16_t depth = 1;
    std::uint32_t offset = 0;  // in the text: of the operator, of the name of a call, of the start of others
    std::uint32_t first_child = 0;
    std::uint32_t child_count = 0;
    std::string_view name = {};
    std::string_view name2 = {};
    Value value = {};
};

/// The tree of an expression. The names and literals of the nodes are views of `text` and `strings`: it does not move.
struct Ast {
    explicit Ast(std::string_view source) : text(source) {}
    Ast(const Ast&) = delete;
    Ast& operator=(const Ast&) = delete;

    std::span<const NodeId> children_of(const Node& node) const {
        return std::span(children).subspan(node.first_child, node.child_count);
    }
    NodeId child(const Node& node, std::size_t index) const { return children[node.first_child + index]; }

    const std::string text;
    std::deque<std::string> strings;  // literals whose text is not their value; names made by macros
    std::vector<Node> nodes;
    std::vector<NodeId> children;
    NodeId root = 0;
    std::vector<Issue> warnings;
};

/// The operator as it is written: "+", "in".
std::string_view symbol(Op op);

}  // namespace ark::expr
