#include "expr/type.hpp"

namespace ark::expr {

Type::Type(Kind kind, std::string name, std::vector<Type> parameters) : kind_(kind) {
    if (!name.empty() || !parameters.empty())
        detail_ = std::make_shared<const Detail>(Detail{std::move(name), std::move(parameters)});
}

const std::string& Type::name() const {
    static const std::string none;
    return detail_ ? detail_->name : none;
}

const std::vector<Type>& Type::parameters() const {
    static const std::vector<Type> none;
    return detail_ ? detail_->parameters : none;
}

bool operator==(const Type& a, const Type& b) {
    if (a.kind_ != b.kind_) return false;
    return a.detail_ == b.detail_ || (a.name() == b.name() && a.parameters() == b.parameters());
}

namespace {

std::string with_parameters(std::string name, const Type& type) {
    if (type.parameters().empty()) return name;
    name += '(';
    for (const auto& parameter : type.parameters()) {
        if (name.back() != '(') name += ", ";
        name += to_text(parameter);
    }
    return name + ')';
}

}  // namespace

std::string to_text(const Type& type) {
    switch (type.kind()) {
        case Type::Kind::dyn:
            return "dyn";
        case Type::Kind::null:
            return "null";
        case Type::Kind::boolean:
            return "bool";
        case Type::Kind::integer:
            return "int";
        case Type::Kind::unsigned_integer:
            return "uint";
        case Type::Kind::real:
            return "double";
        case Type::Kind::string:
            return "string";
        case Type::Kind::bytes:
            return "bytes";
        case Type::Kind::timestamp:
            return "timestamp";
        case Type::Kind::duration:
            return "duration";
        case Type::Kind::list:
            return with_parameters("list", type);
        case Type::Kind::map:
            return with_parameters("map", type);
        case Type::Kind::type:
            return with_parameters("type", type);
        case Type::Kind::optional:
            return with_parameters("optional", type);
        case Type::Kind::nullable:
            return to_text(type.element()) + " or null";
        case Type::Kind::opaque:
            return with_parameters(type.name(), type);
        case Type::Kind::parameter:
            return type.name();
        case Type::Kind::error:
            return "error";
    }
    return "error";
}

}  // namespace ark::expr
