#pragma once
#include "base/result.hpp"
#include "codec/json_writer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ark::codec {

/// A JSON document as an owned tree, for small things off the data path: API answers in the CLI, configuration, tests.
/// Objects keep their order; of repeated names the last wins in find().
class JsonValue {
public:
    using Array = std::vector<JsonValue>;
    using Object = std::vector<std::pair<std::string, JsonValue>>;
    std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> data = nullptr;

    /// Whole text, strict JSON, at most `nesting_max` deep. bad_payload with the byte offset.
    static Result<JsonValue> parse(std::string_view text, std::size_t nesting_max = 128);

    bool is_null() const { return std::holds_alternative<std::nullptr_t>(data); }
    bool is_object() const { return std::holds_alternative<Object>(data); }
    bool is_array() const { return std::holds_alternative<Array>(data); }
    bool is_string() const { return std::holds_alternative<std::string>(data); }
    /// Member of an object; a null value when absent or not an object: chains safely.
    const JsonValue& operator[](std::string_view name) const;
    const JsonValue& operator[](std::size_t index) const;
    std::size_t size() const;    ///< of an array or object, else 0
    const Array& array() const;  ///< empty when it is none
    const Object& object() const;
    std::string_view text(std::string_view fallback = "") const;  ///< of a string
    std::int64_t integer(std::int64_t fallback = 0) const;        ///< of any number, or of a decimal string
    double real(double fallback = 0) const;
    bool boolean(bool fallback = false) const;

    /// Editing in place, for documents that are changed and written again. Pointers hold until the next edit.
    JsonValue* find(std::string_view name);                  ///< member of an object; null when absent
    JsonValue& set(std::string_view name, JsonValue value);  ///< replaces or appends; what was no object becomes one
    bool erase(std::string_view name);                       ///< all of that name; false when there was none
    /// Deep; the order of an object's members does not matter, nor how a number is kept.
    friend bool operator==(const JsonValue& a, const JsonValue& b);

    void write(JsonWriter& json) const;
    std::string dump() const;
    std::string pretty(int indent = 2) const;
};

}  // namespace ark::codec
