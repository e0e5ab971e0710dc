#include "reference/fold.hpp"

#include "items/json_events.hpp"

#include <algorithm>
#include <utility>

namespace ark::reference {
namespace {

std::uint64_t ms_of(UnixNanos time) {
    return time.value() / 1'000'000;
}

std::string id_of(std::string_view id) {
    return std::string(clip(id, keys::id_bytes_max));
}

}  // namespace

Projection::Projection(const KeepConfig& config) : fold_(std::make_unique<Fold>(config)) {}
Projection::~Projection() = default;

views::Projection& Projection::of_views() {
    return *fold_;
}

Status Fold::resume(store::Kv& kv, Offset folded, bool& usable) {
    kv_ = &kv;
    rows_ = std::make_unique<Staged>(kv);
    runs_ = std::make_unique<RunFold>(*rows_, keep_);
    sessions_ = std::make_unique<SessionFold>(*rows_);
    tenants_.clear();
    tenant_ = nullptr;
    batch_.reset();
    open_.reset();
    ARK_TRY(const auto stored, kv.get(store::Space::projected, keys::progress));
    Place place;
    usable = stored ? place.unpack(*stored) && place.folded == folded : folded == Offset{};
    return ok();
}

Tenant& Fold::tenant_of(const std::string& name) {
    if (const auto known = tenants_.find(name); known != tenants_.end()) return known->second;
    auto& fresh = tenants_[name];
    fresh.name = name;
    if (const auto stored = rows_->get(keys::state(name)); stored && !fresh.state.unpack(*stored))
        rows_->fail_with(fail(Errc::corrupt, "a tenant of the reference's rows"));
    return fresh;
}

void Fold::add_watcher(std::string_view change) {
    ++watchers_[keys::watched_tags.find(change.front())];
}

void Fold::remove_watcher(std::string_view change) {
    --watchers_[keys::watched_tags.find(change.front())];
}

std::uint64_t Fold::watchers() const {
    std::uint64_t sum = 0;
    for (const auto& of_tag : watchers_)
        sum += of_tag;
    return sum;
}

/// The tags that somebody watches.
std::string Fold::watched() const {
    std::string tags;
    for (std::size_t i = 0; i < watchers_.size(); ++i) {
        if (watchers_[i] > 0) tags.push_back(keys::watched_tags[i]);
    }
    return tags;
}

void Fold::begin_batch(const model::BatchHeader& batch) {
    close_run();
    if (changes_ == nullptr) {
        if (auto tags = watched(); !tags.empty()) changes_ = std::make_shared<Changes>(std::move(tags));
        runs_->note_changes_in(changes_.get());
        sessions_->note_changes_in(changes_.get());
    }
    batch_ = batch.base;
    received_ms_ = ms_of(batch.received);
    tenant_ = &tenant_of(batch.tenant);
    if (received_ms_ <= tenant_->state.clock_ms) return;
    tenant_->state.clock_ms = received_ms_;
    tenant_->changed = true;
    runs_->end_until(*tenant_, received_ms_);
}

void Fold::apply(const model::BatchHeader& batch, const items::Item& item, bool begins_trace) {
    if (batch_ != batch.base) begin_batch(batch);
    switch (item.type) {
        case items::ItemType::span:
            return take_span(item, begins_trace);
        case items::ItemType::event:
            return take_event(item);
        case items::ItemType::log:
            break;
        case items::ItemType::message:
            return take_message(item);
        case items::ItemType::chunk:
            return take_chunk(item);
        case items::ItemType::deletion:
            return take_deletion(item);
        case items::ItemType::session_update:
            return sessions_->apply(*tenant_, word_of_update(item.record->text), received_ms_, item.offset);
    }
}

/// Gives the item the next number of its kind, in the open run if it continues it.
std::uint64_t Fold::count_in(Kind kind, Offset offset, Run ids) {
    auto& state = tenant_->state.of(kind);
    const auto sequence = state.next++;
    ++state.count;
    tenant_->changed = true;
    const bool continues = open_ && open_->kind == kind && open_->run.offset + open_->run.count == offset &&
                           open_->run.ends_ms == ids.ends_ms && !open_->run.completes && !ids.completes &&
                           open_->run.same_ids(ids);
    if (!continues) {
        close_run();
        ids.offset = offset;
        open_ = Open{tenant_, kind, sequence, std::move(ids)};
    }
    ++open_->run.count;
    return sequence;
}

void Fold::close_run() {
    if (!open_) return;
    runs_->add(*open_->tenant, open_->kind, open_->sequence, open_->run);
    open_.reset();
}

void Fold::take_span(const items::Item& item, bool begins_trace) {
    const auto session = clip(item.facts.session_id, keys::id_bytes_max);
    std::uint64_t sequence = 0;
    if (open_ && open_->kind == Kind::spans && open_->run.session == session) {
        // The usual case, without a copy of the id: the next span of a batch.
        auto& state = tenant_->state.of(Kind::spans);
        sequence = state.next++;
        ++state.count;
        ++open_->run.count;
    } else {
        Run ids;
        ids.session = session;
        sequence = count_in(Kind::spans, item.offset, std::move(ids));
    }
    if (item.trace_id.valid()) runs_->note_trace(*tenant_, item.trace_id, sequence, begins_trace);
}

void Fold::take_event(const items::Item& item) {
    auto word = word_of(item);
    Run ids;
    ids.query = id_of(item.facts.query_id);
    ids.session = id_of(word.session);
    const auto ttl = items::came_as_json(item) ? items::ttl_of(item) : std::chrono::seconds(0);
    if (ttl.count() > 0) ids.ends_ms = received_ms_ + static_cast<std::uint64_t>(ttl.count()) * 1000;
    count_in(Kind::events, item.offset, std::move(ids));
    sessions_->apply(*tenant_, word, received_ms_, item.offset);
}

void Fold::take_message(const items::Item& item) {
    const auto& record = *item.record;
    Run ids;
    ids.conversation = id_of(record.conversation);
    ids.query = id_of(record.query);
    if (record.ttl.count() > 0) ids.ends_ms = received_ms_ + static_cast<std::uint64_t>(record.ttl.count()) * 1000;
    count_in(Kind::messages, item.offset, std::move(ids));
    // All messages of a batch say the same.
    if (item.offset == *batch_) sessions_->note_message(*tenant_, record.conversation, record.query, received_ms_);
}

void Fold::take_chunk(const items::Item& item) {
    const auto& record = *item.record;
    if (record.completes) {
        close_run();
        if (!runs_->may_complete(*tenant_, record.query)) return;
    }
    Run ids;
    ids.query = id_of(record.query);
    ids.completes = record.completes;
    count_in(Kind::chunks, item.offset, std::move(ids));
}

void Fold::take_deletion(const items::Item& item) {
    close_run();
    if (item.record->target == items::Target::sessions) return sessions_->erase(*tenant_);
    runs_->erase(*tenant_, *item.record, item.offset.value() + 1);
}

Status Fold::write(store::WriteBatch& batch, Offset folded) {
    close_run();
    for (auto& [name, tenant] : tenants_) {
        if (!std::exchange(tenant.changed, false)) continue;
        rows_->put(keys::state(name), tenant.state.pack());
    }
    rows_->put(std::string(keys::progress), Place{folded}.pack());
    sessions_->move_in_lists();
    ARK_TRY_STATUS(rows_->write(batch));
    runs_->write(batch);
    sessions_->write(batch);
    return ok();
}

void Fold::committed() {
    runs_->note_changes_in(nullptr);
    sessions_->note_changes_in(nullptr);
    const auto changes = std::exchange(changes_, nullptr);
    if (!listener_) return;
    const auto tags = watched();
    const bool noted = std::all_of(tags.begin(), tags.end(), [&](char tag) { return changes && changes->wants(tag); });
    // Else somebody began to watch while this drain was folded.
    if (!noted) return listener_(nullptr);
    if (changes && !changes->keys().empty()) listener_(changes);
}

}  // namespace ark::reference
