#include "event_file.hpp"

#include <fstream>
#include <iostream>
#include <iterator>

namespace ark::cli {
namespace {

using codec::JsonValue;

constexpr std::size_t event_file_bytes_max = 256u << 20;

std::vector<JsonValue> events_of_document(JsonValue&& document) {
    if (document.is_object() && document["items"].is_array()) {
        auto items = std::move(*document.find("items"));
        document = std::move(items);
    }
    if (auto* array = std::get_if<JsonValue::Array>(&document.data)) return std::move(*array);
    std::vector<JsonValue> one;
    one.push_back(std::move(document));
    return one;
}

Result<std::vector<JsonValue>> events_of_lines(std::string_view text) {
    std::vector<JsonValue> events;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        auto event = JsonValue::parse(line);
        if (!event) return fail(Errc::bad_argument, "line " + std::to_string(number) + ": " + event.error().context);
        events.push_back(std::move(*event));
    }
    return events;
}

}  // namespace

Result<std::string> read_whole(const std::string& path, std::size_t bytes_max) {
    std::string text;
    if (path == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
        std::ifstream file(path, std::ios::binary);
        if (!file) return fail(Errc::bad_argument, "cannot read " + path);
        text.assign(std::istreambuf_iterator<char>(file), {});
        if (file.bad()) return fail(Errc::bad_argument, "cannot read " + path);
    }
    if (text.size() > bytes_max) return fail(Errc::too_large, path + ": larger than it may be");
    return text;
}

Result<std::vector<JsonValue>> events_of_text(std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return std::vector<JsonValue>{};
    if (auto document = JsonValue::parse(text)) return events_of_document(std::move(*document));
    return events_of_lines(text);
}

Result<std::vector<JsonValue>> read_event_file(const std::string& path) {
    ARK_TRY(const auto text, read_whole(path, event_file_bytes_max));
    auto events = events_of_text(text);
    if (!events) return prefix(std::move(events).error(), path);
    return events;
}

}  // namespace ark::cli
