#pragma once
#include "codec/json_value.hpp"

#include <string>
#include <string_view>
#include <utility>

/// JSON values of texts, for those who put documents together. Apart from json_value.hpp, which much of the tree reads.
namespace ark::codec {

/// The text as a JSON string.
inline JsonValue json_text(std::string_view text) {
    return JsonValue{std::string(text)};
}

/// What the JSON text says; null when it is none. For texts that were made here, and where no JSON and no value are
/// answered alike.
inline JsonValue parsed_or_null(std::string_view text) {
    auto value = JsonValue::parse(text);
    return value ? std::move(*value) : JsonValue{};
}

}  // namespace ark::codec
