#pragma once
#include "otlp.pb.h"

#include <random>
#include <string>

/// Random but well-formed OTLP for differential tests: every field, every value type, non-ASCII text, nesting, empty
/// things.
namespace ark::otlp::oracle {

namespace pb = opentelemetry::oracle;

class RandomOtlp {
public:
    explicit RandomOtlp(unsigned seed) : random_(seed) {}

    pb::TracesRequest traces();
    pb::LogsRequest logs();
    std::string bytes(std::size_t size);
    std::string text();
    unsigned any() { return static_cast<unsigned>(random_()); }
    unsigned below(unsigned limit) { return any() % limit; }
    std::uint64_t number();

private:
    bool often() { return below(4) != 0; }
    bool rarely() { return below(8) == 0; }
    void fill(pb::AnyValue& value, int depth);
    void fill(pb::Resource& resource);
    void fill(pb::Scope& scope);
    void fill(pb::Span& span);
    void fill(pb::LogRecord& record);
    template <class Attributes>
    void fill_attributes(Attributes* attributes);

    std::mt19937 random_;
};

}  // namespace ark::otlp::oracle
