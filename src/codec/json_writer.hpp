#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace ark::codec {

/// Appends JSON to a string. No validation of the sequence of calls beyond commas; text is escaped with SIMD where
/// there is any. Text must be valid UTF-8: what came through otlp::check is.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    JsonWriter& key(std::string_view name);
    /// A key whose bytes need no escape: names that stand in our source.
    JsonWriter& plain_key(std::string_view name);

    JsonWriter& string(std::string_view text);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    JsonWriter& number(std::int64_t value);
    JsonWriter& unsigned_number(std::uint64_t value);
    /// Shortest text that reads back; NaN and infinities become null.
    JsonWriter& real(double value);
    /// Text that is already JSON.
    JsonWriter& raw(std::string_view json);
    /// A quoted string whose bytes need no escape (hex ids, times, enum names).
    JsonWriter& plain(std::string_view text);

    /// key and value in one: field("name", text). Overloads by type.
    JsonWriter& field(std::string_view name, std::string_view text) { return key(name).string(text); }
    JsonWriter& field(std::string_view name, const char* text) { return key(name).string(text); }
    JsonWriter& field(std::string_view name, const std::string& text) { return key(name).string(text); }
    JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }
    JsonWriter& field(std::string_view name, double value) { return key(name).real(value); }
    template <std::signed_integral T>
    JsonWriter& field(std::string_view name, T value) {
        return key(name).number(value);
    }
    template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>) JsonWriter& field(std::string_view name, T value) {
        return key(name).unsigned_number(value);
    }

    std::string& out() { return out_; }

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();
    /// Comma, quote, text and end in one append, which most keys and many values are short and clean enough for. False:
    /// nothing was done.
    bool append_short(std::string_view text, std::string_view end);

    std::string& out_;
    bool comma_ = false;
};

/// Appends `text` with JSON escapes, without quotes.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace ark::codec
