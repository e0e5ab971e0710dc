#include "reference/json_body.hpp"

#include "base/text.hpp"
#include "codec/compression.hpp"

#include <cmath>

namespace ark::reference {
namespace {

constexpr std::string_view margins = " \t\"";  // a parameter may be quoted

bool is_json(std::string_view content_type) {
    return trimmed(content_type.substr(0, content_type.find(';')), margins) == "application/json";
}

/// The parameter's value; empty when there is none.
std::string_view charset_of(std::string_view content_type) {
    constexpr std::string_view name = "charset=";
    const auto at = content_type.find(name);
    if (at == content_type.npos) return {};
    const auto value = content_type.substr(at + name.size());
    return trimmed(value.substr(0, value.find(';')), margins);
}

Refusal request_error(int status, std::string message) {
    return {status, "REQUEST_ERROR", std::move(message)};
}

Outcome<Buffer> inflate(Buffer body, std::string_view coding) {
    codec::InflateLimits limits;
    limits.bytes_max = json_body_bytes_max;
    Result<Buffer> plain = fail(Errc::unsupported, "");
    if (coding.empty() || coding == "identity") return body;
    if (coding == "gzip") {
        plain = codec::gunzip(body.view(), limits);
    } else if (coding == "deflate") {
        plain = codec::unzlib(body.view(), limits);
    } else if (coding == "br") {
        plain = codec::unbrotli(body.view(), limits);
    } else {
        return request_error(415, "unsupported content encoding \"" + repaired_utf8(coding) + "\"");
    }
    if (plain) return std::move(*plain);
    if (plain.error().code == Errc::too_large) return request_error(413, "request entity too large");
    return request_error(400, plain.error().context);
}

Outcome<JsonBody> packed(std::string_view text) {
    JsonBody body;
    if (text.empty()) {
        body.text = "{}";
        return body;
    }
    body.text.reserve(text.size());
    const auto type = append_packed(body.text, text);
    if (!type) return request_error(400, type.error().context);
    if (*type != JsonType::object && *type != JsonType::array)
        return request_error(400, "the top level of the JSON body must be an object or an array");
    return body;
}

std::string_view name_of(const JsonView& value) {
    if (!value) return "undefined";
    switch (value.type()) {
        case JsonType::object:
            return "object";
        case JsonType::array:
            return "array";
        case JsonType::string:
            return "string";
        case JsonType::number:
            return "number";
        case JsonType::boolean:
            return "boolean";
        case JsonType::null:
            break;
    }
    return "null";
}

}  // namespace

Refusal wrong_type(std::string_view path, std::string_view expected, const JsonView& received) {
    std::string message(path);
    message.append(": Invalid input: expected ").append(expected).append(", received ").append(name_of(received));
    return validation(std::move(message));
}

Outcome<JsonView> JsonBody::object() const {
    const JsonView view(text);
    if (!view || !view.is(JsonType::object)) return wrong_type("body", "object", view);
    return view;
}

awaitable<Outcome<JsonBody>> read_json(Call& call) {
    const auto& fields = call.head().fields;
    const auto content_type = lower_case(fields.find("content-type"));
    JsonBody none;
    if (!is_json(content_type)) co_return none;
    const auto charset = charset_of(content_type);
    if (!charset.empty() && charset != "utf-8")
        co_return request_error(415, "unsupported charset \"" + repaired_utf8(charset) + "\"");
    auto hold = call.reserve();
    if (!hold) co_return hold.error();
    auto sent = co_await call.admission().read_body(call.exchange, *hold, json_body_bytes_max);
    if (!sent) {
        if (sent.error().code == Errc::too_large) co_return request_error(413, "request entity too large");
        co_return refusal_of(sent.error());
    }
    const auto coding = lower_case(fields.find("content-encoding"));
    const auto plain = inflate(std::move(*sent), coding);
    if (!plain) co_return plain.error();
    if (!hold->raise_to(plain->size()))
        co_return refusal_of(fail(Errc::overloaded, "too many request bytes in flight"));
    co_return packed(plain->view());
}

Outcome<std::string> text_member(const JsonView& value, std::string_view path) {
    if (!value || !value.is(JsonType::string)) return wrong_type(path, "string", value);
    return value.string();
}

Outcome<std::optional<std::uint64_t>> ttl_member(const JsonView& value) {
    if (!value) return std::optional<std::uint64_t>();
    constexpr double largest = 9007199254740991;
    const double seconds = to_number(value);
    if (std::isnan(seconds)) return validation("ttl_seconds: Invalid input: expected number, received NaN");
    if (std::isinf(seconds)) return validation("ttl_seconds: Invalid input: expected number, received number");
    if (std::floor(seconds) != seconds) return validation("ttl_seconds: Invalid input: expected int, received number");
    if (seconds <= 0) return validation("ttl_seconds: Too small: expected number to be >0");
    if (seconds > largest) return validation("ttl_seconds: Too big: expected int to be <=9007199254740991");
    return std::optional(static_cast<std::uint64_t>(seconds));
}

}  // namespace ark::reference
