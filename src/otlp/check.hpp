#pragma once
#include "base/buffer.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The gate in front of the journal: what passes here can be walked by every reader without a check.
namespace ark::otlp {

struct CheckLimits {
    std::uint32_t nesting_max = 64;       ///< depth of array/map values; deeper is bad_payload
    std::uint32_t items_max = 1'000'000;  ///< spans or records of one request; more is too_large
    std::uint32_t attributes_max = 4096;  ///< attributes of one item; the item is rejected
};

/// What a request holds. Rejected items (bad ids, too many attributes) make a partial success.
struct Checked {
    std::uint32_t accepted = 0;
    std::uint32_t rejected = 0;
    UnixNanos time_min;  ///< earliest start or record time of the accepted; 0 = none
    UnixNanos time_max;
    std::string error_message;  ///< why items were rejected; for partial_success.error_message
    /// Set only when items were rejected: the same request without them, everything else byte for byte.
    Buffer cleaned;
};

/// Walks everything: wire types, lengths, UTF-8 of every string, nesting, ids. Malformed protobuf: bad_payload, nothing
/// accepted. A span without a valid trace or span id is rejected on its own (OTLP partial success); a log record with
/// invalid ids is accepted as not trace-associated (logs.v1).
Result<Checked> check_traces(std::string_view payload, const CheckLimits& limits);
Result<Checked> check_logs(std::string_view payload, const CheckLimits& limits);
/// Counts data points only; the payload must still be well-formed protobuf at the levels that are walked.
Result<std::uint64_t> count_metric_points(std::string_view payload);

}  // namespace ark::otlp
