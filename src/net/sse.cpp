#include "net/sse.hpp"

#include <algorithm>
#include <charconv>

namespace ark::net {

void append_sse(std::string& out, std::string_view event, std::string_view id, std::string_view data) {
    out.reserve(out.size() + event.size() + id.size() + data.size() + 24);
    if (!event.empty()) out.append("event: ").append(event).push_back('\n');
    out.append("data: ").append(data).push_back('\n');
    // Last: a simple client that notes the id at its line has then seen the data too, wherever the connection breaks.
    if (!id.empty()) out.append("id: ").append(id).push_back('\n');
    out.push_back('\n');
}

bool SseParser::feed(std::string_view bytes, const std::function<void(const SseEvent&)>& on_event) {
    while (!bytes.empty()) {
        // CR LF is one line end, also when the two arrive in different pieces.
        if (after_cr_) {
            after_cr_ = false;
            if (bytes.front() == '\n') {
                bytes.remove_prefix(1);
                continue;
            }
        }
        const auto end = bytes.find_first_of("\r\n");
        const auto piece = bytes.substr(0, end);
        if (pending_.size() + piece.size() > line_bytes_max_) return false;
        if (end == bytes.npos) {
            pending_.append(piece);
            return true;
        }
        after_cr_ = bytes[end] == '\r';
        if (pending_.empty()) {
            if (!line(piece, on_event)) return false;
        } else {
            pending_.append(piece);
            if (!line(pending_, on_event)) return false;
            pending_.clear();
        }
        bytes.remove_prefix(end + 1);
    }
    return true;
}

bool SseParser::line(std::string_view text, const std::function<void(const SseEvent&)>& on_event) {
    if (first_) {
        first_ = false;
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    }
    if (text.empty()) {
        // An event without a data line is not one (its id counts all the same).
        if (has_data_) {
            SseEvent event;
            event.type = type_.empty() ? "message" : std::move(type_);
            event.data = std::move(data_);
            event.id = last_id_;
            on_event(event);
        }
        type_.clear();
        data_.clear();
        has_data_ = false;
        return true;
    }
    const auto colon = text.find(':');
    if (colon == 0) return true;
    const auto name = text.substr(0, colon);
    auto value = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);

    if (name == "data") {
        if (data_.size() + value.size() >= line_bytes_max_) return false;
        if (has_data_) data_.push_back('\n');
        data_.append(value);
        has_data_ = true;
    } else if (name == "event") {
        type_ = value;
    } else if (name == "id") {
        if (value.find('\0') == value.npos) last_id_ = value;
    } else if (name == "retry") {
        long retry = 0;
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        const auto parsed = std::from_chars(value.data(), value.data() + value.size(), retry);
        if (!value.empty() && std::all_of(value.begin(), value.end(), is_digit) && parsed.ec == std::errc{}) {
            retry_ms_ = retry;
        }
    }
    return true;
}

}  // namespace ark::net
