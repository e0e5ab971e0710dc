// Heads, targets, queries and chunked bodies of any content, by the functions that parse them.
#include "base/check.hpp"
#include "net/chunked.hpp"
#include "net/head.hpp"

namespace {

std::string unchunk(std::string_view wire, std::size_t piece_size, ark::net::ChunkDecoder::Step& step) {
    ark::net::ChunkDecoder decoder;
    std::string body;
    step = ark::net::ChunkDecoder::Step::more;
    while (!wire.empty() && step == ark::net::ChunkDecoder::Step::more) {
        auto input = wire.substr(0, piece_size);
        wire.remove_prefix(input.size());
        std::string_view data;
        do {
            step = decoder.next(input, data);
            if (step == ark::net::ChunkDecoder::Step::data) body += data;
        } while (step == ark::net::ChunkDecoder::Step::data);
    }
    return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    ark::net::RequestHead head;
    ark::net::Framing framing;
    if (ark::net::parse_head(input, head, framing) == 0) {
        ARK_CHECK(!(framing.chunked && framing.content_length), "two borders of one body");
        ARK_CHECK(head.target == "*" || !head.path.empty(), "a target without a path");
        for (const auto& [name, value] : head.fields) {
            ARK_CHECK(value.find_first_of("\r\n") == value.npos, "a field with a line break: {}", name);
        }
        static_cast<void>(ark::net::Query::parse(head.raw_query));
    }
    if (const auto query = ark::net::Query::parse(input))
        ARK_CHECK(query->items().size() <= size, "more items than bytes");
    if (const auto decoded = ark::net::percent_decode(input)) {
        ARK_CHECK(ark::net::percent_decode(ark::net::percent_encode(*decoded)) == decoded,
                  "percent coding loses bytes");
    }
    ark::net::ChunkDecoder::Step whole{};
    ark::net::ChunkDecoder::Step cut{};
    const auto at_once = unchunk(input, size, whole);
    const auto by_byte = unchunk(input, 1, cut);
    ARK_CHECK(at_once == by_byte && whole == cut, "the cut changes the body");
    return 0;
}
