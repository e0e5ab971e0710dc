#pragma once
#include "disk/disk.hpp"
#include "resources/store.hpp"
#include "resources/transaction.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace ark::resources {

struct EmbeddedStoreConfig {
    std::string directory;  ///< made when missing; one process at a time
    AdmissionPolicy policy;
    TransactionLimits limits;
    std::size_t waiting_max = 4096;               ///< writes that wait; beyond: too_many_requests
    std::uint64_t waiting_bytes_max = 64u << 20;  ///< of their objects
    std::size_t history_max = 16'384;             ///< changes that watches may go back
    std::uint64_t history_bytes_max = 64u << 20;
    std::uint64_t compact_bytes = 16u << 20;  ///< the file is rewritten when it is twice the objects and this more
    std::chrono::seconds event_age{3600};     ///< Events (the kind) go after so long …
    std::size_t events_max = 10'000;          ///< … and the oldest beyond so many
    std::uint64_t seed = 0;                   ///< of uids and made-up names; 0: from the system
};

struct EmbeddedStoreStatus {
    std::size_t resources = 0;
    std::uint64_t bytes = 0;
    std::uint64_t ledger_bytes = 0;
    std::uint64_t version = 0;
    std::uint64_t writes_total = 0;  ///< that changed something
    std::uint64_t syncs_total = 0;
    std::size_t watches = 0;
    bool failed = false;  ///< refuses writes until it is opened again
};

/// Resources in memory, every change durable in one file before it is answered or seen by anybody.
class EmbeddedStore : public ResourceStore {
public:
    /// Errors: conflict (another process), corrupt, io.
    static Result<std::unique_ptr<EmbeddedStore>> open(disk::Disk& disk, const EmbeddedStoreConfig& config,
                                                       const Clock& clock);
    virtual EmbeddedStoreStatus status() const = 0;
    /// Finishes the writes that were accepted, refuses others. Idempotent; the destructor does it. Before the
    /// executors that watches and callers run on are gone.
    virtual void stop() = 0;
};

}  // namespace ark::resources
