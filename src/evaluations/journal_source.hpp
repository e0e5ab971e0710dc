#pragma once
#include "evaluations/scope.hpp"
#include "items/filter.hpp"
#include "journal/journal.hpp"
#include "views/views.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ark::evaluations {

/// What one evaluation may read.
struct ReadLimits {
    std::size_t events_max = 100'000;
    std::size_t bytes_max = 256u << 20;            ///< of the events as JSON
    std::uint64_t scanned_items_max = 20'000'000;  ///< looked at without an index: scope 'all', subjects by filter
};

/// Where an evaluation looks, and until when.
struct Place {
    std::string tenant;
    Cursor at;    ///< everything before it, nothing behind it: the snapshot
    Offset from;  ///< nothing before it, for subjects by filter; 0: all that is kept
};

/// Events of the journal, found by the views, each log read once. May block on disk: work pool or a thread of its own.
/// Events that we wrote ourselves are left out: a result is not what it judges.
class JournalSource final : public EventSource {
public:
    /// `filter`: which of its events count as the subject's; with neither query nor session, what the subject is.
    /// `views` and `journal` outlive us.
    JournalSource(views::Views& views, journal::Journal& journal, Place place, Subject subject,
                  items::Filter filter = {}, const ReadLimits& limits = {});

    Result<const EventLog*> of_subject() override;
    Result<const EventLog*> of_query(std::string_view id_or_name) override;
    Result<const EventLog*> of_session(std::string_view id) override;
    Result<const EventLog*> all() override;

private:
    using FindOffsets = std::function<Result<std::vector<Offset>>(Offset from, Offset until, std::size_t limit)>;
    using Collected = std::vector<JsonValue>;

    /// Under a key that says what is in it: each log is read once.
    Result<const EventLog*> kept(std::string key, const std::function<Result<Collected>()>& collect);
    FindOffsets in_query(std::string_view id_or_name) const;
    FindOffsets in_session(std::string_view session) const;
    Result<Collected> found(const FindOffsets& find, const items::Filter& filter);
    Result<Collected> scanned(const items::Filter& filter);
    Status collect_batch(const model::Batch& batch, const std::vector<Offset>* offsets, const items::Filter& filter,
                         Collected& into);
    Status collect_item(const items::Item& item, const items::Filter& filter, Collected& into);

    views::Views& views_;
    journal::Journal& journal_;
    const Place place_;
    const Subject subject_;
    const items::Filter filter_;
    const ReadLimits limits_;
    std::size_t bytes_ = 0;  // of all that was collected
    std::map<std::string, std::unique_ptr<EventLog>> logs_;
};

}  // namespace ark::evaluations
