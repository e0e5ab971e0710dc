#include "agents/execution.hpp"

#include "base/hex.hpp"

#include <xxhash.h>

namespace ark::agents {

emit::Operation start_lasting(Execution& execution, const emit::Context& parent, emit::OperationSpec spec) {
    const auto begun = execution.steps.begin(spec.path);
    spec.start = begun.at;
    spec.announced = begun.before;
    return execution.tracer.start(parent, std::move(spec));
}

void end_stopped(const Execution& execution, emit::Operation& operation) {
    if (!execution.suspended) operation.cancel("canceled");
}

InputHash& InputHash::add(std::string_view text) {
    // Each text under a seed from those before it: their order counts, and so do their borders.
    const auto hash = XXH3_128bits_withSeed(text.data(), text.size(), high_ * 31 + low_);
    high_ = hash.high64;
    low_ = hash.low64;
    return *this;
}

std::string InputHash::text() const {
    std::string out;
    append_hex_number(out, high_, 16);
    append_hex_number(out, low_, 16);
    return out;
}

std::string_view error_type_of(const Error& error) {
    switch (error.code) {
        case Errc::deadline:
            return "timeout";
        case Errc::stopped:
            return "canceled";
        case Errc::overloaded:
            return "rate_limit";
        case Errc::unauthorized:
        case Errc::forbidden:
            return "auth";
        case Errc::bad_argument:
        case Errc::bad_payload:
        case Errc::config:
            return "bad_request";
        case Errc::not_found:
            return "not_found";
        case Errc::connect:
        case Errc::closed:
            return "unavailable";
        default:
            return name(error.code);
    }
}

}  // namespace ark::agents
