#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// OTLP's JSON mapping as data; private to this module.
namespace ark::otlp::json {

/// How a JSON value becomes a protobuf field.
enum class Kind : std::uint8_t {
    text,    ///< string
    id,      ///< hex text to bytes, not base64: the mapping's one oddity
    base64,  ///< bytes
    boolean,
    int64,  ///< number or decimal text, to a varint
    int32,  ///< enums: integers only, by specification
    uint32,
    fixed64,  ///< times
    fixed32,  ///< flags
    real,     ///< number, decimal text, "NaN", "Infinity", "-Infinity"
    message,
    messages,  ///< repeated
    texts,     ///< repeated
};

struct Schema;

struct Rule {
    std::string_view name;  ///< lowerCamelCase; snake_case is not a valid key
    std::uint32_t tag;
    Kind kind;
    const Schema* message;  ///< of message and messages
};

struct Schema {
    std::span<const Rule> rules;
    std::size_t usual_size;  ///< decides how many bytes are left for a length before it is known
    bool is_any_value;       ///< a oneof: present even when zero, the last member wins
    bool is_container;       ///< ArrayValue, KeyValueList: one level of nesting
};

extern const Schema traces_request;
extern const Schema logs_request;

}  // namespace ark::otlp::json
