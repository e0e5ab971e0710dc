#include "telemetry/log.hpp"

#include "base/time.hpp"
#include "codec/json_writer.hpp"

#include <atomic>

#include <fmt/format.h>
#include <unistd.h>

namespace ark::telemetry {
namespace {

std::atomic<LogLevel> threshold = LogLevel::info;
std::atomic<LogFormat> line_format = LogFormat::text;

constexpr std::string_view level_names[] = {"debug", "info", "warn", "error", "off"};

std::string_view name(LogLevel level) {
    return level_names[static_cast<std::size_t>(level)];
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (const char c : text) {
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return true;
    }
    return false;
}

void append_text(std::string& line, const Field& field) {
    line.append(" ").append(field.key).append("=");
    if (const auto* text = std::get_if<std::string>(&field.value)) {
        if (!needs_quotes(*text)) {
            line.append(*text);
            return;
        }
        line.push_back('"');
        codec::append_json_escaped(line, *text);
        line.push_back('"');
        return;
    }
    std::visit(
        [&line](const auto& value) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::string>)
                fmt::format_to(std::back_inserter(line), "{}", value);
        },
        field.value);
}

void append_json(codec::JsonWriter& json, const Field& field) {
    json.key(field.key);
    if (const auto* text = std::get_if<std::string>(&field.value)) {
        json.string(*text);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        json.number(*number);
    } else if (const auto* count = std::get_if<std::uint64_t>(&field.value)) {
        json.unsigned_number(*count);
    } else if (const auto* real = std::get_if<double>(&field.value)) {
        json.real(*real);
    } else {
        json.boolean(std::get<bool>(field.value));
    }
}

}  // namespace

std::optional<LogLevel> parse_level(std::string_view text) {
    for (std::size_t i = 0; i < std::size(level_names); ++i) {
        if (text == level_names[i]) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

void configure_log(LogLevel level, LogFormat format) {
    threshold = level;
    line_format = format;
}

std::string format_line(LogFormat format, std::string_view time, LogLevel level, std::string_view component,
                        std::string_view message, std::initializer_list<Field> fields) {
    std::string line;
    line.reserve(160);
    if (format == LogFormat::json) {
        codec::JsonWriter json(line);
        json.begin_object().field("time", time).field("level", name(level)).field("component", component);
        json.field("message", message);
        for (const auto& field : fields)
            append_json(json, field);
        json.end_object();
    } else {
        fmt::format_to(std::back_inserter(line), "{} {:<5} {}: {}", time, name(level), component, message);
        for (const auto& field : fields)
            append_text(line, field);
    }
    line.push_back('\n');
    return line;
}

void log(LogLevel level, std::string_view component, std::string_view message, std::initializer_list<Field> fields) {
    if (level < threshold.load(std::memory_order_relaxed)) return;
    const auto time = to_rfc3339(system_clock().now());
    const auto line = format_line(line_format.load(std::memory_order_relaxed), time, level, component, message, fields);
    // A log line that cannot be written has nowhere to be reported.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace ark::telemetry
