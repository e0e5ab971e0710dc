#pragma once
#include "otlp/walk.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ark::query {

/// Puts spans of several requests together as one ExportTraceServiceRequest, byte for byte as they were sent: spans
/// that follow each other under the same resource and scope share one ResourceSpans.
///
///     request.1 ResourceSpans = { 1: resource, 2: ScopeSpans = { 1: scope, 2: span …, 3: schema_url }, 3: schema_url }
class OtlpSubset {
public:
    void add(const otlp::SpanView& span);
    std::size_t bytes() const { return out_.size() + spans_.size(); }
    /// Nothing may be added behind it.
    std::string finish();

private:
    void close_group();

    std::string out_;
    std::string spans_;     // fields 2 of the open ScopeSpans
    std::string resource_;  // of the open group
    std::string resource_schema_;
    std::string scope_;
    std::string scope_schema_;
    bool open_ = false;
};

}  // namespace ark::query
