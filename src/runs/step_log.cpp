#include "runs/step_log.hpp"

#include "codec/json_value.hpp"
#include "codec/json_writer.hpp"
#include "disk/record_log.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace ark::runs {
namespace {

// Records of a file, and of a note: kind, size of the run's uid (both one byte), uid, payload.
constexpr std::uint8_t kind_begun = 1;
constexpr std::uint8_t kind_step = 2;
constexpr std::uint8_t kind_ended = 3;
constexpr std::uint8_t kind_forgotten = 4;  // only in notes: the file goes

std::string begun_text(std::string_view path, UnixNanos at) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("path", path).field("at", at.value()).end_object();
    return text;
}

std::string ended_text(std::string_view path, agents::Ended how) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("path", path).field("well", how == agents::Ended::well).end_object();
    return text;
}

std::string step_text(const agents::Step& step) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("path", step.path).field("kind", step.kind).field("inputs", step.inputs);
    json.field("result", step.result).end_object();
    return text;
}

std::string note_text(std::uint8_t kind, std::string_view uid, std::string_view payload) {
    std::string text;
    text.reserve(2 + uid.size() + payload.size());
    text.push_back(static_cast<char>(kind));
    text.push_back(static_cast<char>(uid.size()));
    text += uid;
    text += payload;
    return text;
}

struct Note {
    std::uint8_t kind = 0;
    std::string_view uid;
    std::string_view payload;
};

Note parse_note(std::string_view text) {
    Note note;
    if (text.size() < 2) return note;
    const auto size = static_cast<unsigned char>(text[1]);
    if (text.size() < 2u + size) return note;
    note.kind = static_cast<std::uint8_t>(text[0]);
    note.uid = text.substr(2, size);
    note.payload = text.substr(2u + size);
    return note;
}

}  // namespace

Status StepLog::take(std::uint8_t kind, std::string_view payload) {
    ARK_TRY(const auto json, codec::JsonValue::parse(payload));
    std::string at(json["path"].text());
    if (kind == kind_begun) {
        auto& lasting = lasting_[std::move(at)];
        lasting.began = UnixNanos{static_cast<std::uint64_t>(json["at"].integer())};
        lasting.before = true;
        return ok();
    }
    if (kind == kind_ended) {
        lasting_[std::move(at)].ended = json["well"].boolean() ? agents::Ended::well : agents::Ended::badly;
        return ok();
    }
    agents::Step step;
    step.path = at;
    step.kind = json["kind"].text();
    step.inputs = json["inputs"].text();
    step.result = json["result"].text();
    order_.push_back(at);
    steps_[std::move(at)] = std::move(step);
    return ok();
}

void StepLog::note(std::uint8_t kind, std::string_view payload) {
    notary_.note(note_text(kind, uid_, payload));
}

const std::string* StepLog::find(std::string_view path, std::string_view inputs) const {
    const auto found = steps_.find(path);
    return found != steps_.end() && found->second.inputs == inputs ? &found->second.result : nullptr;
}

const agents::Step* StepLog::at(std::string_view path) const {
    const auto found = steps_.find(path);
    return found != steps_.end() ? &found->second : nullptr;
}

agents::Steps::Begun StepLog::begin(std::string_view path) {
    auto found = lasting_.find(path);
    if (found == lasting_.end()) {
        Lasting lasting;
        lasting.began = clock_.now();
        found = lasting_.emplace(std::string(path), lasting).first;
        note(kind_begun, begun_text(path, lasting.began));
    }
    Begun begun;
    begun.at = found->second.began;
    begun.before = found->second.before;
    begun.ended = found->second.ended;
    return begun;
}

void StepLog::end(std::string_view path, agents::Ended how) {
    lasting_[std::string(path)].ended = how;
    note(kind_ended, ended_text(path, how));
}

awaitable<Status> StepLog::record(agents::Step step) {
    note(kind_step, step_text(step));
    order_.push_back(step.path);
    auto path = step.path;
    steps_[std::move(path)] = std::move(step);
    const auto status = co_await notary_.commit();
    if (!status) co_return prefix(status.error(), "steps of the run");
    co_return ok();
}

