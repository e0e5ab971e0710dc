#include "base/cursor.hpp"

#include "base/hex.hpp"

namespace ark {

void Cursor::append_to(std::string& out) const {
    append_hex_number(out, epoch.value(), 8);
    out.push_back('-');
    append_hex_number(out, offset.value(), 16);
}

std::string Cursor::text() const {
    std::string out;
    out.reserve(text_size);
    append_to(out);
    return out;
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
    if (text.size() != text_size || text[8] != '-') return std::nullopt;
    const auto epoch = parse_hex_number(text.substr(0, 8));
    const auto offset = parse_hex_number(text.substr(9));
    if (!epoch || !offset) return std::nullopt;
    return Cursor{Epoch{static_cast<std::uint32_t>(*epoch)}, Offset{*offset}};
}

}  // namespace ark
