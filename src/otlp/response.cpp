#include "otlp/response.hpp"

#include "base/buffer.hpp"
#include "codec/json_writer.hpp"
#include "otlp/wire.hpp"
#include "otlp/wire_writer.hpp"

namespace ark::otlp {

namespace {

using wire::tag;
using wire::Writer;

constexpr std::string_view retry_info = "type.googleapis.com/google.rpc.RetryInfo";
constexpr std::size_t message_small = 100;

std::string_view rejected_name(Signal signal) {
    switch (signal) {
        case Signal::traces:
            return "rejectedSpans";
        case Signal::logs:
            return "rejectedLogRecords";
        case Signal::metrics:
            break;
    }
    return "rejectedDataPoints";
}

std::string json_response(Signal signal, std::uint64_t rejected, std::string_view error_message) {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object().key("partialSuccess").begin_object();
    // 64-bit integers are text in proto3 JSON.
    if (rejected > 0) json.key(rejected_name(signal)).plain(std::to_string(rejected));
    if (!error_message.empty()) json.field("errorMessage", error_message);
    json.end_object().end_object();
    return out;
}

std::string protobuf_response(std::uint64_t rejected, std::string_view error_message) {
    Buffer buffer;
    Writer out(buffer);
    const auto partial_success = out.begin(tag(1, wire::bytes), error_message.size() + 4);
    if (rejected > 0) out.varint_field(tag(1, wire::varint), rejected);
    if (!error_message.empty()) out.bytes_field(tag(2, wire::bytes), error_message);
    out.end(partial_success);
    return std::string(buffer.view());
}

std::string json_status(int code, std::string_view message, unsigned retry_after_seconds) {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object().field("code", code).field("message", message);
    if (retry_after_seconds > 0) {
        json.key("details").begin_array().begin_object().key("@type").plain(retry_info);
        json.key("retryDelay").plain(std::to_string(retry_after_seconds) + "s").end_object().end_array();
    }
    json.end_object();
    return out;
}

std::string protobuf_status(int code, std::string_view message, unsigned retry_after_seconds) {
    Buffer buffer;
    Writer out(buffer);
    // A negative code would be sign-extended to 64 bits; gRPC has none, but the cast keeps it right.
    if (code != 0) out.varint_field(tag(1, wire::varint), static_cast<std::uint64_t>(std::int64_t{code}));
    if (!message.empty()) out.bytes_field(tag(2, wire::bytes), message);
    if (retry_after_seconds > 0) {
        const auto any = out.begin(tag(3, wire::bytes), message_small);
        out.bytes_field(tag(1, wire::bytes), retry_info);
        const auto value = out.begin(tag(2, wire::bytes), message_small);
        const auto retry_delay = out.begin(tag(1, wire::bytes), message_small);
        out.varint_field(tag(1, wire::varint), retry_after_seconds);
        out.end(retry_delay);
        out.end(value);
        out.end(any);
    }
    return std::string(buffer.view());
}

}  // namespace

std::string export_response(Format format, Signal signal, std::uint64_t rejected, std::string_view error_message) {
    if (rejected == 0 && error_message.empty()) return format == Format::json ? "{}" : "";
    return format == Format::json ? json_response(signal, rejected, error_message)
                                  : protobuf_response(rejected, error_message);
}

std::string rpc_status(Format format, int code, std::string_view message, unsigned retry_after_seconds) {
    return format == Format::json ? json_status(code, message, retry_after_seconds)
                                  : protobuf_status(code, message, retry_after_seconds);
}

}  // namespace ark::otlp
