#include "codec/json_value.hpp"
#include "stream/frames.hpp"
#include "stream/request.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// Goal: no query string, Last-Event-ID or row breaks the parser, and whatever we answer is JSON on one line.
// Input: a query string, a line break, a Last-Event-ID; the whole is a row's JSON as well.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto line_end = input.find('\n');
    const auto query = input.substr(0, line_end);
    const auto last_event_id = line_end == input.npos ? std::string_view{} : input.substr(line_end + 1);

    const ark::UnixNanos now{1'700'000'000'000'000'000};
    const auto parsed = ark::stream::parse_request(query, last_event_id, std::chrono::seconds(15), now);
    if (const auto* refusal = std::get_if<ark::stream::Refusal>(&parsed)) {
        const auto text = refusal->to_json("/v1/stream", 400, "r");
        if (!ark::codec::JsonValue::parse(text)) std::abort();
    } else {
        const auto& request = std::get<ark::stream::StreamRequest>(parsed);
        if (request.topics.bits() == 0 || request.heartbeat.count() <= 0) std::abort();
        if (last_event_id.empty() == request.start.resumed) std::abort();
        ark::stream::Selection selection;
        selection.topics = request.topics;
        selection.filter = request.filter;
        if (selection.key().empty()) std::abort();
    }

    if (ark::codec::JsonValue::parse(input) && input.find_first_of("\r\n") == input.npos) {
        std::string frame;
        const ark::stream::Correlation::Row row{std::string(input), ark::Offset{1}};
        ark::stream::append_row(frame, ark::stream::Topic::session, "id", ark::Epoch{1}, row);
        const auto begin = frame.find("data: ") + 6;
        const bool is_compact = input.find_first_of(" \t") == input.npos;
        if (is_compact &&
            !ark::codec::JsonValue::parse(std::string_view(frame).substr(begin, frame.size() - begin - 2)))
            std::abort();
    }
    return 0;
}
