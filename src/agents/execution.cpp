#include "agents/execution.hpp"

#include "base/hex.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace ark::agents {
namespace {

emit::Operation start(Execution& execution, const emit::Context& parent, emit::OperationSpec spec, Ended over) {
    const auto path = spec.path;
    auto begun = execution.steps.begin(path);
    for (int attempt = 2; begun.ended != Ended::no && begun.ended != over; ++attempt) {
        spec.path = fmt::format("{}~{}", path, attempt);
        begun = execution.steps.begin(spec.path);
    }
    spec.start = begun.at;
    spec.announced = begun.before;
    spec.told = begun.ended != Ended::no;
    if (!spec.told) {
        spec.on_end = [&steps = execution.steps, at = spec.path](bool well) {
            steps.end(at, well ? Ended::well : Ended::badly);
        };
    }
    return execution.tracer.start(parent, std::move(spec));
}

}  // namespace

emit::Operation start_lasting(Execution& execution, const emit::Context& parent, emit::OperationSpec spec) {
    return start(execution, parent, std::move(spec), Ended::well);
}

emit::Operation start_call(Execution& execution, const emit::Context& parent, emit::OperationSpec spec) {
    return start(execution, parent, std::move(spec), Ended::no);
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
