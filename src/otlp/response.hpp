#pragma once
#include <cstdint>
#include <string>
#include <string_view>

/// Bodies that an OTLP receiver answers with (facts: OTLP specification, "OTLP/HTTP response" and google.rpc.Status).
namespace ark::otlp {

enum class Format { protobuf, json };
enum class Signal { traces, logs, metrics };

/// Export…ServiceResponse; partial_success is set only when `rejected` > 0 or the message is not empty.
std::string export_response(Format format, Signal signal, std::uint64_t rejected, std::string_view error_message);
/// google.rpc.Status for an error body. `retry_after_seconds` > 0 adds a RetryInfo detail.
std::string rpc_status(Format format, int code, std::string_view message, unsigned retry_after_seconds = 0);

}  // namespace ark::otlp
