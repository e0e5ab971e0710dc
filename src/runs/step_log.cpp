#include "runs/step_log.hpp"

#include "codec/json_value.hpp"
#include "codec/json_writer.hpp"
#include "disk/record_log.hpp"

#include <algorithm>
#include <utility>

namespace ark::runs {
namespace {

constexpr std::uint8_t kind_begun = 1;
constexpr std::uint8_t kind_step = 2;

std::string begun_text(std::string_view path, UnixNanos at) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("path", path).field("at", at.value()).end_object();
    return text;
}

std::string step_text(const agents::Step& step) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("path", step.path).field("kind", step.kind).field("inputs", step.inputs);
    json.field("result", step.result).end_object();
    return text;
}

}  // namespace

struct StepLog::State {
    std::unique_ptr<disk::RecordLog> file;
};

awaitable<Result<std::unique_ptr<StepLog>>> StepLog::open(disk::Disk& disk, runtime::WorkPool& pool, const Clock& clock,
                                                          std::string path, Flush flush) {
    auto executor = co_await asio::this_coro::executor;
    std::unique_ptr<StepLog> log(new StepLog(pool, clock, std::move(flush), executor));
    log->state_ = std::make_shared<State>();
    auto read = [&]() -> Status {
        const auto take = [&](const disk::LoggedRecord& record) -> Status {
            ARK_TRY(const auto json, codec::JsonValue::parse(record.payload));
            std::string at(json["path"].text());
            if (record.kind == kind_begun) {
                log->begun_[std::move(at)] = UnixNanos{static_cast<std::uint64_t>(json["at"].integer())};
                return ok();
            }
            agents::Step step;
            step.path = at;
            step.kind = json["kind"].text();
            step.inputs = json["inputs"].text();
            step.result = json["result"].text();
            log->order_.push_back(at);
            log->steps_[std::move(at)] = std::move(step);
            return ok();
        };
        ARK_TRY(log->state_->file, disk::RecordLog::open(disk, path, take));
        // So that a new file's name is as durable as what will be in it.
        const auto slash = path.rfind('/');
        return disk.sync_directory(slash == std::string::npos ? "." : path.substr(0, slash));
    };
    const auto status = co_await runtime::on(pool, read);
    if (!status) co_return prefix(status.error(), "steps of the run");
    co_return log;
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
    Begun begun;
    if (const auto before = begun_.find(path); before != begun_.end()) {
        begun.at = before->second;
        begun.before = true;
        return begun;
    }
    begun.at = clock_.now();
    const auto inserted = beginning_.emplace(std::string(path), begun.at);
    begun.at = inserted.first->second;
    if (inserted.second) unwritten_.emplace_back(path);
    return begun;
}

awaitable<Status> StepLog::record(agents::Step step) {
    order_.push_back(step.path);
    waiting_.push_back(step);
    auto path = step.path;
    steps_[std::move(path)] = std::move(step);
    const auto mine = ++asked_;
    if (!writing_) {
        writing_ = true;
        while (!waiting_.empty())
            co_await write();
        writing_ = false;
    }
    while (written_ < mine)
        co_await written_bell_.wait();
    co_return status_;
}

/// What waits, with one write and one sync. Beginnings go with the first step behind them: their events were flushed
/// with it.
awaitable<void> StepLog::write() {
    const auto until = asked_;
    const auto steps = std::exchange(waiting_, {});
    const auto beginnings = std::exchange(unwritten_, {});
    co_await flush_();
    disk::RecordLog::Frames frames;
    for (const auto& path : beginnings)
        frames.add(kind_begun, begun_text(path, beginning_.find(path)->second));
    for (const auto& step : steps)
        frames.add(kind_step, step_text(step));
    const auto state = state_;
    auto append = [&]() -> Status {
        ARK_TRY_STATUS(state->file->append(frames));
        return state->file->sync();
    };
    const auto status = co_await runtime::on(pool_, append);
    if (!status && status_) status_ = prefix(status.error(), "steps of the run");
    written_ = until;
    written_bell_.ring();
}

awaitable<Status> StepLog::reuse(const StepLog& other, std::string from) {
    const auto end = std::find(other.order_.begin(), other.order_.end(), from);
    if (!from.empty() && end == other.order_.end()) co_return fail(Errc::not_found, "the run has no step " + from);
    for (auto path = other.order_.begin(); path != end; ++path) {
        // What the step itself left on its way: a person's word, a task elsewhere. It is taken anew, and so are they.
        if (!from.empty() && path->starts_with(from + "/")) continue;
        auto step = other.steps_.find(*path)->second;
        const auto status = co_await record(std::move(step));
        if (!status) co_return status;
    }
    co_return ok();
}

}  // namespace ark::runs
