#include "broker/self_metrics.hpp"

#include "items/expression.hpp"

namespace ark::broker {
namespace {

/// A metric that is one member of a status struct.
template <class Status, class Member>
auto reader(std::function<Status()> status, Member member) {
    return [status = std::move(status), member] { return static_cast<double>(status().*member); };
}

}  // namespace

void register_journal_metrics(telemetry::Registry& registry, journal::Journal& journal) {
    using S = journal::JournalStatus;
    const std::function<S()> status = [&journal] { return journal.status(); };
    registry.gauge("ark_journal_bytes", "Journal on disk.", reader(status, &S::bytes));
    registry.gauge("ark_journal_segments", "Segments on disk.", reader(status, &S::segments));
    registry.gauge("ark_journal_pending_bytes", "Accepted, not yet durable.", reader(status, &S::pending_bytes));
    registry.gauge("ark_journal_failed", "1 after a failed write or sync: appends are refused.",
                   reader(status, &S::failed));
    registry.counter_from("ark_journal_appends_total", "Batches appended.", reader(status, &S::appends_total));
    registry.counter_from("ark_journal_groups_total", "Group commits.", reader(status, &S::groups_total));
    registry.counter_from("ark_journal_sync_seconds_total", "Time in fdatasync.",
                          [status] { return static_cast<double>(status().sync_nanos_total) * 1e-9; });
    registry.gauge("ark_journal_begin_offset", "Oldest retained item.",
                   [&journal] { return static_cast<double>(journal.begin().value()); });
    registry.gauge("ark_journal_end_offset", "One past the last durable item.",
                   [&journal] { return static_cast<double>(journal.end().value()); });
}

void register_views_metrics(telemetry::Registry& registry, views::Views& views) {
    using S = views::ViewsStatus;
    const std::function<S()> status = [&views] { return views.status(); };
    registry.gauge("ark_views_folded_offset", "Items before this are visible to reads.",
                   [&views] { return static_cast<double>(views.folded().value()); });
    registry.gauge("ark_views_lag_items", "Durable, not yet folded.", reader(status, &S::lag_items));
    registry.gauge("ark_views_traces", "Traces known.", reader(status, &S::traces));
    registry.gauge("ark_views_sessions", "Sessions known.", reader(status, &S::sessions));
    registry.gauge("ark_views_queries", "Queries known.", reader(status, &S::queries));
    registry.gauge("ark_views_bytes", "Views on disk.", reader(status, &S::bytes_on_disk));
    registry.gauge("ark_views_failed", "1 when folding stopped.", reader(status, &S::failed));
}

void register_stream_metrics(telemetry::Registry& registry, stream::Stream& stream) {
    using S = stream::StreamStatus;
    const std::function<S()> status = [&stream] { return stream.status(); };
    const auto condition = [&registry](std::string name, std::string help, auto member) {
        registry.counter_from(std::move(name), std::move(help), [member] {
            return static_cast<double>((items::condition_counts().*member).load(std::memory_order_relaxed));
        });
    };
    using C = items::ConditionCounts;
    condition("ark_filter_evaluated_total", "Filter expressions evaluated.", &C::evaluated);
    condition("ark_filter_failed_total", "Of these, ended in an error: no match.", &C::failed);
    condition("ark_filter_exhausted_total", "Of these, ended by their budget.", &C::exhausted);
    registry.gauge("ark_stream_subscribers", "Live streams.", reader(status, &S::subscribers));
    registry.gauge("ark_stream_filters", "Distinct filters among them.", reader(status, &S::filters));
    registry.counter_from("ark_stream_opened_total", "Streams opened.", reader(status, &S::opened_total));
    registry.counter_from("ark_stream_resumed_total", "Streams that resumed from a cursor.",
                          reader(status, &S::resumed_total));
    registry.counter_from("ark_stream_frames_total", "Frames sent.", reader(status, &S::frames_total));
    registry.counter_from("ark_stream_bytes_total", "Bytes sent.", reader(status, &S::bytes_total));
    registry.counter_from("ark_stream_gaps_total", "Gap frames sent.", reader(status, &S::gaps_total));
    registry.counter_from("ark_stream_slow_closed_total", "Streams closed as slow.",
                          reader(status, &S::slow_closed_total));
}

void register_reference_metrics(telemetry::Registry& registry, reference::Store& store) {
    using S = reference::StoreStatus;
    const std::function<S()> status = [&store] { return store.status(); };
    registry.gauge("ark_reference_watchers", "Live streams on the reference's paths.", reader(status, &S::watchers));
    registry.gauge("ark_reference_watch_groups", "Distinct subjects among them, by net thread.",
                   reader(status, &S::watch_groups));
    registry.gauge("ark_reference_live_bytes", "Frames kept for them.", reader(status, &S::live_bytes));
}

void register_server_metrics(telemetry::Registry& registry, const std::string& listener, net::Server& server) {
    using S = net::ServerCounters;
    const std::function<S()> status = [&server] { return server.counters(); };
    const telemetry::Registry::Labels labels = {{"listener", listener}};
    registry.gauge("ark_http_connections", "Open connections.", reader(status, &S::connections_open), labels);
    registry.counter_from("ark_http_connections_total", "Connections accepted.", reader(status, &S::connections_total),
                          labels);
    registry.counter_from("ark_http_connections_refused_total", "Connections beyond the limit.",
                          reader(status, &S::connections_refused), labels);
    registry.counter_from("ark_http_requests_total", "Requests.", reader(status, &S::requests_total), labels);
    registry.counter_from("ark_http_protocol_errors_total", "Peers that broke the protocol.",
                          reader(status, &S::protocol_errors), labels);
}

}  // namespace ark::broker
