#include "receive/otlp_grpc.hpp"

#include "net/grpc.hpp"

namespace ark::receive {
namespace {

constexpr unsigned grpc_retry_after_seconds = 1;
constexpr std::size_t frame_header_bytes = 5;

Result<Coding> coding_of(const net::RequestHead& head, bool compressed) {
    if (!compressed) return Coding::identity;
    const auto encoding = head.fields.find("grpc-encoding");
    if (encoding == "gzip") return Coding::gzip;
    if (encoding == "zstd") return Coding::zstd;
    return fail(Errc::unsupported, "grpc-encoding '" + std::string(encoding) + "': send gzip or identity");
}

awaitable<Result<Accepted>> accept(Intake& intake, net::Exchange& exchange, otlp::Signal signal) {
    if (!net::grpc::is_grpc(exchange.head())) co_return fail(Errc::unsupported, "content type: send application/grpc");
    auto tenant = intake.tenant(exchange.head());
    if (!tenant) co_return tenant.error();
    auto hold = intake.admission().reserve(exchange.head());
    if (!hold) co_return fail(Errc::overloaded, "too many request bytes in flight");
    const auto framed =
        co_await intake.admission().read_body(exchange, hold, intake.config().request_bytes_max + frame_header_bytes);
    if (!framed) co_return framed.error();
    const auto message = net::grpc::unframe(framed->view());
    if (!message) co_return message.error();
    const auto coding = coding_of(exchange.head(), message->compressed);
    if (!coding) co_return coding.error();
    Body body;
    body.signal = signal;
    body.coding = *coding;
    body.bytes = Buffer::copy_of(message->bytes);
    co_return co_await intake.take(std::move(*tenant), std::move(body), hold);
}

net::Response error_response(const Error& error) {
    const unsigned retry_after = is_retryable(error.code) ? grpc_retry_after_seconds : 0;
    const auto details = otlp::rpc_status(otlp::Format::protobuf, grpc_status(error.code), error.context, retry_after);
    return net::grpc::error(grpc_status(error.code), error.context, details);
}

}  // namespace

awaitable<void> serve_otlp_grpc(Intake& intake, otlp::Signal signal, net::Exchange& exchange) {
    const auto outcome = co_await accept(intake, exchange, signal);
    intake.count(signal, Wire::grpc, outcome);
    if (!outcome) {
        auto response = error_response(outcome.error());
        co_return co_await exchange.respond(std::move(response));
    }
    const auto message =
        otlp::export_response(otlp::Format::protobuf, signal, outcome->rejected, outcome->error_message);
    auto response = net::grpc::reply(message);
    intake.add_receipt(response.fields, *outcome);
    co_await exchange.respond(std::move(response));
}

}  // namespace ark::receive
