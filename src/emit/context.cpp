#include "emit/context.hpp"

#include "base/hex.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <optional>

#include <xxhash.h>

namespace ark::emit {
namespace {

constexpr std::size_t baggage_bytes_max = 8192;  // W3C baggage §3.3: what every hop must propagate
constexpr std::size_t baggage_members_max = 64;
constexpr std::size_t trace_state_bytes_max = 512;

/// Allowed unescaped in a baggage value (W3C baggage §3.2.1.3), '%' apart.
bool is_plain(unsigned char c) {
    return c == 0x21 || (c >= 0x23 && c <= 0x2b && c != '%') || (c >= 0x2d && c <= 0x3a) || (c >= 0x3c && c <= 0x5b) ||
           (c >= 0x5d && c <= 0x7e);
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    std::string member;
    if (!out.empty()) member += ',';
    member += key;
    member += '=';
    for (const char raw : value) {
        const auto c = static_cast<unsigned char>(raw);
        if (is_plain(c)) {
            member += raw;
            continue;
        }
        static constexpr char digits[] = "0123456789ABCDEF";
        member += '%';
        member += digits[c >> 4];
        member += digits[c & 15];
    }
    // Whole members or none.
    if (out.size() + member.size() <= baggage_bytes_max) out += member;
}

/// What a percent-encoded value says; a stray '%' stands for itself.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool is_lower_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// W3C trace context §3.2 with its rules for versions to come.
std::optional<SpanContext> parse_traceparent(std::string_view text) {
    text = trimmed(text, http_blanks);
    if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
    const auto version = text.substr(0, 2);
    if (!is_lower_hex(version) || version == "ff") return std::nullopt;
    if (version == "00" ? text.size() != 55 : text.size() > 55 && text[55] != '-') return std::nullopt;
    if (!is_lower_hex(text.substr(3, 32)) || !is_lower_hex(text.substr(36, 16)) || !is_lower_hex(text.substr(53, 2)))
        return std::nullopt;
    SpanContext context;
    context.trace_id = *TraceId::from_hex(text.substr(3, 32));
    context.span_id = *SpanId::from_hex(text.substr(36, 16));
    context.flags = static_cast<std::uint8_t>(*parse_hex_number(text.substr(53, 2)) & 0x03);
    if (!context.trace_id.valid() || !context.span_id.valid()) return std::nullopt;
    return context;
}

std::vector<std::pair<std::string, std::string>> parse_baggage(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> members;
    while (!text.empty() && members.size() < baggage_members_max) {
        const auto comma = text.find(',');
        auto member = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
        member = member.substr(0, member.find(';'));  // properties say nothing to us
        const auto equals = member.find('=');
        if (equals == std::string_view::npos) continue;
        const auto key = trimmed(member.substr(0, equals), http_blanks);
        if (key.empty()) continue;
        std::erase_if(members, [&](const auto& earlier) { return earlier.first == key; });
        members.emplace_back(std::string(key), decoded(trimmed(member.substr(equals + 1), http_blanks)));
    }
    return members;
}

}  // namespace

Carrier carrier_of(const Context& context) {
    Carrier carrier;
    if (context.span.trace_id.valid() && context.span.span_id.valid()) {
        std::string parent = "00-" + context.span.trace_id.hex() + "-" + context.span.span_id.hex() + "-";
        append_hex_number(parent, context.span.flags & 0x03u, 2);
        carrier.emplace_back("traceparent", std::move(parent));
        if (!context.span.trace_state.empty()) carrier.emplace_back("tracestate", context.span.trace_state);
    }
    if (!context.subject) return carrier;
    std::string baggage;
    append_member(baggage, "ark.session.id", context.subject->session_id);
    append_member(baggage, "ark.query.id", context.subject->query_id);
    append_member(baggage, "ark.query.name", context.subject->query_name);
    if (!baggage.empty()) carrier.emplace_back("baggage", std::move(baggage));
    return carrier;
}

Extracted extract(const std::function<std::string_view(std::string_view)>& find) {
    Extracted extracted;
    if (auto span = parse_traceparent(find("traceparent"))) {
        extracted.span = std::move(*span);
        const auto state = trimmed(find("tracestate"), http_blanks);
        if (state.size() <= trace_state_bytes_max) extracted.span.trace_state = state;
    }
    const auto baggage = find("baggage");
    if (baggage.size() <= baggage_bytes_max) extracted.baggage = parse_baggage(baggage);
    return extracted;
}

SpanId span_id_of(const TraceId& trace, std::string_view path) {
    std::string text(trace.view());
    text += path;
    auto hash = XXH3_64bits(text.data(), text.size());
    if (hash == 0) hash = 1;  // the all-zero id means none
    SpanId id;
    for (auto& byte : id.bytes) {
        byte = static_cast<std::uint8_t>(hash);
        hash >>= 8;
    }
    return id;
}

TraceId trace_id_of(std::string_view run) {
    const auto hash = XXH3_128bits(run.data(), run.size());
    TraceId id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(hash.high64 >> (8 * i));
        id.bytes[8 + i] = static_cast<std::uint8_t>(hash.low64 >> (8 * i));
    }
    if (!id.valid()) id.bytes[15] = 1;
    return id;
}

}  // namespace ark::emit
