#pragma once
#include "base/random.hpp"
#include "base/time.hpp"
#include "resources/store.hpp"

namespace ark::resources {

struct TransactionLimits {
    std::size_t object_bytes_max = 1536u << 10;  ///< as Kubernetes: what etcd takes
    std::uint64_t total_bytes_max = 512ull << 20;
};

/// What surrounds a change: the state it is made in, and where names, ids and times come from.
struct TransactionContext {
    State& state;
    const Clock& clock;
    Random& random;
    const AdmissionPolicy& policy;
    const TransactionLimits& limits;
};

/// One request's changes to the state, with everything that follows from them: versions, generations, finalizers,
/// garbage. An operation that is refused has changed nothing. Used by the store's writer thread only.
class Transaction {
public:
    explicit Transaction(TransactionContext context) : context_(context), begin_(context.state.version()) {}

    Outcome<Written> create(const Kind& kind, const std::string& ns, JsonValue object, const WriteOptions& options);
    Outcome<Written> update(const Kind& kind, const ObjectName& name, Part part, JsonValue object,
                            const WriteOptions& options);
    Outcome<Written> patch(const Kind& kind, const ObjectName& name, Part part, const PatchBody& patch,
                           const WriteOptions& options);
    Outcome<Written> remove(const Kind& kind, const ObjectName& name, const DeleteOptions& options);
    Outcome<std::vector<ResourcePtr>> remove_all(const Kind& kind, const ListOptions& which,
                                                 const DeleteOptions& options);
    /// Events (the kind) are for looking at now; they go after a while, and when there are too many.
    void expire_events(std::chrono::seconds age, std::size_t count_max);

    const std::vector<Change>& changes() const { return changes_; }
    /// Undoes everything, for a dry run.
    void rollback();

private:
    Outcome<Written> replace(const ResourcePtr& current, Part part, JsonValue next, const WriteOptions& options);
    Outcome<Written> apply(const Kind& kind, const ObjectName& name, const JsonValue& applied,
                           const WriteOptions& options);
    Outcome<void> choose_name(const Kind& kind, const std::string& ns, JsonValue& object);
    Outcome<void> check_size(const Kind& kind, const JsonValue& object) const;
    Outcome<Written> remove_current(const ResourcePtr& current, Propagation propagation);

    void put(const Kind& kind, const ResourcePtr& before, JsonValue value);
    ResourcePtr erase(const ResourcePtr& current);
    void collect_garbage();
    void mark_leaving(const ResourcePtr& current, const char* finalizer);
    void disown(const ResourcePtr& dependent, std::string_view owner_uid);
    ResourcePtr current_of(const Resource& resource) const;
    bool has_owner(const Resource& resource) const;

    TransactionContext context_;
    std::uint64_t begin_;
    std::vector<Change> changes_;
    std::vector<std::string> gone_;  // uids of owners whose dependents are still to be looked at
};

}  // namespace ark::resources
