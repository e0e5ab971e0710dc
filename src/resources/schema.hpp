#pragma once
#include "codec/json_value.hpp"
#include "resources/refusal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a resource may hold, as data. From one Schema come defaults, pruning, validation, the OpenAPI document that
/// `kubectl explain` reads, and docs/resources.md.
namespace ark::resources {

using codec::JsonValue;

enum class Type { any, text, boolean, integer, number, object, array, map };

/// What a text must look like.
enum class Format {
    none,
    duration,       ///< Go's: "30s", "1h30m"
    http_timeout,   ///< "30", "30s", "5m", "1h"
    http_url,       ///< begins with http:// or https://
    dns_label,      ///< RFC 1123: at most 63 of a-z 0-9 -
    dns_subdomain,  ///< labels with dots, at most 253
    base64,
    time,     ///< RFC 3339
    decimal,  ///< a number as text
    share,    ///< a number from 0 to 1 as text
};

struct Field;

struct Schema {
    Type type = Type::any;
    std::vector<Field> fields;          ///< of an object
    std::vector<Schema> element;        ///< of an array's elements or a map's values: one
    bool open = false;                  ///< an object that keeps fields beyond those
    std::vector<std::string> choices;   ///< of a text
    Format format = Format::none;       ///< of a text
    std::optional<std::int64_t> least;  ///< of a number; of a text or array: its length
    std::optional<std::int64_t> most;
    JsonValue fallback;                     ///< taken when the field is absent; null: none
    std::vector<std::string> alternatives;  ///< of an object: of these fields …
    bool at_least_one = false;              ///< … one must be there
    bool at_most_one = false;               ///< … no more than one may be
    std::string unique;                     ///< of an array of objects: this member differs in each

    // Builders, so that a table of fields reads as one.
    Schema one_of(std::vector<std::string> values) const;
    Schema like(Format wanted) const;
    Schema between(std::int64_t low, std::int64_t high) const;
    Schema at_least(std::int64_t low) const;
    Schema otherwise(JsonValue value) const;
    Schema exactly_one_of(std::vector<std::string> names) const;
    Schema any_one_of(std::vector<std::string> names) const;
    Schema unique_by(std::string member) const;
    Schema kept_open() const;  ///< fields beyond the named ones are kept
};

struct Field {
    std::string name;
    Schema schema;
    bool required = false;
    std::string help;  ///< one line, for people
};

Schema anything();
Schema text();
Schema name_text();  ///< at least one character
Schema boolean();
Schema integer();
Schema object(std::vector<Field> fields);
Schema list_of(Schema element);
Schema map_of(Schema value);
Field must(std::string name, Schema schema, std::string help = {});
Field may(std::string name, Schema schema, std::string help = {});

/// Removes null members and members that the schema does not know; says which those were ("spec.promt").
void prune(const Schema& schema, JsonValue& value, const std::string& path, std::vector<std::string>& unknown);
/// Fills in what is absent, inside objects that are there.
void apply_defaults(const Schema& schema, JsonValue& value);
/// Adds a cause for each thing that is wrong; at most causes_max in all.
void validate(const Schema& schema, const JsonValue& value, const std::string& path, Causes& causes);

inline constexpr std::size_t causes_max = 64;

/// "what is expected" when the text does not look like that; nothing when it does.
std::optional<std::string_view> mismatch(Format format, std::string_view text);

/// A value inside a message: JSON, cut when long.
std::string shown(const JsonValue& value);

}  // namespace ark::resources
