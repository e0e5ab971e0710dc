#include "codec/json_writer.hpp"
#include "reference/handlers.hpp"
#include "reference/page_json.hpp"
#include "reference/sse_watch.hpp"

/// Chunks out: what a model says while it says it.
namespace ark::reference {
namespace {

struct Asked {
    bool from_beginning = false;
    std::optional<std::chrono::seconds> wait;
};

Outcome<Asked> read_asked(const Params& params) {
    constexpr std::uint64_t wait_min = 1;
    constexpr std::uint64_t wait_max = 300;
    Asked asked;
    Issues issues;
    asked.from_beginning = issues.take(params.flag("from-beginning"));
    const auto wait = issues.take(params.whole("wait-for-query", 0));
    // Chunks are sent as they were stored, whatever their size: the parameter is checked for those who send it.
    issues.take(params.whole("max-chunk-size", 1));
    if (issues.any()) return issues.refusal();
    if (wait) asked.wait = std::chrono::seconds(std::clamp(*wait, wait_min, wait_max));
    return asked;
}

std::string completion(Completed outcome, const std::string& query) {
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("status", outcome == Completed::already ? "already_completed" : "completed");
    json.field("query", query).end_object();
    return body;
}

}  // namespace

awaitable<void> get_chunks(Call& call) {
    if (call.params.is("watch", "true")) {
        const auto start = watch_start(call, false, std::nullopt);
        Filter all;
        co_return co_await serve_watch(call, Kind::chunks, std::move(all), start);
    }
    const auto span = page_span(call.params);
    if (!span) co_return co_await call.refuse(span.error());
    auto read = [&call, &span] { return read_page(call.store(), call.tenant, Kind::chunks, Filter{}, *span); };
    co_await call.answer_with(read);
}

awaitable<void> get_query_chunks(Call& call) {
    const auto asked = read_asked(call.params);
    if (!asked) co_return co_await call.refuse(asked.error());
    const auto start = watch_start(call, asked->from_beginning, std::nullopt);
    co_await serve_query_chunks(call, call.path(0), start, asked->wait);
}

awaitable<void> post_complete(Call& call) {
    const auto completed = co_await call.store().complete(call.tenant, call.path(0));
    if (!completed) co_return co_await call.refuse(refusal_of(completed.error()));
    if (*completed == Completed::not_found) co_return co_await call.refuse(not_found("Stream not found"));
    co_await call.answer(200, completion(*completed, call.path(0)));
}

awaitable<void> delete_chunks(Call& call) {
    Erasure all;
    all.kind = Kind::chunks;
    co_await call.erase(std::move(all), "Stream data purged");
}

}  // namespace ark::reference
