#include "base/check.hpp"
#include "otlp/check.hpp"
#include "otlp/json.hpp"

#include <cstdint>
#include <cstring>

// Promise under test: any text is either refused or becomes protobuf that the check accepts, whose JSON reads back to
// the same JSON.
namespace ark::otlp {
namespace {

/// An allocation of exactly what is promised: the document and its slack, so that a read beyond is seen.
Buffer exact_copy(std::string_view text) {
    Buffer buffer(text.size());
    buffer.append(text);
    std::memset(buffer.data() + buffer.size(), '"', Buffer::slack);  // the most misleading rubbish
    return buffer;
}

void fuzz_traces(const Buffer& json) {
    const auto payload = traces_from_json(json);
    if (!payload) return;
    ARK_CHECK(check_traces(payload->view(), {}).has_value(), "transcoded traces are sound");
    const auto out = traces_to_json(payload->view());
    ARK_CHECK(out.has_value(), "sound traces become JSON");
    const auto back = traces_from_json(Buffer::copy_of(*out));
    ARK_CHECK(back.has_value(), "our own JSON is read: {}", back.has_value() ? "" : back.error().context);
    ARK_CHECK(*traces_to_json(back->view()) == *out, "and means the same");
}

void fuzz_logs(const Buffer& json) {
    const auto payload = logs_from_json(json);
    if (!payload) return;
    ARK_CHECK(check_logs(payload->view(), {}).has_value(), "transcoded logs are sound");
    const auto out = logs_to_json(payload->view());
    ARK_CHECK(out.has_value() && logs_from_json(Buffer::copy_of(*out)).has_value(), "logs read back");
}

}  // namespace
}  // namespace ark::otlp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto json = ark::otlp::exact_copy({reinterpret_cast<const char*>(data), size});
    ark::otlp::fuzz_traces(json);
    ark::otlp::fuzz_logs(json);
    static_cast<void>(ark::otlp::count_metric_points_json(json));
    return 0;
}
