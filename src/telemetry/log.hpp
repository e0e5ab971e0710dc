#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Our own diagnostics: one structured line an event that a person would act on, on standard error. Never one per item,
/// never a payload, a prompt or a secret.
namespace ark::telemetry {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { text, json };

std::optional<LogLevel> parse_level(std::string_view text);

/// Process-wide; before the threads start.
void configure_log(LogLevel level, LogFormat format);

struct Field {
    std::string_view key;
    std::variant<std::string, std::int64_t, std::uint64_t, double, bool> value;

    Field(std::string_view k, std::string_view text) : key(k), value(std::string(text)) {}
    Field(std::string_view k, const char* text) : key(k), value(std::string(text)) {}
    Field(std::string_view k, const std::string& text) : key(k), value(text) {}
    template <class T>
    requires std::integral<T> || std::floating_point<T> Field(std::string_view k, T number) : key(k) {
        if constexpr (std::same_as<T, bool>) {
            value = number;
        } else if constexpr (std::floating_point<T>) {
            value = static_cast<double>(number);
        } else if constexpr (std::signed_integral<T>) {
            value = static_cast<std::int64_t>(number);
        } else {
            value = static_cast<std::uint64_t>(number);
        }
    }
};

/// `log(LogLevel::warn, "journal", "tail cut", {{"segment", 4}, {"bytes", 812}});` Thread-safe; one write(2) a line.
void log(LogLevel level, std::string_view component, std::string_view message,
         std::initializer_list<Field> fields = {});

/// The line without its time, for tests.
std::string format_line(LogFormat format, std::string_view time, LogLevel level, std::string_view component,
                        std::string_view message, std::initializer_list<Field> fields);

}  // namespace ark::telemetry
