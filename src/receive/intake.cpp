#include "receive/intake.hpp"

#include "codec/compression.hpp"
#include "otlp/check.hpp"
#include "otlp/json.hpp"

namespace ark::receive {
namespace {

/// What the journal calls it; identity for what it keeps inflated.
model::Encoding journal_encoding(Coding coding) {
    return coding == Coding::gzip   ? model::Encoding::gzip
           : coding == Coding::zstd ? model::Encoding::zstd
                                    : model::Encoding::identity;
}

model::BatchKind kind_of(otlp::Signal signal) {
    return signal == otlp::Signal::logs ? model::BatchKind::logs : model::BatchKind::traces;
}

std::string_view name(otlp::Signal signal) {
    switch (signal) {
        case otlp::Signal::traces:
            return "traces";
        case otlp::Signal::logs:
            return "logs";
        case otlp::Signal::metrics:
            return "metrics";
    }
    return "unknown";
}

std::string_view name(Wire wire) {
    switch (wire) {
        case Wire::protobuf:
            return "protobuf";
        case Wire::json:
            return "json";
        case Wire::grpc:
            return "grpc";
    }
    return "unknown";
}

telemetry::Counter& requests_counter(telemetry::Registry& metrics, otlp::Signal signal, Wire wire,
                                     std::string_view code) {
    return metrics.counter(
        "ark_ingest_requests_total", "Requests by signal, encoding and outcome.",
        {{"signal", std::string(name(signal))}, {"encoding", std::string(name(wire))}, {"code", std::string(code)}});
}

}  // namespace

Intake::Intake(const ReceiveConfig& config, Receive::Ground ground)
    : config_(config),
      ground_(std::move(ground)),
      admission_({config.request_bytes_max, config.in_flight_bytes_max, config.lag_bytes_max, config.lag_wait_max},
                 ground_.journal, ground_.folded) {
    auto& metrics = ground_.metrics;
    for (std::size_t s = 0; s < signals; ++s) {
        const auto signal = static_cast<otlp::Signal>(s);
        const telemetry::Registry::Labels labels = {{"signal", std::string(name(signal))}};
        for (std::size_t w = 0; w < wires; ++w) {
            counters_[s].requests_ok[w] = &requests_counter(metrics, signal, static_cast<Wire>(w), "ok");
        }
        counters_[s].items = &metrics.counter("ark_ingest_items_total", "Items accepted.", labels);
        counters_[s].rejected =
            &metrics.counter("ark_ingest_rejected_items_total", "Items rejected in partial successes.", labels);
    }
    metrics.gauge("ark_ingest_in_flight_bytes", "Request bodies in memory.",
                  [this] { return static_cast<double>(admission_.bytes_in_flight()); });
}

model::BatchHeader Intake::header_for(const std::string& tenant, model::BatchKind kind) const {
    model::BatchHeader header;
    header.kind = kind;
    header.tenant = tenant;
    header.received = ground_.clock.now();
    return header;
}

Result<Buffer> Intake::inflate(const Body& body) const {
    codec::InflateLimits limits;
    limits.bytes_max = config_.request_bytes_max;
    limits.ratio_max = config_.inflate_ratio_max;
    switch (body.coding) {
        case Coding::gzip:
            return codec::gunzip(body.bytes.view(), limits);
        case Coding::zstd:
            return codec::unzstd(body.bytes.view(), limits);
        case Coding::deflate:
            return codec::unzlib(body.bytes.view(), limits);
        case Coding::brotli:
            return codec::unbrotli(body.bytes.view(), limits);
        case Coding::identity:
            break;
    }
    return Buffer::copy_of(body.bytes.view());
}

Result<Intake::Decoded> Intake::decode_metrics(const Body& body, const Buffer& payload) const {
    const bool json = body.format == otlp::Format::json;
    ARK_TRY(const auto points,
            json ? otlp::count_metric_points_json(payload) : otlp::count_metric_points(payload.view()));
    Decoded decoded;
    decoded.counts.accepted = points;
    return decoded;
}

Result<Intake::Decoded> Intake::decode(const std::string& tenant, Body body, ByteBudget::Hold& hold) const {
    const bool compressed = body.coding != Coding::identity;
    Buffer inflated;
    if (compressed) {
        ARK_TRY(inflated, inflate(body));
        if (!hold.raise_to(body.bytes.size() + inflated.size())) {
            return fail(Errc::overloaded, "no memory is free for a body that inflates to this size");
        }
    }
    const Buffer& plain = compressed ? inflated : body.bytes;
    if (body.signal == otlp::Signal::metrics) return decode_metrics(body, plain);

    const bool logs = body.signal == otlp::Signal::logs;
    const bool json = body.format == otlp::Format::json;
    Buffer transcoded;
    if (json) {
        ARK_TRY(transcoded, logs ? otlp::logs_from_json(plain, config_.nesting_max)
                                 : otlp::traces_from_json(plain, config_.nesting_max));
    }
    otlp::CheckLimits limits;
    limits.nesting_max = config_.nesting_max;
    limits.attributes_max = config_.attributes_max;
    const auto payload = json ? transcoded.view() : plain.view();
    ARK_TRY(auto checked, logs ? otlp::check_logs(payload, limits) : otlp::check_traces(payload, limits));

    Decoded decoded;
    decoded.counts.accepted = checked.accepted;
    decoded.counts.rejected = checked.rejected;
    decoded.counts.error_message = std::move(checked.error_message);
    if (checked.accepted == 0) return decoded;

    auto header = header_for(tenant, kind_of(body.signal));
    header.item_count = checked.accepted;
    header.time_min = checked.time_min;
    header.time_max = checked.time_max;
    if (checked.rejected > 0) {
        decoded.batch = std::make_shared<model::Batch>(std::move(header), std::move(checked.cleaned));
    } else if (json) {
        decoded.batch = std::make_shared<model::Batch>(std::move(header), std::move(transcoded));
    } else if (const auto encoding = journal_encoding(body.coding); encoding != model::Encoding::identity) {
        header.encoding = encoding;
        decoded.batch = std::make_shared<model::Batch>(std::move(header), std::move(body.bytes), std::move(inflated));
    } else {
        decoded.batch =
            std::make_shared<model::Batch>(std::move(header), compressed ? std::move(inflated) : std::move(body.bytes));
    }
    return decoded;
}

awaitable<Result<Accepted>> Intake::append(Decoded decoded) {
    if (decoded.batch) {
        auto receipt = co_await admission_.append(std::move(decoded.batch));
        if (!receipt) co_return receipt.error();
        decoded.counts.receipt = *receipt;
    }
    co_return std::move(decoded.counts);
}

awaitable<Result<Accepted>> Intake::take(std::string tenant, Body body, ByteBudget::Hold& hold) {
    auto work = [this, &tenant, &body, &hold] { return decode(tenant, std::move(body), hold); };
    if (body.bytes.size() > config_.inline_bytes_max) {
        auto decoded = co_await runtime::on(ground_.work, work);
        if (!decoded) co_return decoded.error();
        co_return co_await append(std::move(*decoded));
    }
    auto decoded = work();
    if (!decoded) co_return decoded.error();
    co_return co_await append(std::move(*decoded));
}

void Intake::add_receipt(net::Fields& fields, const Accepted& accepted) const {
    if (accepted.receipt) fields.add("ark-receipt", accepted.receipt->cursor().text());
    fields.add("ark-durability", ground_.durability);
}

void Intake::count(otlp::Signal signal, Wire wire, const Result<Accepted>& outcome) {
    if (!outcome) {
        requests_counter(ground_.metrics, signal, wire, ark::name(outcome.error().code)).add();
        return;
    }
    const auto& counters = counters_[static_cast<std::size_t>(signal)];
    counters.requests_ok[static_cast<std::size_t>(wire)]->add();
    counters.items->add(outcome->accepted);
    if (outcome->rejected > 0) counters.rejected->add(outcome->rejected);
}

}  // namespace ark::receive
