#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ark::expr {

/// A type as the checker sees it: `int`, `list(string)`, `map(string, dyn)`. A value, cheap to copy.
class Type {
public:
    enum class Kind : std::uint8_t {
        dyn,  ///< any; checked when it is evaluated
        null,
        boolean,
        integer,
        unsigned_integer,
        real,
        string,
        bytes,
        timestamp,
        duration,
        list,       ///< of one type
        map,        ///< from one type to another
        type,       ///< the type of a type: type(int)
        optional,   ///< of one type
        nullable,   ///< a type or null
        opaque,     ///< a named type, perhaps with parameters
        parameter,  ///< a name standing for a type in a signature: T
        error,      ///< of an expression that has been reported
    };

    Type() = default;  ///< dyn
    static Type of(Kind kind) { return Type(kind, {}, {}); }
    static Type dyn() { return of(Kind::dyn); }
    static Type null() { return of(Kind::null); }
    static Type boolean() { return of(Kind::boolean); }
    static Type integer() { return of(Kind::integer); }
    static Type unsigned_integer() { return of(Kind::unsigned_integer); }
    static Type real() { return of(Kind::real); }
    static Type string() { return of(Kind::string); }
    static Type bytes() { return of(Kind::bytes); }
    static Type timestamp() { return of(Kind::timestamp); }
    static Type duration() { return of(Kind::duration); }
    static Type list(Type element) { return Type(Kind::list, {}, {std::move(element)}); }
    static Type map(Type key, Type value) { return Type(Kind::map, {}, {std::move(key), std::move(value)}); }
    static Type type(Type of) { return Type(Kind::type, {}, {std::move(of)}); }
    static Type optional(Type of) { return Type(Kind::optional, {}, {std::move(of)}); }
    static Type nullable(Type of) { return Type(Kind::nullable, {}, {std::move(of)}); }
    static Type opaque(std::string name, std::vector<Type> parameters = {}) {
        return Type(Kind::opaque, std::move(name), std::move(parameters));
    }
    static Type parameter(std::string name) { return Type(Kind::parameter, std::move(name), {}); }

    Kind kind() const { return kind_; }
    bool is(Kind kind) const { return kind_ == kind; }
    bool is_dyn() const { return kind_ == Kind::dyn || kind_ == Kind::error; }
    const std::string& name() const;                         ///< opaque and parameter; else empty
    const std::vector<Type>& parameters() const;             ///< of list, map, type, optional, nullable, opaque
    const Type& element() const { return parameters()[0]; }  ///< of list, type, optional, nullable; key of a map
    const Type& mapped() const { return parameters()[1]; }   ///< value of a map

    friend bool operator==(const Type& a, const Type& b);

private:
    struct Detail {
        std::string name;
        std::vector<Type> parameters;
    };
    Type(Kind kind, std::string name, std::vector<Type> parameters);

    Kind kind_ = Kind::dyn;
    std::shared_ptr<const Detail> detail_;  // nullptr for plain types
};

std::string to_text(const Type& type);  ///< "map(string, list(int))"

}  // namespace ark::expr
