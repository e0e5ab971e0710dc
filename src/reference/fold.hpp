#pragma once
#include "reference/run_fold.hpp"
#include "reference/session_fold.hpp"
#include "views/projection.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ark::reference {

/// The projection: items in; numbered runs, groups, traces and sessions out.
///
/// On the views' thread, but for kv() and the watchers. What it writes does not depend on where drains end: runs end
/// with their batch, what is old is taken away at the beginning of a batch, and time is when batches were received.
class Fold final : public views::Projection {
public:
    explicit Fold(const KeepConfig& keep) : keep_(keep) {}

    Status resume(store::Kv& kv, Offset folded, bool& usable) override;
    void apply(const model::BatchHeader& batch, const items::Item& item, bool begins_trace) override;
    Status write(store::WriteBatch& batch, Offset folded) override;
    void committed() override;

    /// The rows, once the views are open.
    store::Kv* kv() const { return kv_; }

    /// Called after a commit with what it changed (null: it may be anything), while somebody watches: must return at
    /// once. Set before the views start.
    void on_changes(std::function<void(std::shared_ptr<const Changes>)> listener) { listener_ = std::move(listener); }
    /// `change`: what the watcher asks for, as Changes has it.
    void add_watcher(std::string_view change);
    void remove_watcher(std::string_view change);
    std::uint64_t watchers() const;

private:
    /// The run that is being filled.
    struct Open {
        Tenant* tenant;
        Kind kind;
        std::uint64_t sequence;
        Run run;
    };

    void begin_batch(const model::BatchHeader& batch);
    std::string watched() const;
    Tenant& tenant_of(const std::string& name);
    std::uint64_t count_in(Kind kind, Offset offset, Run ids);
    void close_run();
    void take_span(const items::Item& item, bool begins_trace);
    void take_event(const items::Item& item);
    void take_message(const items::Item& item);
    void take_chunk(const items::Item& item);
    void take_deletion(const items::Item& item);

    const KeepConfig keep_;
    store::Kv* kv_ = nullptr;
    std::unique_ptr<Staged> rows_;
    std::unique_ptr<RunFold> runs_;
    std::unique_ptr<SessionFold> sessions_;
    std::map<std::string, Tenant, std::less<>> tenants_;

    Tenant* tenant_ = nullptr;  // of the batch that is being folded
    std::optional<Offset> batch_;
    std::uint64_t received_ms_ = 0;
    std::optional<Open> open_;

    std::array<std::atomic<std::uint64_t>, keys::watched_tags.size()> watchers_{};  // by tag
    std::function<void(std::shared_ptr<const Changes>)> listener_;
    std::shared_ptr<Changes> changes_;  // of this drain; null: nobody watches
};

}  // namespace ark::reference
