#include "codec/utf8.hpp"
#include "net/etag.hpp"
#include "query/answer.hpp"
#include "query/message.hpp"
#include "query/page_token.hpp"
#include "query/params.hpp"
#include "query/routes.hpp"

#include <cstdlib>

namespace ark::query {
namespace {

// Whatever stands behind '?', in a cursor, in a header or in a recorded message: an answer or a problem, never a crash.
void try_all(std::string_view text) {
    for (const auto& route : read_routes()) {
        const auto params = Params::read(text, route.parameters);
        if (!params) {
            if (!codec::valid_utf8(write_problem(params.error(), "/", "r"))) std::abort();
            continue;
        }
        const UnixNanos now{1'700'000'000'000'000'000};
        static_cast<void>(item_filter(*params, now));
        static_cast<void>(row_request(*params, "t", now));
        static_cast<void>((*params).cursor("at_least"));
        const auto print = fingerprint("/v1/x", "t", (*params).query());
        const auto position = open_page_token(print, (*params).text("cursor"));
        if (position) static_cast<void>(ItemPosition::parse(*position));
        const auto again = open_page_token(print, make_page_token(print, "p"));
        if (!again || *again != "p") std::abort();
    }
    static_cast<void>(open_page_token(0, text));
    static_cast<void>(ItemPosition::parse(text));
    static_cast<void>(accepts_gzip(text));
    static_cast<void>(net::names_tag(text, "W/\"1\""));
    static_cast<void>(messages_from_json(text, "user"));
}

}  // namespace
}  // namespace ark::query

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ark::query::try_all({reinterpret_cast<const char*>(data), size});
    return 0;
}
