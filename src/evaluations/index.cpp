#include "evaluations/index.hpp"

#include "codec/json_writer.hpp"
#include "items/items.hpp"

#include <algorithm>
#include <array>

namespace ark::evaluations {
namespace {

constexpr std::int64_t checkpoint_version = 1;
constexpr std::uint64_t progress_items = 1'000'000;  // read again at most so many items after a crash

constexpr std::array<std::pair<Row::State, std::string_view>, 4> states{{{Row::State::running, "running"},
                                                                         {Row::State::done, "done"},
                                                                         {Row::State::failed, "error"},
                                                                         {Row::State::canceled, "canceled"}}};

std::string key_of(std::string_view tenant, std::string_view id) {
    return std::string(tenant) + '\0' + std::string(id);
}

void write_row(codec::JsonWriter& json, const Row& row) {
    json.begin_object();
    json.field("id", row.id).field("tenant", row.tenant).field("name", row.name).field("state", name(row.state));
    json.field("query", row.subject.query).field("session", row.subject.session);
    json.field("passed", row.passed).field("score", row.score).field("hasResult", row.has_result);
    json.field("elsewhere", row.elsewhere);
    json.field("created", row.created.value()).field("updated", row.updated.value());
    json.field("first", row.first.value()).field("latest", row.latest.value());
    json.end_object();
}

std::uint64_t number(const JsonValue& json) {
    return static_cast<std::uint64_t>(json.integer());
}

Row read_row(const JsonValue& json) {
    Row row;
    row.id = json["id"].text();
    row.tenant = json["tenant"].text();
    row.name = json["name"].text();
    for (const auto& [state, word] : states) {
        if (json["state"].text() == word) row.state = state;
    }
    row.subject.query = json["query"].text();
    row.subject.session = json["session"].text();
    row.passed = json["passed"].boolean();
    row.score = json["score"].real();
    row.has_result = json["hasResult"].boolean();
    row.elsewhere = json["elsewhere"].boolean();
    row.created = UnixNanos{number(json["created"])};
    row.updated = UnixNanos{number(json["updated"])};
    row.first = Offset{number(json["first"])};
    row.latest = Offset{number(json["latest"])};
    return row;
}

Row::State state_after(Record::Kind kind) {
    switch (kind) {
        case Record::Kind::done:
            return Row::State::done;
        case Record::Kind::failed:
            return Row::State::failed;
        case Record::Kind::canceled:
            return Row::State::canceled;
        case Record::Kind::started:
        case Record::Kind::changed:
            break;
    }
    return Row::State::running;
}

bool chosen(const Row& row, const Index::Choice& choice) {
    return (choice.query.empty() || row.subject.query == choice.query) &&
           (choice.session.empty() || row.subject.session == choice.session) &&
           (choice.name.empty() || row.name == choice.name) && (!choice.passed || row.passed == *choice.passed) &&
           (!choice.state || row.state == *choice.state);
}

}  // namespace

std::string_view name(Row::State state) {
    return std::find_if(states.begin(), states.end(), [state](const auto& each) { return each.first == state; })
        ->second;
}

Index::Index(disk::Disk& disk, std::string path, Epoch epoch) : disk_(disk), path_(std::move(path)), epoch_(epoch) {
    load(epoch);
}

void Index::load(Epoch epoch) {
    const auto text = disk_.read_file(path_);
    if (!text) return;
    const auto json = JsonValue::parse(*text);
    if (!json || (*json)["version"].integer() != checkpoint_version || number((*json)["epoch"]) != epoch.value())
        return;
    folded_ = saved_ = Offset{number((*json)["folded"])};
    for (const auto& each : (*json)["rows"].array()) {
        rows_.push_back(read_row(each));
        by_id_[key_of(rows_.back().tenant, rows_.back().id)] = rows_.back().first.value();
    }
}

Offset Index::folded() const {
    const std::lock_guard lock(mutex_);
    return folded_;
}

std::size_t Index::size() const {
    const std::lock_guard lock(mutex_);
    return rows_.size();
}

void Index::apply(const model::Batch& batch) {
    const std::lock_guard lock(mutex_);
    if (batch.end() <= folded_) return;
    if (may_hold_records(batch)) {
        // What is no batch of items was stored by nobody: the gate checks them.
        (void)items::for_each_item(batch, [&](const items::Item& item) {
            const auto record = read_record(item);
            if (record && item.offset >= folded_) take(*record, batch, item.offset);
            return true;
        });
    }
    folded_ = batch.end();
}

void Index::take(const Record& record, const model::Batch& batch, Offset offset) {
    const auto& tenant = batch.header().tenant;
    auto [known, fresh] = by_id_.try_emplace(key_of(tenant, record.id), offset.value());
    if (fresh) {
        Row row;
        row.id = record.id;
        row.tenant = tenant;
        row.name = record.name;
        row.subject = record.subject;
        row.elsewhere = record.elsewhere;
        row.created = batch.header().received;
        row.first = offset;
        rows_.push_back(std::move(row));
        if (rows_.size() > rows_max) {
            by_id_.erase(key_of(rows_.front().tenant, rows_.front().id));
            rows_.pop_front();
        }
    }
    const auto row = std::lower_bound(rows_.begin(), rows_.end(), known->second,
                                      [](const Row& each, std::uint64_t first) { return each.first.value() < first; });
    if (row == rows_.end() || row->id != record.id) return;
    row->state = state_after(record.kind);
    if (record.kind == Record::Kind::changed || record.kind == Record::Kind::done) {
        row->passed = record.passed;
        row->score = record.score;
        row->has_result = true;
    }
    row->latest = offset;
    row->updated = batch.header().received;
    changed_ = true;
}

Status Index::save(Save why) {
    std::string text;
    {
        const std::lock_guard lock(mutex_);
        if (!changed_ && folded_ - saved_ < progress_items && why == Save::if_due) return ok();
        codec::JsonWriter json(text);
        json.begin_object().field("version", checkpoint_version).field("epoch", std::uint64_t{epoch_.value()});
        json.field("folded", folded_.value()).key("rows").begin_array();
        for (const auto& row : rows_)
            write_row(json, row);
        json.end_array().end_object();
        changed_ = false;
        saved_ = folded_;
    }
    return disk_.write_file(path_, text);
}

std::optional<Row> Index::find(std::string_view tenant, std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto known = by_id_.find(key_of(tenant, id));
    if (known == by_id_.end()) return std::nullopt;
    const auto row = std::lower_bound(rows_.begin(), rows_.end(), known->second,
                                      [](const Row& each, std::uint64_t first) { return each.first.value() < first; });
    return row == rows_.end() ? std::nullopt : std::optional(*row);
}

std::vector<Row> Index::list(std::string_view tenant, const Choice& choice, Offset before, std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    std::vector<Row> out;
    for (auto row = rows_.rbegin(); row != rows_.rend() && out.size() < limit; ++row) {
        const bool older = before == Offset{} || row->first < before;
        if (older && row->tenant == tenant && chosen(*row, choice)) out.push_back(*row);
    }
    return out;
}

std::vector<Row> Index::running() const {
    const std::lock_guard lock(mutex_);
    std::vector<Row> out;
    std::copy_if(rows_.begin(), rows_.end(), std::back_inserter(out),
                 [](const Row& row) { return row.state == Row::State::running && !row.elsewhere; });
    return out;
}

}  // namespace ark::evaluations
