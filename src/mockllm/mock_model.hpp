#pragma once
#include "mockllm/script.hpp"
#include "net/http.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>

namespace ark::mockllm {

/// An OpenAI-compatible endpoint that plays a script: `/v1/chat/completions` and `/v1/models`, streamed or not.
///
/// Built once, then used from every net thread: only the counters of `times` and of requests change. Outlives the
/// server that its routes are given to.
class MockModel {
public:
    explicit MockModel(Script script);

    void add_routes(net::Router& router);
    /// Ends all waits, so that a server which is stopped next need not wait for them.
    void stop() { stop_.request_stop(); }
    /// Conversations that were to be answered; lists of models do not count.
    std::uint64_t requests() const { return requests_; }

private:
    struct Answer;
    awaitable<void> complete(net::Exchange& exchange);
    awaitable<void> list_models(net::Exchange& exchange);
    awaitable<void> answer_whole(net::Exchange& exchange, const Answer& answer);
    awaitable<void> answer_in_pieces(net::Exchange& exchange, const Answer& answer);
    bool may_use(const Rule& rule);
    /// The answer to who does not know the script's key; nothing: they may ask.
    std::optional<net::Response> refused_key(const net::Exchange& exchange) const;

    const Script script_;
    std::unique_ptr<std::atomic<std::int64_t>[]> used_;  // of each rule, by position
    std::atomic<std::uint64_t> requests_ = 0;
    std::stop_source stop_;
};

}  // namespace ark::mockllm
