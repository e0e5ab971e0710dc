#pragma once
#include <cstdint>
#include <string_view>

namespace ark::model {

/// An OTLP AnyValue seen in place: scalars are decoded, nested values stay in wire form until somebody walks them
/// (otlp/walk.hpp: ArrayWalk, MapWalk). Valid only while the payload it points into lives.
struct ValueView {
    enum class Type { empty, string, boolean, integer, real, array, map, bytes };

    Type type = Type::empty;
    bool boolean = false;
    std::int64_t integer = 0;
    double real = 0;
    std::string_view text;  ///< string: UTF-8 · bytes: raw · array, map: wire form of ArrayValue / KeyValueList

    static ValueView of_string(std::string_view text) {
        ValueView v;
        v.type = Type::string;
        v.text = text;
        return v;
    }
    static ValueView of_integer(std::int64_t integer) {
        ValueView v;
        v.type = Type::integer;
        v.integer = integer;
        return v;
    }
    static ValueView of_real(double real) {
        ValueView v;
        v.type = Type::real;
        v.real = real;
        return v;
    }
    static ValueView of_boolean(bool boolean) {
        ValueView v;
        v.type = Type::boolean;
        v.boolean = boolean;
        return v;
    }
};

struct AttributeView {
    std::string_view key;
    ValueView value;
};

}  // namespace ark::model
