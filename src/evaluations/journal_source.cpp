#include "evaluations/journal_source.hpp"

#include "evaluations/record.hpp"
#include "journal/batches.hpp"

#include <algorithm>

namespace ark::evaluations {
namespace {

constexpr std::size_t offsets_at_once = 16'384;

Error too_much(std::string_view what) {
    return fail(Errc::too_large, "too many events for one evaluation (" + std::string(what) +
                                     "): choose a query, a session or a narrower filter");
}

}  // namespace

JournalSource::JournalSource(views::Views& views, journal::Journal& journal, Place place, Subject subject,
                             items::Filter filter, const ReadLimits& limits)
    : views_(views),
      journal_(journal),
      place_(std::move(place)),
      subject_(std::move(subject)),
      filter_(std::move(filter)),
      limits_(limits) {}

Result<const EventLog*> JournalSource::of_subject() {
    if (filter_.empty()) {
        if (!subject_.query.empty()) return of_query(subject_.query);
        return subject_.session.empty() ? all() : of_session(subject_.session);
    }
    return kept("subject", [this] {
        if (!subject_.query.empty()) return found(in_query(subject_.query), filter_);
        return subject_.session.empty() ? scanned(filter_) : found(in_session(subject_.session), filter_);
    });
}

Result<const EventLog*> JournalSource::of_query(std::string_view id_or_name) {
    return kept("query " + std::string(id_or_name), [&] { return found(in_query(id_or_name), {}); });
}

Result<const EventLog*> JournalSource::of_session(std::string_view id) {
    return kept("session " + std::string(id), [&] { return found(in_session(id), {}); });
}

JournalSource::FindOffsets JournalSource::in_query(std::string_view id_or_name) const {
    return [this, id = std::string(id_or_name)](Offset from, Offset until, std::size_t limit) {
        return views_.items_of_query(place_.tenant, id, from, until, limit);
    };
}

JournalSource::FindOffsets JournalSource::in_session(std::string_view session) const {
    return [this, id = std::string(session)](Offset from, Offset until, std::size_t limit) {
        return views_.items_of_session(place_.tenant, id, from, until, limit);
    };
}

Result<const EventLog*> JournalSource::all() {
    return kept("all", [this] { return scanned({}); });
}

Result<const EventLog*> JournalSource::kept(std::string key, const std::function<Result<Collected>()>& collect) {
    auto& log = logs_[std::move(key)];
    if (!log) {
        ARK_TRY(auto events, collect());
        log = std::make_unique<EventLog>(std::move(events));
    }
    return log.get();
}

Result<JournalSource::Collected> JournalSource::found(const FindOffsets& find, const items::Filter& filter) {
    Collected events;
    journal::Batches batches(journal_);
    auto from = place_.from;
    for (;;) {
        ARK_TRY(const auto offsets, find(from, place_.at.offset, offsets_at_once));
        for (auto at = offsets.begin(); at != offsets.end();) {
            auto batch = batches.holding(*at);
            if (!batch && batch.error().code == Errc::expired) {
                ++at;  // retention took it: the evaluation is over what is kept
                continue;
            }
            if (!batch) return std::move(batch).error();
            if (!*batch) return events;
            const auto behind = std::lower_bound(at, offsets.end(), (*batch)->end());
            const std::vector<Offset> here(at, behind);
            ARK_TRY_STATUS(collect_batch(**batch, &here, filter, events));
            at = behind;
        }
        if (offsets.size() < offsets_at_once) return events;
        from = offsets.back() + 1;
    }
}

Result<JournalSource::Collected> JournalSource::scanned(const items::Filter& filter) {
    Collected events;
    const auto begin = std::max(place_.from, journal_.begin());
    if (place_.at.offset > begin && place_.at.offset - begin > limits_.scanned_items_max) return too_much("no index");
    const auto reader = journal_.reader(begin);
    while (reader->position() < place_.at.offset) {
        auto batch = reader->next();
        if (!batch && batch.error().code == Errc::expired && reader->position() < journal_.begin()) {
            reader->seek(journal_.begin());
            continue;
        }
        if (!batch) return std::move(batch).error();
        if (!*batch) break;
        if ((*batch)->header().tenant != place_.tenant) continue;
        ARK_TRY_STATUS(collect_batch(**batch, nullptr, filter, events));
    }
    return events;
}

Status JournalSource::collect_batch(const model::Batch& batch, const std::vector<Offset>* offsets,
                                    const items::Filter& filter, Collected& into) {
    Status status = ok();
    ARK_TRY_STATUS(items::for_each_item(batch, [&](const items::Item& item) {
        if (item.offset >= place_.at.offset) return false;
        if (item.offset < place_.from) return true;
        if (offsets != nullptr && !std::binary_search(offsets->begin(), offsets->end(), item.offset)) return true;
        status = collect_item(item, filter, into);
        return status.has_value();
    }));
    return status;
}

Status JournalSource::collect_item(const items::Item& item, const items::Filter& filter, Collected& into) {
    if (item.type == items::ItemType::log || is_our_own(item)) return ok();
    const bool derive = item.type == items::ItemType::span && views_.derives_events(place_.tenant, item);
    if (item.type == items::ItemType::span && !derive) return ok();
    const auto context = views_.context_of(place_.tenant, item);
    Status status = ok();
    items::for_each_event(item, derive, [&](const items::Event& event) {
        if (!status || !items::matches_event(filter, event, context)) return;
        std::string text;
        codec::JsonWriter json(text);
        items::write_event(json, place_.at.epoch, event, context, items::Detail::full);
        auto parsed = JsonValue::parse(text);
        if (!parsed) {
            status = std::move(parsed).error();
            return;
        }
        bytes_ += text.size();
        into.push_back(std::move(*parsed));
        if (into.size() > limits_.events_max || bytes_ > limits_.bytes_max) status = too_much("limit reached");
    });
    return status;
}

}  // namespace ark::evaluations
