#pragma once
#include "stream/counters.hpp"
#include "stream/stream.hpp"

namespace ark::stream {

/// What every part of the stream works with. The references outlive us: owned by the broker.
struct Services {
    Services(const StreamConfig& configuration, runtime::WorkPool& pool, journal::Journal& a_journal,
             Correlation& a_correlation, Clock& a_clock)
        : config(configuration), work(pool), journal(a_journal), correlation(a_correlation), clock(a_clock) {}

    const StreamConfig config;
    runtime::WorkPool& work;
    journal::Journal& journal;
    Correlation& correlation;
    Clock& clock;
    Counters counters;
};

}  // namespace ark::stream
