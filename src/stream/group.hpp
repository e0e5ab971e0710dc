#pragma once
#include "runtime/waiting.hpp"
#include "stream/open_item.hpp"
#include "stream/ring.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ark::stream {

using runtime::Waiter;
using runtime::WaitList;

/// All subscribers of one net thread that see the same frames: one evaluation of the filter, one encoding, one ring.
struct Group : std::enable_shared_from_this<Group> {
    Group(Selection wanted, std::size_t ring_bytes, std::size_t& total)
        : selection(std::make_shared<const Selection>(std::move(wanted))), ring(ring_bytes, total) {}

    const std::shared_ptr<const Selection> selection;
    Ring ring;
    WaitList waiting;                         ///< subscribers that have sent everything
    std::unordered_set<std::string> touched;  ///< row keys (rows.hpp) that changed and were not sent yet
    std::uint32_t members = 0;
    bool dirty = false;       ///< in the tail's list of groups to wake
    bool wants_rows = false;  ///< in the tail's list of groups with touched rows
};

/// Finds the groups that may want an item: by tenant, then by the value of an equality filter, so that thousands of
/// subscribers each on a session of their own cost one look-up an item. What it finds is a superset: the filter
/// decides.
class GroupIndex {
public:
    void add(Group& group);
    void remove(Group& group);

    /// The groups of a tenant; null when it has none.
    class Tenant;
    Tenant* tenant(std::string_view name);

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    template <class Value>
    using ByText = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
    using Groups = std::vector<Group*>;

    ByText<std::unique_ptr<Tenant>> tenants_;

public:
    class Tenant {
    public:
        /// Appends the groups that may want the item to `out`, each once.
        void find(OpenItem& item, std::vector<Group*>& out) const;

    private:
        friend class GroupIndex;
        Groups& slot(const Group& group);
        void drop_slot(const Group& group);

        Groups all_;  // without a filter that we index
        ByText<Groups> by_session_;
        ByText<Groups> by_query_;
        std::unordered_map<TraceId, Groups> by_trace_;
        std::size_t groups_ = 0;
    };
};

}  // namespace ark::stream
