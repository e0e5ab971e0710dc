#pragma once
#include "otlp/response.hpp"
#include "receive/admission.hpp"
#include "receive/receive.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What every door does with a body once it is read: decode, check, append. Private to receive.
namespace ark::receive {

/// How a request was written: a label of our counters.
enum class Wire { protobuf, json, grpc };

/// How a body is compressed. gzip and zstd stay as they came in the journal; the others are kept inflated.
enum class Coding { identity, gzip, zstd, deflate, brotli };

/// A body as it came, and how it is to be read.
struct Body {
    otlp::Signal signal = otlp::Signal::traces;
    otlp::Format format = otlp::Format::protobuf;
    Coding coding = Coding::identity;
    Buffer bytes;
};

/// What became of it. `receipt` is empty when nothing was appended (no items, metrics).
struct Accepted {
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::string error_message;
    std::optional<journal::Receipt> receipt;
};

class Intake {
public:
    Intake(const ReceiveConfig& config, Receive::Ground ground);

    const ReceiveConfig& config() const { return config_; }
    Result<std::string> tenant(const net::RequestHead& head) const { return ground_.tenant_of(head); }
    Admission& admission() { return admission_; }

    /// Resolves when the items are durable, or with why they were refused. `hold` pays for the body, and for it
    /// inflated.
    awaitable<Result<Accepted>> take(std::string tenant, Body body, ByteBudget::Hold& hold);

    /// ark-receipt and ark-durability: what the acknowledgement promises.
    void add_receipt(net::Fields& fields, const Accepted& accepted) const;
    void count(otlp::Signal signal, Wire wire, const Result<Accepted>& outcome);

private:
    static constexpr std::size_t signals = 3;
    static constexpr std::size_t wires = 3;
    struct SignalCounters {
        telemetry::Counter* requests_ok[wires] = {};
        telemetry::Counter* items = nullptr;
        telemetry::Counter* rejected = nullptr;
    };
    /// Decoded and checked: ready for the journal, or only counted.
    struct Decoded {
        Accepted counts;
        std::shared_ptr<model::Batch> batch;  // null: nothing to append
    };
    Result<Decoded> decode(const std::string& tenant, Body body, ByteBudget::Hold& hold) const;
    Result<Decoded> decode_metrics(const Body& body, const Buffer& payload) const;
    Result<Buffer> inflate(const Body& body) const;
    model::BatchHeader header_for(const std::string& tenant, model::BatchKind kind) const;
    awaitable<Result<Accepted>> append(Decoded decoded);

    const ReceiveConfig config_;
    const Receive::Ground ground_;
    Admission admission_;
    SignalCounters counters_[signals];  // set in the constructor; the registry owns them
};

}  // namespace ark::receive
