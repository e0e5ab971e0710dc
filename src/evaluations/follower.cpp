#include "evaluations/follower.hpp"

#include "journal/batches.hpp"
#include "telemetry/log.hpp"

#include <utility>

namespace ark::evaluations {
namespace {

using telemetry::log;
using telemetry::LogLevel;

// Wakes come with every commit of the journal: at most so many rounds a second.
constexpr std::chrono::milliseconds round_min{20};
constexpr std::chrono::seconds save_every{5};

}  // namespace

Result<std::optional<Record>> record_at(journal::Journal& journal, Offset offset) {
    journal::Batches batches(journal);
    ARK_TRY(const auto batch, batches.holding(offset));
    std::optional<Record> record;
    if (!batch) return record;
    ARK_TRY_STATUS(items::for_each_item(*batch, [&](const items::Item& item) {
        if (item.offset == offset) record = read_record(item);
        return item.offset < offset;
    }));
    return record;
}

void Follower::start() {
    end_token_ = deps_.journal.on_end([this](Offset) { wake(); });
    thread_ = std::thread([this] { run(); });
}

void Follower::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    end_token_.reset();
}

void Follower::wake() {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(woken_, true)) return;  // each group commit comes here
    }
    wake_.notify_all();
}

bool Follower::stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

void Follower::run() {
    const auto reader = deps_.journal.reader(std::max(index_.folded(), deps_.journal.begin()));
    catch_up(*reader);
    resume_live();
    auto saved = deps_.clock.monotonic_nanos();
    while (!stopping()) {
        catch_up(*reader);
        const auto next = live_.step();
        const auto now = deps_.clock.monotonic_nanos();
        if (now - saved >= static_cast<std::uint64_t>(std::chrono::nanoseconds(save_every).count())) {
            saved = now;
            if (const auto status = index_.save(Index::Save::if_due); !status)
                log(LogLevel::warn, "evaluations", "no checkpoint", {{"cause", status.error().context}});
        }
        sleep(next);
    }
    if (const auto status = index_.save(Index::Save::now); !status)
        log(LogLevel::warn, "evaluations", "no checkpoint", {{"cause", status.error().context}});
}

void Follower::catch_up(journal::Reader& reader) {
    while (!stopping()) {
        const auto batch = reader.next();
        if (!batch && batch.error().code == Errc::expired && reader.position() < deps_.journal.begin()) {
            reader.seek(deps_.journal.begin());
            continue;
        }
        if (!batch) {
            log(LogLevel::error, "evaluations", "the journal cannot be read", {{"cause", batch.error().context}});
            return;
        }
        if (!*batch) return;
        index_.apply(**batch);
    }
}

void Follower::resume_live() {
    for (const auto& row : index_.running())
        resume(row);
}

/// From its first record, which holds the request as it came.
void Follower::resume(const Row& row) {
    const auto skip = [&](std::string_view why) {
        log(LogLevel::warn, "evaluations", "a live evaluation is not taken up again",
            {{"evaluation", row.id}, {"cause", why}});
        // It would be said to run for ever.
        Record ended;
        ended.kind = Record::Kind::failed;
        ended.id = row.id;
        ended.name = row.name;
        ended.subject = row.subject;
        ended.body = JsonValue{JsonValue::Object{{"error", JsonValue{std::string(why)}}}}.dump();
        (void)append_and_wait(deps_.journal, batch_of(ended, row.tenant, deps_.clock.now()));
    };
    const auto record = record_at(deps_.journal, row.first);
    if (!record) return skip(record.error().context);
    if (!*record) return skip("its request is not kept");
    auto request = read_request((*record)->body);
    if (!request) return skip(request.error().context);
    const auto until = row.created + static_cast<std::uint64_t>(request->until.count());
    auto runner = Runner::create(deps_, row.tenant, std::move(*request));
    if (!runner) return skip(runner.error().context);
    runner->begin_at(row.first);
    if (const auto status = live_.add(row.id, std::move(*runner), until); !status) skip(status.error().context);
}

void Follower::sleep(std::optional<std::chrono::nanoseconds> at_most) {
    std::unique_lock lock(mutex_);
    if (!stopping_) wake_.wait_for(lock, round_min, [this] { return stopping_; });
    const auto awake = [this] { return woken_ || stopping_; };
    if (at_most) {
        wake_.wait_for(lock, std::max(*at_most, std::chrono::nanoseconds(round_min)), awake);
    } else {
        wake_.wait(lock, awake);
    }
    woken_ = false;
}

}  // namespace ark::evaluations
