#pragma once
#include "base/buffer.hpp"
#include "otlp/span_attributes.hpp"
#include "otlp/walk.hpp"

#include <string>

namespace ark::reference {

/// Spans as the reference shows them, one behind the other: what they repeat is made once.
class SpanJson {
public:
    /// {"traceId","spanId","parentSpanId","name","kind","startTimeUnixNano","endTimeUnixNano","attributes","status",
    ///  "resource"} as the reference has them of protobuf, but ids in lower-case hex; "events" and "links" where there
    /// are some.
    void append(Buffer& out, const otlp::SpanView& span);

private:
    void append_resource(Buffer& out, const otlp::ResourceView* resource);

    otlp::SpanAttributes attributes_;
    std::string wire_;           // of the last span's resource
    std::string resource_text_;  // empty: none yet
};

}  // namespace ark::reference
