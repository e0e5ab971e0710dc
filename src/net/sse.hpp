#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace ark::net {

/// One frame of an event stream (WHATWG HTML, server-sent events). `data` must hold no CR or LF: ours is one line of
/// JSON.
void append_sse(std::string& out, std::string_view event, std::string_view id, std::string_view data);

struct SseEvent {
    std::string type;  ///< "message" when none was named
    std::string data;
    std::string id;  ///< the last id seen so far
};

/// Reads an event stream in pieces of any size, by the standard's rules. A line beyond `line_bytes_max`, or an
/// event whose data lines are longer than that together, ends the parse with an error.
class SseParser {
public:
    explicit SseParser(std::size_t line_bytes_max = 16u << 20) : line_bytes_max_(line_bytes_max) {}
    /// False when a line or an event is too long; the stream cannot be read further.
    bool feed(std::string_view bytes, const std::function<void(const SseEvent&)>& on_event);
    const std::string& last_id() const { return last_id_; }
    long retry_ms() const { return retry_ms_; }  ///< -1: none was sent

private:
    bool line(std::string_view text, const std::function<void(const SseEvent&)>& on_event);

    std::size_t line_bytes_max_;
    std::string pending_;
    std::string type_;
    std::string data_;
    std::string last_id_;
    long retry_ms_ = -1;
    bool has_data_ = false;
    bool after_cr_ = false;
    bool first_ = true;
};

}  // namespace ark::net
