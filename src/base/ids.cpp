#include "base/ids.hpp"

namespace ark {

template struct OtelId<TraceIdTag, 16>;
template struct OtelId<SpanIdTag, 8>;

}  // namespace ark
