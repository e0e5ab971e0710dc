#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
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
    int64,        ///< number or decimal text, to a varint
    enumeration,  ///< integers, by specification; names are understood too
    uint32,
    fixed64,  ///< times
    fixed32,  ///< flags
    real,     ///< number, decimal text, "NaN", "Infinity", "-Infinity"
    message,
    messages,  ///< repeated
    texts,     ///< repeated
};

/// A key as it stands in JSON text, closing quote included, so that one comparison of three words finds it and its end.
class Key {
public:
    constexpr explicit Key(std::string_view name) : name_(name) {
        for (std::size_t i = 0; i <= name.size(); ++i) {
            const std::uint64_t byte = i < name.size() ? static_cast<std::uint8_t>(name[i]) : std::uint64_t{'"'};
            words_[i / 8] |= byte << (i % 8 * 8);
            masks_[i / 8] |= std::uint64_t{0xff} << (i % 8 * 8);
        }
    }

    std::string_view name() const { return name_; }
    /// `raw` points behind the opening quote and has 24 readable bytes.
    bool is(const char* raw) const {
        std::uint64_t read[3];
        std::memcpy(read, raw, sizeof read);
        std::uint64_t different = 0;
        for (int i = 0; i < 3; ++i)
            different |= (read[i] & masks_[i]) ^ words_[i];
        return different == 0;
    }

private:
    std::string_view name_;
    std::uint64_t words_[3] = {};
    std::uint64_t masks_[3] = {};
};

struct Schema;

struct Rule {
    Key key;  ///< lowerCamelCase; snake_case is not a valid key
    std::uint32_t tag;
    Kind kind;
    const Schema* message;  ///< of message and messages
};

struct Schema {
    std::span<const Rule> rules;
    std::size_t usual_size;  ///< decides how many bytes are left for a length before it is known
    bool is_any_value;       ///< a oneof: present even when zero, the last member wins
    bool is_container;       ///< ArrayValue, KeyValueList: one level of nesting
    bool is_pair = false;    ///< KeyValue: what most of a document consists of
};

/// The number of an enum's name ("SPAN_KIND_SERVER"); of one that nobody knows 0, the unspecified value.
std::int32_t enum_number(std::string_view name);

extern const Schema traces_request;
extern const Schema logs_request;

}  // namespace ark::otlp::json
