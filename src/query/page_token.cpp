#include "query/page_token.hpp"

#include "base/hex.hpp"
#include "codec/base64.hpp"

#include <algorithm>
#include <array>

namespace ark::query {
namespace {

constexpr char version = '1';
constexpr std::size_t head_bytes = 1 + 16;  // version, fingerprint in hex
constexpr std::size_t token_bytes_max = 4096;

bool selects(std::string_view name) {
    constexpr std::array<std::string_view, 5> others{"limit", "view", "cursor", "count", "at_least"};
    return std::find(others.begin(), others.end(), name) == others.end();
}

}  // namespace

std::uint64_t fnv1a(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = seed;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

std::uint64_t fingerprint(std::string_view path, std::string_view tenant, const net::Query& query) {
    std::uint64_t sum = 0;  // a sum, so that the order of parameters does not matter
    for (const auto& [name, value] : query.items()) {
        if (!selects(name) || value.empty()) continue;
        sum += fnv1a(value, fnv1a("=", fnv1a(name)));
    }
    std::string head(path);
    head.push_back('\0');
    head.append(tenant).push_back('\0');
    append_hex_number(head, sum, 16);
    return fnv1a(head);
}

std::string make_page_token(std::uint64_t fingerprint, std::string_view position) {
    std::string raw(1, version);
    append_hex_number(raw, fingerprint, 16);
    raw.append(position);
    return codec::to_base64url(raw);
}

Outcome<std::string> open_page_token(std::uint64_t fingerprint, std::string_view token) {
    const auto raw = token.size() <= token_bytes_max ? codec::from_base64(token) : std::nullopt;
    const auto made_for = raw && raw->size() > head_bytes && raw->front() == version
                              ? parse_hex_number(std::string_view(*raw).substr(1, 16))
                              : std::nullopt;
    if (!made_for) return Problem(ProblemKind::cursor_invalid, "the cursor was not issued by this server");
    if (*made_for != fingerprint) {
        Problem problem(ProblemKind::cursor_mismatch,
                        "the cursor was issued for another path, filter, order or tenant");
        problem.hint = "repeat the request without cursor, or with the parameters of the first page";
        return problem;
    }
    return raw->substr(head_bytes);
}

std::string ItemPosition::text() const {
    std::string out = Cursor{epoch, offset}.text();
    out.push_back('.');
    out.push_back(static_cast<char>('0' + part));
    out.push_back('.');
    append_hex_number(out, upper.value(), 16);
    return out;
}

std::optional<ItemPosition> ItemPosition::parse(std::string_view text) {
    constexpr std::size_t size = Cursor::text_size + 1 + 1 + 1 + 16;
    if (text.size() != size || text[Cursor::text_size] != '.' || text[Cursor::text_size + 2] != '.')
        return std::nullopt;
    const auto cursor = Cursor::parse(text.substr(0, Cursor::text_size));
    const char part = text[Cursor::text_size + 1];
    const auto upper = parse_hex_number(text.substr(Cursor::text_size + 3));
    if (!cursor || part < '0' || part > '3' || !upper) return std::nullopt;
    ItemPosition position;
    position.epoch = cursor->epoch;
    position.offset = cursor->offset;
    position.part = static_cast<std::uint8_t>(part - '0');
    position.upper = Offset{*upper};
    return position;
}

}  // namespace ark::query
