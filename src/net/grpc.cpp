#include "net/grpc.hpp"

#include <cstdint>

namespace ark::net::grpc {

namespace {

constexpr std::size_t prefix_size = 5;  // a flag and a big-endian length

/// grpc-message: every byte outside printable ASCII, and '%', as %XX.
std::string encode_message(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (c >= ' ' && c <= '~' && c != '%') {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<std::uint8_t>(c);
        out.push_back('%');
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

/// Base64 without padding, as gRPC's binary fields want it.
std::string encode_base64(std::string_view bytes) {
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<std::uint8_t>(c);
        count += 8;
        while (count >= 6) {
            count -= 6;
            out.push_back(alphabet[bits >> count & 63]);
        }
    }
    if (count > 0) out.push_back(alphabet[bits << (6 - count) & 63]);
    return out;
}

}  // namespace

Result<Message> unframe(std::string_view body) {
    if (body.size() < prefix_size) return fail(Errc::protocol, "gRPC message without its prefix");
    const auto byte = [body](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(body[i])); };
    if (byte(0) > 1) return fail(Errc::protocol, "gRPC message with an unknown flag");
    const std::uint32_t length = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
    if (body.size() - prefix_size != length) return fail(Errc::protocol, "gRPC body is not exactly one message");
    Message message;
    message.compressed = byte(0) == 1;
    message.bytes = body.substr(prefix_size);
    return message;
}

std::string frame(std::string_view message) {
    std::string out;
    out.reserve(prefix_size + message.size());
    out.push_back('\0');
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(message.size() >> shift & 255));
    out.append(message);
    return out;
}

Response reply(std::string_view message) {
    Response response;
    response.fields.add("content-type", "application/grpc");
    response.body = frame(message);
    response.trailers.add("grpc-status", "0");
    return response;
}

Response error(int grpc_status, std::string_view message, std::string_view details) {
    Response response;
    response.fields.add("content-type", "application/grpc");
    response.fields.add("grpc-status", std::to_string(grpc_status));
    if (!message.empty()) response.fields.add("grpc-message", encode_message(message));
    if (!details.empty()) response.fields.add("grpc-status-details-bin", encode_base64(details));
    return response;
}

bool is_grpc(const RequestHead& head) {
    constexpr std::string_view type = "application/grpc";
    auto value = head.fields.find("content-type");
    if (!value.starts_with(type)) return false;
    value.remove_prefix(type.size());
    return value.empty() || value.starts_with(';') || value == "+proto" || value.starts_with("+proto;");
}

}  // namespace ark::net::grpc
