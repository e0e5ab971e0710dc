#include "agents/people.hpp"

#include "base/text.hpp"
#include "codec/json_value.hpp"

#include <algorithm>
#include <array>

namespace ark::agents {
namespace {

using codec::JsonValue;

// Compared without case, "-" and "_".
constexpr std::array<std::string_view, 11> credential_words = {
    "password",   "passwd",     "passphrase",  "secret",       "apikey",       "accesskey",
    "privatekey", "credential", "accesstoken", "refreshtoken", "authorization"};
// Too short to be found within other words: "token" would mask "tokens" and "max_tokens".
constexpr std::array<std::string_view, 4> credential_names = {"token", "auth", "pin", "cookie"};
constexpr std::string_view mask = "***";

bool names_a_credential(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        if (c == '-' || c == '_' || c == ' ') continue;
        plain.push_back(to_lower(c));
    }
    if (std::find(credential_names.begin(), credential_names.end(), plain) != credential_names.end()) return true;
    return std::any_of(credential_words.begin(), credential_words.end(),
                       [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

/// Whether anything was masked. The parser bounds the depth.
bool mask_in(JsonValue& value) {
    bool masked = false;
    if (auto* members = std::get_if<JsonValue::Object>(&value.data)) {
        for (auto& [name, member] : *members) {
            if (names_a_credential(name) && !member.is_null()) {
                member = JsonValue{std::string(mask)};
                masked = true;
            } else {
                masked = mask_in(member) || masked;
            }
        }
    } else if (auto* elements = std::get_if<JsonValue::Array>(&value.data)) {
        for (auto& element : *elements)
            masked = mask_in(element) || masked;
    }
    return masked;
}

}  // namespace

std::string sanitised_arguments(std::string_view arguments) {
    auto json = JsonValue::parse(arguments);
    // What needs no mask stays byte for byte what the model wrote.
    if (!json || !mask_in(*json)) return emit::content_text(arguments);
    return emit::content_text(json->dump());
}

}  // namespace ark::agents
