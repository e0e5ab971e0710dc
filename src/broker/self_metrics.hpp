#pragma once
#include "journal/journal.hpp"
#include "net/server.hpp"
#include "reference/store.hpp"
#include "stream/stream.hpp"
#include "telemetry/metrics.hpp"
#include "views/views.hpp"

namespace ark::broker {

/// The parts' own counters as Prometheus metrics, read at scrape time. Everything given outlives the registry's last
/// scrape.
void register_journal_metrics(telemetry::Registry& registry, journal::Journal& journal);
void register_views_metrics(telemetry::Registry& registry, views::Views& views);
void register_stream_metrics(telemetry::Registry& registry, stream::Stream& stream);
void register_reference_metrics(telemetry::Registry& registry, reference::Store& store);
void register_server_metrics(telemetry::Registry& registry, const std::string& listener, net::Server& server);

}  // namespace ark::broker
