// An event stream of any content gives the same events however it is cut; limits hold.
#include "base/check.hpp"
#include "net/sse.hpp"

namespace {

constexpr std::size_t limit = 256;

std::string parse(std::string_view wire, std::size_t piece_size, bool& good) {
    ark::net::SseParser parser(limit);
    std::string seen;
    const auto note = [&seen](const ark::net::SseEvent& event) {
        ARK_CHECK(event.data.size() <= limit, "an event of {} bytes", event.data.size());
        seen += event.type + "|" + event.id + "|" + event.data + "\n";
    };
    good = true;
    while (good && !wire.empty()) {
        good = parser.feed(wire.substr(0, piece_size), note);
        wire.remove_prefix(std::min(piece_size, wire.size()));
    }
    return seen + parser.last_id() + std::to_string(parser.retry_ms());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    bool good_at_once = false;
    bool good_by_byte = false;
    const auto at_once = parse(input, size, good_at_once);
    const auto by_byte = parse(input, 1, good_by_byte);
    ARK_CHECK(at_once == by_byte && good_at_once == good_by_byte, "the cut changes the events");
    return 0;
}
