#include "expr/substitution.hpp"

namespace ark::expr {

namespace {

// The same type with other parameters.
template <class Change>
Type rebuild(const Type& type, Change change) {
    if (type.parameters().empty()) return type;
    std::vector<Type> changed;
    for (const auto& parameter : type.parameters())
        changed.push_back(change(parameter));
    switch (type.kind()) {
        case Type::Kind::list:
            return Type::list(changed[0]);
        case Type::Kind::map:
            return Type::map(changed[0], changed[1]);
        case Type::Kind::type:
            return Type::type(changed[0]);
        case Type::Kind::optional:
            return Type::optional(changed[0]);
        case Type::Kind::nullable:
            return Type::nullable(changed[0]);
        default:
            return Type::opaque(type.name(), std::move(changed));
    }
}

}  // namespace

Type Substitution::fresh() {
    return Type::parameter("%" + std::to_string(next_++));
}

Type Substitution::instantiate(const Type& type, std::map<std::string, Type>& renamed) {
    if (type.is(Type::Kind::parameter)) {
        const auto known = renamed.find(type.name());
        return known != renamed.end() ? known->second : renamed.emplace(type.name(), fresh()).first->second;
    }
    return rebuild(type, [&](const Type& inner) { return instantiate(inner, renamed); });
}

Type Substitution::resolve(const Type& type, bool final) const {
    if (type.is(Type::Kind::parameter)) {
        const auto found = bound_.find(type.name());
        if (found != bound_.end()) return resolve(found->second, final);
        return final ? Type::dyn() : type;
    }
    return rebuild(type, [&](const Type& inner) { return resolve(inner, final); });
}

bool Substitution::mentions(const Type& type, const Type& parameter) const {
    if (type.is(Type::Kind::parameter)) {
        if (type.name() == parameter.name()) return true;
        const auto found = bound_.find(type.name());
        return found != bound_.end() && mentions(found->second, parameter);
    }
    for (const auto& inner : type.parameters())
        if (mentions(inner, parameter)) return true;
    return false;
}

bool Substitution::bind(const Type& parameter, const Type& type) {
    const auto found = bound_.find(parameter.name());
    if (found == bound_.end()) {
        if (mentions(type, parameter)) return type == parameter;
        bound_.insert_or_assign(parameter.name(), type);
        return true;
    }
    const auto before = found->second;
    if (!assignable(before, type)) return false;
    const auto wider = general(resolve(before), resolve(type));
    if (!mentions(wider, parameter)) bound_.insert_or_assign(parameter.name(), wider);
    return true;
}

bool Substitution::null_fits(const Type& type) const {
    switch (type.kind()) {
        case Type::Kind::null:
        case Type::Kind::nullable:
        case Type::Kind::timestamp:
        case Type::Kind::duration:
        case Type::Kind::optional:
        case Type::Kind::opaque:
            return true;
        default:
            return false;
    }
}

bool Substitution::assignable(const Type& to, const Type& from) {
    if (to.is(Type::Kind::parameter) && to == from) return true;
    if (from.is(Type::Kind::parameter)) return bind(from, to);
    if (to.is(Type::Kind::parameter)) return bind(to, from);
    if (to.is_dyn() || from.is_dyn()) return true;
    if (from.is(Type::Kind::null)) return null_fits(to);
    if (to.is(Type::Kind::null)) return null_fits(from);
    if (to.is(Type::Kind::nullable) || from.is(Type::Kind::nullable)) {
        const auto& inner_to = to.is(Type::Kind::nullable) ? to.element() : to;
        const auto& inner_from = from.is(Type::Kind::nullable) ? from.element() : from;
        return assignable(inner_to, inner_from);
    }
    if (to.kind() != from.kind()) return false;
    if (to.is(Type::Kind::type)) return true;
    if (to.name() != from.name() || to.parameters().size() != from.parameters().size()) return false;
    for (std::size_t i = 0; i < to.parameters().size(); ++i)
        if (!assignable(to.parameters()[i], from.parameters()[i])) return false;
    return true;
}

// Of two types that are assignable to each other.
Type Substitution::general(const Type& a, const Type& b) const {
    if (a.is_dyn() || b.is_dyn()) return Type::dyn();
    if (a.is(Type::Kind::parameter)) return b;
    if (b.is(Type::Kind::parameter)) return a;
    if (a.is(Type::Kind::nullable) || b.is(Type::Kind::null)) return a;
    if (b.is(Type::Kind::nullable) || a.is(Type::Kind::null)) return b;
    if (a.parameters().size() != b.parameters().size()) return a;
    std::size_t i = 0;
    return rebuild(a, [&](const Type& inner) { return general(inner, b.parameters()[i++]); });
}

Type Substitution::join(const Type& a, const Type& b) {
    const auto before = bound_;
    if (!assignable(a, b)) {
        bound_ = before;
        return Type::dyn();
    }
    return general(resolve(a), resolve(b));
}

}  // namespace ark::expr
