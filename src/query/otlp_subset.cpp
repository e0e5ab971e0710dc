#include "query/otlp_subset.hpp"

#include <utility>

namespace ark::query {
namespace {

void append_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

// A length-delimited field: wire type 2.
void append_field(std::string& out, std::uint32_t field, std::string_view bytes) {
    append_varint(out, std::uint64_t{field} << 3 | 2);
    append_varint(out, bytes.size());
    out.append(bytes);
}

void append_unless_empty(std::string& out, std::uint32_t field, std::string_view bytes) {
    if (!bytes.empty()) append_field(out, field, bytes);
}

}  // namespace

void OtlpSubset::add(const otlp::SpanView& span) {
    static const otlp::ResourceView no_resource;
    static const otlp::ScopeView no_scope;
    const auto& resource = span.resource != nullptr ? *span.resource : no_resource;
    const auto& scope = span.scope != nullptr ? *span.scope : no_scope;
    const bool same = open_ && resource_ == resource.wire && resource_schema_ == resource.schema_url &&
                      scope_ == scope.wire && scope_schema_ == scope.schema_url;
    if (!same) {
        close_group();
        resource_ = resource.wire;
        resource_schema_ = resource.schema_url;
        scope_ = scope.wire;
        scope_schema_ = scope.schema_url;
        open_ = true;
    }
    append_field(spans_, 2, span.wire);
}

void OtlpSubset::close_group() {
    if (!open_) return;
    std::string scope_spans;
    append_unless_empty(scope_spans, 1, scope_);
    scope_spans.append(spans_);
    append_unless_empty(scope_spans, 3, scope_schema_);

    std::string resource_spans;
    append_unless_empty(resource_spans, 1, resource_);
    append_field(resource_spans, 2, scope_spans);
    append_unless_empty(resource_spans, 3, resource_schema_);

    append_field(out_, 1, resource_spans);
    spans_.clear();
    open_ = false;
}

std::string OtlpSubset::finish() {
    close_group();
    return std::exchange(out_, {});
}

}  // namespace ark::query
