#include "demo/visitors.hpp"

#include "base/random.hpp"
#include "codec/json_writer.hpp"
#include "net/http_client.hpp"
#include "runtime/io_pool.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"

#include <algorithm>
#include <atomic>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

namespace ark::demo {
namespace {

using codec::JsonValue;
using std::chrono::milliseconds;

constexpr milliseconds look_interval{400};
constexpr milliseconds retry_interval{2'000};
constexpr milliseconds request_timeout{10'000};
constexpr milliseconds patience{120'000};  // for one answer; then the visitor goes on
constexpr std::size_t answer_bytes_max = 8u << 20;
constexpr const char* base = "/apis/ark.mckinsey.com/v1alpha1/namespaces/default";

bool is_over(std::string_view phase) {
    return phase == "done" || phase == "error" || phase == "canceled";
}

class RealVisitors final : public Visitors {
public:
    explicit RealVisitors(VisitorsConfig config) : config_(std::move(config)), random_(config_.seed), pool_(1) {
        auto& context = pool_.context(0);
        client_ = net::HttpClient::create(context, {});
        scope_ = std::make_unique<runtime::Scope>(context.get_executor());
    }
    ~RealVisitors() override { stop(); }

    void start() override {
        for (unsigned i = 0; i < config_.visitors; ++i)
            scope_->spawn(visit_for_ever(i));
        pool_.start();
        started_ = true;
    }

    void stop() override {
        if (stopped_) return;
        stopped_ = true;
        stop_.request_stop();
        if (!started_) pool_.start();
        asio::co_spawn(pool_.context(0), scope_->close(), asio::use_future).wait();
        pool_.stop();
    }

    std::uint64_t questions() const override { return questions_; }

private:
    awaitable<void> visit_for_ever(unsigned number) {
        // Not all at once.
        const auto at_first = config_.pause_min * number / std::max(1u, config_.visitors);
        auto going = co_await runtime::sleep_for(at_first, stop_.get_token());
        while (going) {
            const auto& visit = next_visit();
            const auto session = fmt::format("{}-{:04x}", visit.name, random_.next() & 0xffff);
            for (const auto& question : visit.questions) {
                co_await ask(question, visit.name, session);
                const auto pause = pause_between();
                going = co_await runtime::sleep_for(pause, stop_.get_token());
                if (!going) break;
            }
        }
    }

    /// All of them once, in an order of chance, before one comes again.
    const Visit& next_visit() {
        if (deck_.empty()) {
            for (std::size_t i = 0; i < config_.visits.size(); ++i)
                deck_.insert(deck_.begin() + static_cast<std::ptrdiff_t>(random_.next() % (i + 1)), i);
        }
        const auto index = deck_.back();
        deck_.pop_back();
        return config_.visits[index];
    }

    milliseconds pause_between() {
        const auto span = static_cast<double>((config_.pause_max - config_.pause_min).count());
        return config_.pause_min + milliseconds(static_cast<std::int64_t>(random_.uniform() * span));
    }

    awaitable<void> ask(const Question& question, std::string visit, std::string session) {
        auto body = query_json(question, visit, session, config_.ttl);
        auto asked = co_await send("POST", fmt::format("{}/queries", base), std::move(body));
        if (!asked) {
            const auto slept = co_await runtime::sleep_for(retry_interval, stop_.get_token());
            static_cast<void>(slept);  // a stop is seen by who called
            co_return;
        }
        ++questions_;
        const auto one = fmt::format("{}/queries/{}", base, (*asked)["metadata"]["name"].text());
        for (auto waited = milliseconds(0); waited < patience; waited += look_interval) {
            const auto slept = co_await runtime::sleep_for(look_interval, stop_.get_token());
            if (!slept) co_return;
            auto query = co_await send("GET", one, "");
            if (!query || is_over((*query)["status"]["phase"].text())) co_return;
            if ((*query)["status"]["phase"].text() != "input-required") continue;
            if (question.decision.empty()) co_return;  // it waits for whoever reads this on the screen
            const std::string task((*query)["status"]["questions"][0]["task"].text());
            co_await decide(task, question.decision);
        }
    }

    /// After a moment of thought, as an A2ATask's input.
    awaitable<void> decide(std::string task, std::string decision) {
        const auto thought = pause_between();
        const auto slept = co_await runtime::sleep_for(thought, stop_.get_token());
        if (!slept) co_return;
        std::string input;
        codec::JsonWriter answer(input);
        answer.begin_object().field("decision", decision).field("by", "visitor").end_object();
        std::string body;
        codec::JsonWriter json(body);
        json.begin_object().key("spec").begin_object().field("input", input).end_object().end_object();
        const auto told = co_await send("PATCH", fmt::format("{}/a2atasks/{}", base, task), std::move(body));
        static_cast<void>(told);  // somebody else may have been faster
    }

    awaitable<Result<JsonValue>> send(std::string method, std::string target, std::string body) {
        net::HttpRequest request;
        request.method = std::move(method);
        request.url = config_.controller + target;
        request.fields.add("content-type",
                           request.method == "PATCH" ? "application/merge-patch+json" : "application/json");
        request.fields.add("accept", "application/json");
        request.body = std::move(body);
        request.timeout = request_timeout;
        request.stop = stop_.get_token();
        auto response = co_await client_->fetch(std::move(request), answer_bytes_max);
        if (!response) co_return response.error();
        if (response->status >= 300)
            co_return fail(Errc::unavailable, fmt::format("the controller answers {}", response->status));
        co_return JsonValue::parse(response->body);
    }

    const VisitorsConfig config_;
    Random random_;                  // the thread's
    std::vector<std::size_t> deck_;  // the thread's: visits that are still to come
    std::stop_source stop_;
    std::atomic<std::uint64_t> questions_ = 0;
    bool started_ = false;
    bool stopped_ = false;
    runtime::IoPool pool_;
    std::unique_ptr<net::HttpClient> client_;
    std::unique_ptr<runtime::Scope> scope_;
};

}  // namespace

std::unique_ptr<Visitors> Visitors::create(VisitorsConfig config) {
    return std::make_unique<RealVisitors>(std::move(config));
}

}  // namespace ark::demo
