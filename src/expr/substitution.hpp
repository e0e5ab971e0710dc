#pragma once
#include "expr/type.hpp"

#include <map>
#include <string>
#include <vector>

namespace ark::expr {

/// What the type parameters met so far stand for. Assigning types to each other binds parameters.
class Substitution {
public:
    /// A parameter that no other type names.
    Type fresh();
    /// The type with its parameters renamed; the same name gives the same new one through `renamed`.
    Type instantiate(const Type& type, std::map<std::string, Type>& renamed);
    /// May a value of type `from` stand where `to` is asked for? Binds parameters of either; on false it may have bound
    /// some already: keep a copy to return to.
    bool assignable(const Type& to, const Type& from);
    /// The type with what its parameters stand for; those that stand for nothing become dyn on `final`.
    Type resolve(const Type& type, bool final = false) const;
    /// The type that both fit: for the elements of a list. dyn when there is no nearer one.
    Type join(const Type& a, const Type& b);

private:
    bool bind(const Type& parameter, const Type& type);
    bool mentions(const Type& type, const Type& parameter) const;
    bool null_fits(const Type& type) const;
    Type general(const Type& a, const Type& b) const;

    std::map<std::string, Type> bound_;
    unsigned next_ = 0;
};

}  // namespace ark::expr
