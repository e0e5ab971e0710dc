#pragma once
#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ark::conformance {

/// A message in protobuf's text format, without its schema: fields in order, each a scalar or a message.
struct TextMessage {
    struct Field {
        std::string name;    ///< "expr"; "[type.googleapis.com/x.Y]" for an expanded Any
        std::string scalar;  ///< unescaped for strings, as written for the rest; empty for a message
        bool is_message = false;
        std::vector<TextMessage> message;  ///< one when is_message
    };
    std::vector<Field> fields;

    const Field* find(std::string_view name) const;              ///< the first one
    std::vector<const Field*> all(std::string_view name) const;  ///< of a repeated field
    std::string text(std::string_view name) const;               ///< scalar, or empty
    const TextMessage* message(std::string_view name) const;     ///< nullptr when there is none
    bool is_true(std::string_view name) const { return text(name) == "true"; }
};

/// Errc::bad_payload with the line for what is not text format.
Result<TextMessage> parse_text_message(std::string_view text);

}  // namespace ark::conformance
