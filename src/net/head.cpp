#include "net/head.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

#include <boost/beast/http/basic_parser.hpp>

namespace ark::net {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

namespace {

std::string_view view(BeastView text) {
    return {text.data(), text.size()};
}

void add_lower_case(Fields& fields, std::string_view name, std::string_view value) {
    std::array<char, 64> small;
    std::string large;
    char* lower = small.data();
    if (name.size() > small.size()) {
        large.resize(name.size());
        lower = large.data();
    }
    std::transform(name.begin(), name.end(), lower, [](char c) { return to_lower(c); });
    fields.add({lower, name.size()}, value);
}

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
    return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) { return to_lower(x) == y; });
}

/// Beast's parser, for the head only: it checks the grammar and hands us every part as a view.
class HeadParser final : public http::basic_parser<true> {
public:
    HeadParser(RequestHead& head, Framing& framing) : head_(head), framing_(framing) {}

    bool bad_target() const { return bad_target_; }

private:
    void on_request_impl(http::verb, BeastView method, BeastView target, int version, error_code&) override {
        head_.method.assign(method.data(), method.size());
        framing_.http10 = version == 10;
        bad_target_ = !set_target(head_, view(target));
    }
    void on_field_impl(http::field, BeastView name, BeastView value, error_code&) override {
        add_lower_case(head_.fields, view(name), view(value));
    }
    void on_response_impl(int, BeastView, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(BeastView, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}

    RequestHead& head_;
    Framing& framing_;
    bool bad_target_ = false;
};

int status_of(const error_code& error) {
    if (error == http::error::bad_version) return 505;
    if (error == http::error::header_limit) return 431;
    return 400;
}

/// Beyond the grammar: what would let two readers of these bytes disagree about where the body ends, or whom it is for.
int check_fields(const RequestHead& head, const Framing& framing) {
    const auto count = [&head](std::string_view name) {
        return std::count_if(head.fields.begin(), head.fields.end(), [name](const auto& f) { return f.first == name; });
    };
    const auto codings = count("transfer-encoding");
    if (codings > 1 || (codings > 0 && framing.http10)) return 400;
    if (codings > 0 && !equals_ignoring_case(head.fields.find("transfer-encoding"), "chunked")) return 501;
    const auto hosts = count("host");
    if (hosts > 1 || (hosts == 0 && !framing.http10)) return 400;
    return 0;
}

}  // namespace

bool is_known_method(std::string_view method) {
    static constexpr std::array<std::string_view, 7> known{"GET", "POST", "HEAD", "DELETE", "OPTIONS", "PUT", "PATCH"};
    return std::find(known.begin(), known.end(), method) != known.end();
}

std::string_view raw_path(const RequestHead& head) {
    std::string_view path = head.target;
    if (!path.starts_with('/') && path != "*") {
        const auto authority = path.find("://");
        const auto slash = authority == path.npos ? path.npos : path.find('/', authority + 3);
        path = slash == path.npos ? std::string_view("/") : path.substr(slash);
    }
    return path.substr(0, path.find_first_of("?#"));
}

bool set_target(RequestHead& head, std::string_view target) {
    head.target = target;
    const bool absolute = target.starts_with("http://") || target.starts_with("https://");
    if (!target.starts_with('/') && target != "*" && !absolute) return false;
    const auto raw = raw_path(head);
    head.path = percent_decode(raw).value_or(std::string(raw));
    if (head.path.find('\0') != head.path.npos) return false;
    head.raw_query.clear();
    const auto question = target.find('?');
    if (question != target.npos) {
        const auto query = target.substr(question + 1);
        head.raw_query = query.substr(0, query.find('#'));
    }
    return true;
}

int parse_head(std::string_view text, RequestHead& head, Framing& framing) {
    HeadParser parser(head, framing);
    parser.header_limit(static_cast<std::uint32_t>(text.size() + 1));  // the caller has the limit
    parser.body_limit(boost::none);                                    // the handler has that one
    error_code error;
    const auto used = parser.put(boost::asio::const_buffer(text.data(), text.size()), error);
    if (error) return status_of(error);
    if (!parser.is_header_done() || used != text.size()) return 400;
    if (!is_known_method(head.method)) return 501;
    if (parser.bad_target()) return 400;

    framing.chunked = parser.chunked();
    if (const auto length = parser.content_length()) framing.content_length = *length;
    framing.keep_alive = parser.keep_alive();
    framing.expects_continue = !framing.http10 && equals_ignoring_case(head.fields.find("expect"), "100-continue");
    return check_fields(head, framing);
}

}  // namespace ark::net
