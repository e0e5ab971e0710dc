#include "expr/resolver.hpp"

#include <algorithm>
#include <array>

namespace ark::expr {

namespace {

struct NamedType {
    std::string_view name;
    Type type;
};

const std::vector<NamedType>& named_types() {
    static const std::vector<NamedType> types = {
        {"bool", Type::boolean()},
        {"int", Type::integer()},
        {"uint", Type::unsigned_integer()},
        {"double", Type::real()},
        {"string", Type::string()},
        {"bytes", Type::bytes()},
        {"null_type", Type::null()},
        {"list", Type::list(Type::dyn())},
        {"map", Type::map(Type::dyn(), Type::dyn())},
        {"type", Type::type(Type::dyn())},
        {"google.protobuf.Timestamp", Type::timestamp()},
        {"google.protobuf.Duration", Type::duration()},
        {"optional_type", Type::optional(Type::dyn())},
        {"net.IP", Type::opaque("net.IP")},
        {"net.CIDR", Type::opaque("net.CIDR")},
    };
    return types;
}

}  // namespace

std::optional<std::uint32_t> Resolver::local(std::string_view name) const {
    for (auto i = locals_.size(); i-- > 0;)
        if (locals_[i].name == name) return static_cast<std::uint32_t>(i);
    return std::nullopt;
}

std::optional<Resolver::Chain> Resolver::chain(NodeId id) const {
    const auto& node = ast_.nodes[id];
    if (node.kind == NodeKind::identifier) {
        if (!node.absolute && local(node.name)) return std::nullopt;
        return Chain{std::string(node.name), node.absolute};
    }
    if (node.kind != NodeKind::select || node.test || node.optional) return std::nullopt;
    auto name = chain(ast_.child(node, 0));
    if (name) name->name.append(".").append(node.name);
    return name;
}

std::vector<std::string> Resolver::candidates(std::string_view name, bool absolute) const {
    std::vector<std::string> names;
    std::string_view container = environment_.options().container;
    while (!absolute && !container.empty()) {
        names.push_back(std::string(container) + '.' + std::string(name));
        const auto dot = container.rfind('.');
        container = dot == std::string_view::npos ? std::string_view() : container.substr(0, dot);
    }
    names.emplace_back(name);
    return names;
}

std::optional<ResolvedName> Resolver::name(NodeId id) const {
    const auto& node = ast_.nodes[id];
    if (node.kind == NodeKind::identifier && !node.absolute) {
        if (const auto slot = local(node.name)) {
            Reference reference{.kind = Reference::Kind::local};
            reference.slot = *slot;
            return ResolvedName{std::move(reference), locals_[*slot].type};
        }
    }
    const auto full = chain(id);
    if (!full) return std::nullopt;
    for (const auto& candidate : candidates(full->name, full->absolute)) {
        std::uint32_t slot = 0;
        if (const auto* variable = environment_.find_variable(candidate, slot)) {
            Reference reference{.kind = Reference::Kind::variable};
            reference.slot = slot;
            reference.message = candidate;
            return ResolvedName{std::move(reference), variable->type};
        }
        for (const auto& type : named_types()) {
            if (type.name != candidate) continue;
            Reference reference{.kind = Reference::Kind::constant};
            reference.constant = Value::type(type.name);
            return ResolvedName{std::move(reference), Type::type(type.type)};
        }
    }
    return std::nullopt;
}

ResolvedFunction Resolver::function(NodeId call) const {
    const auto& node = ast_.nodes[call];
    ResolvedFunction resolved;
    const auto take = [&](std::string_view name, bool receiver) {
        for (const auto* function : environment_.find_function(name)) {
            if (function->helper && !receiver) resolved.helper = function->helper;
            for (const auto& overload : function->overloads)
                if (overload->receiver == receiver) resolved.overloads.push_back(overload);
        }
        return resolved.helper || !resolved.overloads.empty();
    };
    const auto take_any = [&](std::string_view name, bool absolute) {
        for (const auto& candidate : candidates(name, absolute))
            if (take(candidate, false)) return true;
        return false;
    };
    resolved.full_name = node.name;
    if (!node.receiver) {
        take_any(node.name, node.absolute);
        return resolved;
    }
    const auto target = ast_.child(node, 0);
    if (const auto space = chain(target)) {
        const auto full_name = space->name + '.' + std::string(node.name);
        resolved.without_receiver = take_any(full_name, space->absolute);
        resolved.is_unknown_in_namespace =
            !resolved.without_receiver && environment_.is_namespace(space->name) && !name(target);
        if (resolved.without_receiver || resolved.is_unknown_in_namespace) {
            resolved.full_name = full_name;
            return resolved;
        }
    }
    take(node.name, true);
    return resolved;
}

std::vector<std::string> Resolver::names_for(std::string_view wrong) const {
    auto names = environment_.names();
    for (const auto& local : locals_)
        names.emplace_back(local.name);
    const auto dot = wrong.rfind('.');
    if (dot == std::string_view::npos) {
        std::erase_if(names, [](const std::string& name) { return name.find('.') != std::string::npos; });
        for (const auto& name : environment_.names())
            if (const auto at = name.find('.'); at != std::string::npos) names.push_back(name.substr(0, at));
    } else {
        std::erase_if(names, [&](const std::string& name) { return !name.starts_with(wrong.substr(0, dot + 1)); });
    }
    return names;
}

}  // namespace ark::expr
