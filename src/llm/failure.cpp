#include "base/time.hpp"
#include "codec/utf8.hpp"
#include "llm/provider.hpp"

#include <algorithm>
#include <charconv>

namespace ark::llm {

namespace {

constexpr std::size_t quote_bytes_max = 500;

/// What of a provider's words goes into our error: short, one line, valid text.
std::string quote(std::string_view text) {
    auto out = codec::repaired_utf8(text.substr(0, quote_bytes_max));
    for (auto& c : out) {
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    }
    return out;
}

ErrorType type_of(int status, std::string_view code) {
    if (code == "content_filter" || code == "content_policy_violation") return ErrorType::content_filter;
    if (status == 429 || code == "rate_limit_exceeded" || code == "rate_limit_error") return ErrorType::rate_limit;
    if (status == 401 || status == 403) return ErrorType::auth;
    if (status == 408 || status == 504) return ErrorType::timeout;
    if (status >= 400 && status < 500 && status != 409) return ErrorType::bad_request;
    return ErrorType::api_error;
}

Errc errc_of(ErrorType type) {
    switch (type) {
        case ErrorType::rate_limit:
            return Errc::overloaded;
        case ErrorType::timeout:
            return Errc::deadline;
        case ErrorType::auth:
            return Errc::unauthorized;
        case ErrorType::bad_request:
        case ErrorType::content_filter:
            return Errc::bad_argument;
        case ErrorType::canceled:
            return Errc::stopped;
        case ErrorType::api_error:
            break;
    }
    return Errc::unavailable;
}

bool retryable_status(int status) {
    return status == 408 || status == 409 || status == 429 || status >= 500;
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

/// "Fri, 20 Nov 2026 14:00:00 GMT", the one form of dates that HTTP senders must use (RFC 9110 §5.6.7).
std::optional<UnixNanos> http_date(std::string_view text) {
    static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
    const auto month = months.find(text.substr(8, 3));
    if (month == months.npos || month % 3 != 0) return std::nullopt;
    const auto two = std::to_string(month / 3 + 101).substr(1);
    return parse_rfc3339(std::string(text.substr(12, 4)) + "-" + two + "-" + std::string(text.substr(5, 2)) + "T" +
                         std::string(text.substr(17, 8)) + "Z");
}

std::optional<std::chrono::milliseconds> retry_after(const net::Fields& fields, const Clock& clock) {
    const auto as_ms = [](double ms) {
        return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(ms, 1e12)));
    };
    if (const auto ms = number(fields.find("retry-after-ms"))) return as_ms(*ms);
    const auto text = fields.find("retry-after");
    if (const auto seconds = number(text)) return as_ms(*seconds * 1000);
    if (const auto date = http_date(text)) {
        const auto now = clock.now();
        const auto wait = *date > now ? date->value() - now.value() : 0;
        return std::chrono::milliseconds(wait / 1'000'000);
    }
    return std::nullopt;
}

}  // namespace

std::string_view name(ErrorType type) {
    switch (type) {
        case ErrorType::rate_limit:
            return "rate_limit";
        case ErrorType::timeout:
            return "timeout";
        case ErrorType::api_error:
            return "api_error";
        case ErrorType::auth:
            return "auth";
        case ErrorType::bad_request:
            return "bad_request";
        case ErrorType::content_filter:
            return "content_filter";
        case ErrorType::canceled:
            return "canceled";
    }
    return "api_error";
}

Failure failure_of(const Error& transport) {
    Failure failure;
    failure.error = transport;
    failure.retryable = is_retryable(transport.code) && transport.code != Errc::stopped;
    if (transport.code == Errc::stopped) failure.type = ErrorType::canceled;
    if (transport.code == Errc::deadline) failure.type = ErrorType::timeout;
    if (transport.code == Errc::bad_argument) failure.type = ErrorType::bad_request;
    return failure;
}

Failure failure_of(const codec::JsonValue& error, int status) {
    Failure failure;
    const auto& code = error["code"];
    failure.code = code.is_string() ? quote(code.text()) : quote(error["type"].text());
    // Within a stream the number may stand in `code` only.
    if (status == 200 && !code.is_string() && code.integer() >= 400) status = static_cast<int>(code.integer());
    failure.http_status = status;
    failure.type = type_of(status, failure.code);
    // A used-up quota looks like a rate limit, but waiting does not help.
    failure.retryable = (retryable_status(status) || (status == 200 && failure.type != ErrorType::content_filter)) &&
                        failure.code != "insufficient_quota";
    const auto& message = error.is_string() ? error : error["message"];
    const auto words = quote(message.text("no message"));
    failure.error = fail(errc_of(failure.type), failure.code.empty() ? words : failure.code + ": " + words);
    return failure;
}

Failure failure_of(int status, const net::Fields& fields, std::string_view body, const Clock& clock) {
    Failure failure;
    const auto json = codec::JsonValue::parse(body);
    if (json && !(*json)["error"].is_null()) {
        failure = failure_of((*json)["error"], status);
    } else {  // a proxy's page, or Azure's {statusCode, message}
        failure.http_status = status;
        failure.type = type_of(status, {});
        failure.retryable = retryable_status(status);
        const auto words = json ? quote((*json)["message"].text()) : std::string();
        failure.error = fail(errc_of(failure.type), words);
    }
    failure.error = prefix(std::move(failure.error), "HTTP " + std::to_string(status));
    failure.retry_after = retry_after(fields, clock);
    const auto should_retry = fields.find("x-should-retry");
    if (should_retry == "true") failure.retryable = true;
    if (should_retry == "false") failure.retryable = false;
    return failure;
}

Failure malformed(std::string what) {
    Failure failure;
    failure.error = fail(Errc::protocol, "the model's answer: " + std::move(what));
    return failure;
}

Failure cut_off() {
    Failure failure;
    failure.error = fail(Errc::closed, "the model's answer ended early");
    failure.retryable = true;
    return failure;
}

}  // namespace ark::llm
