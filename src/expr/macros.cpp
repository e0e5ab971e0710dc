#include "expr/tree_builder.hpp"

#include <algorithm>
#include <array>

namespace ark::expr {

namespace {

// A macro called on a range: range.all(x, …). `outcomes` is how many expressions follow the variables.
struct RangeMacro {
    std::string_view name;
    Macro macro;
    std::size_t variables;
    std::size_t outcomes;
};

constexpr std::array<RangeMacro, 19> range_macros = {{
    {"all", Macro::all, 1, 1},
    {"exists", Macro::exists, 1, 1},
    {"exists_one", Macro::exists_one, 1, 1},
    {"existsOne", Macro::exists_one, 1, 1},
    {"map", Macro::map, 1, 1},
    {"map", Macro::map, 1, 2},
    {"filter", Macro::filter, 1, 1},
    {"all", Macro::all, 2, 1},
    {"exists", Macro::exists, 2, 1},
    {"exists_one", Macro::exists_one, 2, 1},
    {"existsOne", Macro::exists_one, 2, 1},
    {"transformList", Macro::transform_list, 2, 1},
    {"transformList", Macro::transform_list, 2, 2},
    {"transformMap", Macro::transform_map, 2, 1},
    {"transformMap", Macro::transform_map, 2, 2},
    {"transformMapEntry", Macro::transform_map_entry, 2, 1},
    {"transformMapEntry", Macro::transform_map_entry, 2, 2},
    {"optMap", Macro::opt_map, 1, 1},
    {"optFlatMap", Macro::opt_flat_map, 1, 1},
}};

std::string_view variable_name(TreeBuilder& tree, NodeId id) {
    const auto& node = tree.node(id);
    if (node.kind != NodeKind::identifier || node.absolute)
        stop_parsing(Code::parse_error, node.offset, "a macro's variable is a plain name");
    return node.name;
}

NodeId comprehension(TreeBuilder& tree, const Node& call, std::span<const NodeId> children, const RangeMacro& macro) {
    Node node{.kind = NodeKind::comprehension, .macro = macro.macro, .offset = call.offset};
    node.name = variable_name(tree, children[1]);
    if (macro.variables == 2) {
        node.name2 = variable_name(tree, children[2]);
        if (node.name == node.name2)
            stop_parsing(Code::parse_error, tree.node(children[2]).offset, "the two variables have the same name");
    }
    std::vector<NodeId> parts = {children[0]};
    parts.insert(parts.end(), children.begin() + 1 + static_cast<std::ptrdiff_t>(macro.variables), children.end());
    return tree.add(node, parts);
}

std::optional<NodeId> range_macro(TreeBuilder& tree, const Node& call, std::span<const NodeId> children) {
    for (const auto& macro : range_macros)
        if (macro.name == call.name && children.size() == 1 + macro.variables + macro.outcomes)
            return comprehension(tree, call, children, macro);
    return std::nullopt;
}

NodeId has(TreeBuilder& tree, const Node& call, NodeId field) {
    auto& node = tree.node(field);
    if (node.kind != NodeKind::select || node.optional || node.test)
        stop_parsing(Code::parse_error, call.offset, "has() takes a field: has(e.name)");
    node.test = true;
    return field;
}

NodeId bind(TreeBuilder& tree, std::uint32_t offset, std::string_view name, NodeId value, NodeId body) {
    return tree.add(Node{.kind = NodeKind::bind, .offset = offset, .name = name}, {value, body});
}

std::int64_t index_literal(TreeBuilder& tree, NodeId id) {
    const auto& node = tree.node(id);
    if (node.kind != NodeKind::literal || !node.value.is(Kind::integer) || node.value.as_integer() < 0)
        stop_parsing(Code::parse_error, node.offset, "a block's index is an int literal from 0");
    return node.value.as_integer();
}

// cel.block([a, b], body): body and later parts may name earlier ones as cel.index(0), cel.index(1).
NodeId block(TreeBuilder& tree, const Node& call, NodeId parts, NodeId body) {
    const auto& list = tree.node(parts);
    if (list.kind != NodeKind::list) stop_parsing(Code::parse_error, list.offset, "cel.block() takes a list first");
    const auto values = tree.ast().children_of(list);
    const std::vector<NodeId> bound(values.begin(), values.end());
    for (auto i = bound.size(); i-- > 0;)
        body = bind(tree, call.offset, tree.keep(fmt::format("@index:{}", i)), bound[i], body);
    return body;
}

// cel.iterVar(depth, number): the name of a macro's variable in an expression that a machine made.
NodeId generated_name(TreeBuilder& tree, const Node& call, std::span<const NodeId> arguments) {
    std::string name = "@" + std::string(call.name);
    for (const auto argument : arguments)
        name += fmt::format(":{}", index_literal(tree, argument));
    return tree.identifier(call.offset, tree.keep(std::move(name)));
}

std::optional<NodeId> cel_macro(TreeBuilder& tree, const Node& call, std::span<const NodeId> arguments) {
    if (call.name == "bind" && arguments.size() == 3)
        return bind(tree, call.offset, variable_name(tree, arguments[0]), arguments[1], arguments[2]);
    if (call.name == "block" && arguments.size() == 2) return block(tree, call, arguments[0], arguments[1]);
    if (call.name == "index" && arguments.size() == 1) return generated_name(tree, call, arguments);
    if ((call.name == "iterVar" || call.name == "accuVar") && arguments.size() == 2)
        return generated_name(tree, call, arguments);
    return std::nullopt;
}

}  // namespace

std::optional<NodeId> expand_macro(TreeBuilder& tree, const Node& call, std::span<const NodeId> children) {
    if (!call.receiver) {
        if (call.name == "has" && children.size() == 1) return has(tree, call, children[0]);
        return std::nullopt;
    }
    const auto& target = tree.node(children[0]);
    if (target.kind == NodeKind::identifier && target.name == "cel") return cel_macro(tree, call, children.subspan(1));
    return range_macro(tree, call, children);
}

}  // namespace ark::expr
