#include "otlp/oracle/random_otlp.hpp"

#include <bit>
#include <limits>

namespace ark::otlp::oracle {

std::string RandomOtlp::bytes(std::size_t size) {
    std::string out(size, '\0');
    for (auto& byte : out)
        byte = static_cast<char>(any());
    if (size > 0) out[0] = static_cast<char>(1 + below(255));  // never all zero
    return out;
}

std::string RandomOtlp::text() {
    static const char* const pieces[] = {"gen_ai.", "a", "\"quoted\" \\ ", "żółw ", "🐢",    "\n\t", "input ",
                                         "\x01",    "/", "\x7f",           "漢字",  "model"};
    std::string out;
    const unsigned count = rarely() ? below(200) : below(5);
    for (unsigned i = 0; i < count; ++i)
        out += pieces[below(std::size(pieces))];
    return out;
}

std::uint64_t RandomOtlp::number() {
    const std::uint64_t wide = std::uint64_t{any()} << 32 | any();
    return wide >> below(64);
}

void RandomOtlp::fill(pb::AnyValue& value, int depth) {
    switch (below(depth > 4 ? 6 : 8)) {
        case 0:
            break;  // the empty value
        case 1:
            value.set_bool_value(often());
            break;
        case 2:
            value.set_int_value(static_cast<std::int64_t>(below(2) != 0 ? number() : ~number()));
            break;
        case 3: {
            static const double special[] = {0.0,
                                             -0.0,
                                             1e300,
                                             5e-324,
                                             std::numeric_limits<double>::infinity(),
                                             -std::numeric_limits<double>::infinity()};
            value.set_double_value(rarely() ? special[below(6)] : static_cast<double>(number()) / 1024);
            break;
        }
        case 4:
            value.set_bytes_value(bytes(below(20)));
            break;
        case 6:
            value.mutable_array_value();
            for (unsigned i = below(4); i > 0; --i)
                fill(*value.mutable_array_value()->add_values(), depth + 1);
            break;
        case 7:
            value.mutable_kvlist_value();
            for (unsigned i = below(4); i > 0; --i) {
                auto& pair = *value.mutable_kvlist_value()->add_values();
                pair.set_key(text());
                if (often()) fill(*pair.mutable_value(), depth + 1);
            }
            break;
        default:
            value.set_string_value(text());
            break;
    }
}

template <class Attributes>
void RandomOtlp::fill_attributes(Attributes* attributes) {
    for (unsigned i = below(5); i > 0; --i) {
        auto& pair = *attributes->Add();
        pair.set_key(text());
        if (often()) fill(*pair.mutable_value(), 0);
    }
}

void RandomOtlp::fill(pb::Resource& resource) {
    fill_attributes(resource.mutable_attributes());
    if (rarely()) resource.set_dropped_attributes_count(any());
    if (rarely()) {
        auto& entity = *resource.add_entity_refs();
        entity.set_schema_url(text());
        entity.set_type(text());
        entity.add_id_keys(text());
        entity.add_description_keys(text());
        entity.add_description_keys("");
    }
}

void RandomOtlp::fill(pb::Scope& scope) {
    scope.set_name(text());
    scope.set_version(text());
    fill_attributes(scope.mutable_attributes());
    if (rarely()) scope.set_dropped_attributes_count(any());
}

void RandomOtlp::fill(pb::Span& span) {
    span.set_trace_id(bytes(16));
    span.set_span_id(bytes(8));
    if (rarely()) span.set_trace_state(text());
    if (often()) span.set_parent_span_id(bytes(8));
    span.set_name(text());
    span.set_kind(rarely() ? static_cast<std::int32_t>(any()) : static_cast<std::int32_t>(below(6)));
    span.set_start_time_unix_nano(number());
    if (often()) span.set_end_time_unix_nano(number());
    fill_attributes(span.mutable_attributes());
    if (rarely()) span.set_dropped_attributes_count(any());
    for (unsigned i = below(3); i > 0; --i) {
        auto& event = *span.add_events();
        event.set_time_unix_nano(number());
        event.set_name(text());
        fill_attributes(event.mutable_attributes());
        if (rarely()) event.set_dropped_attributes_count(any());
    }
    if (rarely()) span.set_dropped_events_count(any());
    for (unsigned i = below(3); i > 0; --i) {
        auto& link = *span.add_links();
        link.set_trace_id(bytes(16));
        link.set_span_id(bytes(8));
        link.set_trace_state(text());
        fill_attributes(link.mutable_attributes());
        if (rarely()) link.set_dropped_attributes_count(any());
        if (rarely()) link.set_flags(any());
    }
    if (rarely()) span.set_dropped_links_count(any());
    if (often()) {
        span.mutable_status()->set_code(static_cast<std::int32_t>(below(3)));
        if (rarely()) span.mutable_status()->set_message(text());
    }
    if (rarely()) span.set_flags(any());
}

void RandomOtlp::fill(pb::LogRecord& record) {
    record.set_time_unix_nano(number());
    record.set_severity_number(static_cast<std::int32_t>(below(25)));
    record.set_severity_text(text());
    if (often()) fill(*record.mutable_body(), 0);
    fill_attributes(record.mutable_attributes());
    if (rarely()) record.set_dropped_attributes_count(any());
    if (rarely()) record.set_flags(any());
    if (often()) record.set_trace_id(bytes(16));
    if (often()) record.set_span_id(bytes(8));
    record.set_observed_time_unix_nano(number());
    if (often()) record.set_event_name(text());
}

pb::TracesRequest RandomOtlp::traces() {
    pb::TracesRequest request;
    for (unsigned i = below(4); i > 0; --i) {
        auto& group = *request.add_resource_spans();
        if (often()) fill(*group.mutable_resource());
        if (rarely()) group.set_schema_url(text());
        for (unsigned j = below(4); j > 0; --j) {
            auto& scope = *group.add_scope_spans();
            if (often()) fill(*scope.mutable_scope());
            if (rarely()) scope.set_schema_url(text());
            for (unsigned k = below(6); k > 0; --k)
                fill(*scope.add_spans());
        }
    }
    return request;
}

pb::LogsRequest RandomOtlp::logs() {
    pb::LogsRequest request;
    for (unsigned i = below(4); i > 0; --i) {
        auto& group = *request.add_resource_logs();
        if (often()) fill(*group.mutable_resource());
        if (rarely()) group.set_schema_url(text());
        for (unsigned j = below(4); j > 0; --j) {
            auto& scope = *group.add_scope_logs();
            if (often()) fill(*scope.mutable_scope());
            if (rarely()) scope.set_schema_url(text());
            for (unsigned k = below(6); k > 0; --k)
                fill(*scope.add_log_records());
        }
    }
    return request;
}

}  // namespace ark::otlp::oracle
