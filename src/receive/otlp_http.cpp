#include "receive/otlp_http.hpp"

#include "base/text.hpp"

namespace ark::receive {
namespace {

constexpr unsigned retry_after_seconds = 1;

/// The media type without parameters, lower-case.
std::string media_type(std::string_view content_type) {
    content_type = content_type.substr(0, content_type.find(';'));
    while (content_type.ends_with(' ') || content_type.ends_with('\t'))
        content_type.remove_suffix(1);
    return lower_case(content_type);
}

Result<otlp::Format> format_of(const net::RequestHead& head) {
    const auto type = media_type(head.fields.find("content-type"));
    if (type == "application/x-protobuf" || type == "application/protobuf") return otlp::Format::protobuf;
    if (type == "application/json") return otlp::Format::json;
    return fail(Errc::unsupported, "content type '" + type + "': send application/x-protobuf or application/json");
}

Result<Coding> coding_of(const net::RequestHead& head) {
    const auto coding = lower_case(head.fields.find("content-encoding"));
    if (coding.empty() || coding == "identity") return Coding::identity;
    if (coding == "gzip") return Coding::gzip;
    if (coding == "zstd") return Coding::zstd;
    if (coding == "deflate") return Coding::deflate;
    if (coding == "br") return Coding::brotli;
    return fail(Errc::unsupported, "content encoding '" + coding + "': send gzip, zstd, deflate, br or identity");
}

std::string_view content_type(otlp::Format format) {
    return format == otlp::Format::json ? "application/json" : "application/x-protobuf";
}

net::Response error_response(otlp::Format format, const Error& error) {
    net::Response response;
    response.status = http_status(error.code);
    response.fields.add("content-type", content_type(format));
    const unsigned retry_after = is_retryable(error.code) ? retry_after_seconds : 0;
    if (retry_after > 0) response.fields.add("retry-after", std::to_string(retry_after));
    response.body = otlp::rpc_status(format, grpc_status(error.code), error.context, retry_after);
    return response;
}

/// Everything that may be refused before the body is read; then the body, then what is in it.
awaitable<Result<Accepted>> accept(Intake& intake, net::Exchange& exchange, otlp::Signal signal, otlp::Format format) {
    auto tenant = intake.tenant(exchange.head());
    if (!tenant) co_return tenant.error();
    auto hold = intake.admission().reserve(exchange.head());
    if (!hold) co_return fail(Errc::overloaded, "too many request bytes in flight");
    const auto coding = coding_of(exchange.head());
    if (!coding) co_return coding.error();
    auto bytes = co_await intake.admission().read_body(exchange, hold, intake.config().request_bytes_max);
    if (!bytes) co_return bytes.error();
    Body body{signal, format, *coding, std::move(*bytes)};
    co_return co_await intake.take(std::move(*tenant), std::move(body), hold);
}

}  // namespace

awaitable<void> serve_otlp_http(Intake& intake, otlp::Signal signal, net::Exchange& exchange) {
    const auto format = format_of(exchange.head());
    if (!format) {
        // The sender's encoding is unknown, so the answer is the readable one.
        intake.count(signal, Wire::protobuf, format.error());
        auto response = error_response(otlp::Format::json, format.error());
        co_return co_await exchange.respond(std::move(response));
    }
    const auto outcome = co_await accept(intake, exchange, signal, *format);
    intake.count(signal, *format == otlp::Format::json ? Wire::json : Wire::protobuf, outcome);
    if (!outcome) {
        auto response = error_response(*format, outcome.error());
        co_return co_await exchange.respond(std::move(response));
    }
    net::Response response;
    response.fields.add("content-type", content_type(*format));
    intake.add_receipt(response.fields, *outcome);
    response.body = otlp::export_response(*format, signal, outcome->rejected, outcome->error_message);
    co_await exchange.respond(std::move(response));
}

}  // namespace ark::receive