awaitable<Status> StepLog::reuse(const StepLog& other, std::string from) {
    const auto end = std::find(other.order_.begin(), other.order_.end(), from);
    if (!from.empty() && end == other.order_.end()) co_return fail(Errc::not_found, "the run has no step " + from);
    for (auto path = other.order_.begin(); path != end; ++path) {
        // What the step itself left on its way: a person's word, a task elsewhere. It is taken anew, and so are they.
        if (!from.empty() && path->starts_with(from + "/")) continue;
        const auto& step = other.steps_.find(*path)->second;
        note(kind_step, step_text(step));
        order_.push_back(*path);
        steps_[*path] = step;
    }
    const auto status = co_await notary_.commit();
    co_return status;
}

std::string StepLogs::path(std::string_view uid) const {
    return fmt::format("{}/{}.steps", directory_, uid);
}

awaitable<Result<std::unique_ptr<StepLog>>> StepLogs::open(std::string uid) {
    if (!settled_ || noted_.count(uid) > 0) {
        const auto status = co_await notary_->settle();
        if (!status) co_return prefix(status.error(), "steps of the run");
        settled_ = true;
    }
    noted_.insert(uid);
    std::unique_ptr<StepLog> log(new StepLog(*notary_, clock_, uid));
    const auto file = path(uid);
    if (!disk_.exists(file)) co_return log;
    auto read = [&]() -> Status {
        const auto take = [&](const disk::LoggedRecord& record) { return log->take(record.kind, record.payload); };
        auto opened = disk::RecordLog::open(disk_, file, take);
        return opened ? ok() : opened.error();
    };
    const auto status = co_await runtime::on(pool_, read);
    if (!status) co_return prefix(status.error(), "steps of the run");
    co_return log;
}

awaitable<Result<std::unique_ptr<StepLog>>> StepLogs::open_existing(std::string uid) {
    auto opened = co_await open(std::move(uid));
    if (opened && (*opened)->order().empty()) co_return fail(Errc::not_found, "the steps of the run are gone");
    co_return opened;
}

void StepLogs::forget(const std::string& uid) {
    noted_.erase(uid);
    notary_->note(note_text(kind_forgotten, uid, {}));
}

awaitable<Status> StepLogs::keep(std::vector<std::shared_ptr<const emit::Parcel::Notes>> notes) {
    auto write = [&]() -> Status {
        // The directory may be new, and so may be the names of files in it.
        ARK_TRY_STATUS(disk_.create_directories(directory_));
        std::map<std::string, std::vector<std::string>> runs;
        for (const auto& some : notes) {
            for (const auto& text : *some) {
                const auto note = parse_note(text);
                std::string uid(note.uid);
                if (note.kind == kind_forgotten) {
                    runs.erase(uid);
                    if (!disk_.exists(path(uid))) continue;
                    ARK_TRY_STATUS(disk_.remove(path(uid)));
                    continue;
                }
                runs[std::move(uid)].push_back(text);
            }
        }
        for (const auto& [uid, its] : runs) {
            ARK_TRY_STATUS(append(uid, its));
        }
        return disk_.sync_directory(directory_);
    };
    const auto status = co_await runtime::on(pool_, write);
    co_return status;
}

/// Those that the file lacks: after a crash some come again.
Status StepLogs::append(const std::string& uid, const std::vector<std::string>& notes) const {
    std::set<std::string> there;  // as notes
    const auto take = [&](const disk::LoggedRecord& record) {
        there.insert(note_text(record.kind, uid, record.payload));
        return ok();
    };
    ARK_TRY(const auto file, disk::RecordLog::open(disk_, path(uid), take));
    disk::RecordLog::Frames frames;
    for (const auto& text : notes) {
        const auto note = parse_note(text);
        if (there.count(text) == 0) frames.add(note.kind, note.payload);
    }
    if (frames.bytes() == 0) return ok();
    ARK_TRY_STATUS(file->append(frames));
    return file->sync();
}

}  // namespace ark::runs
