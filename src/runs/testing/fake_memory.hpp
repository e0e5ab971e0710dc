#pragma once
// A memory and a chunk stream that keep what they get, for tests.
#include "codec/json_value.hpp"
#include "emit/chunk_streams.hpp"
#include "runs/memory.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ark::runs {

class FakeMemory final : public Memory {
public:
    struct Kept {
        std::string conversation;
        std::string query;
        codec::JsonValue message;
    };

    awaitable<Result<std::string>> begin(std::stop_token) override {
        if (away) co_return fail(Errc::connect, "scripted");
        co_return std::string("c-new");
    }
    awaitable<Result<History>> read(std::string conversation, std::stop_token) override {
        ++reads;
        if (away) co_return fail(Errc::connect, "scripted");
        History history;
        for (std::size_t i = 0; i < kept.size(); ++i) {
            if (kept[i].conversation != conversation) continue;
            history.messages.push_back(*llm::parse_message(kept[i].message));
            history.last = i + 1;
        }
        co_return history;
    }
    awaitable<Result<std::size_t>> count(std::string conversation, std::string query, std::uint64_t after,
                                         std::stop_token) override {
        std::size_t found = 0;
        for (std::size_t i = after; i < kept.size(); ++i)
            found += kept[i].conversation == conversation && kept[i].query == query ? 1 : 0;
        co_return found;
    }
    awaitable<Status> add(std::string conversation, std::string query, std::string messages, std::chrono::seconds,
                          std::stop_token) override {
        ++adds;
        if (away) co_return fail(Errc::connect, "scripted");
        const auto list = codec::JsonValue::parse(messages);
        for (const auto& message : list->array())
            kept.push_back({conversation, query, message});
        if (on_added) co_return on_added();
        co_return ok();
    }
    awaitable<Status> forget(std::string conversation, std::string query, std::stop_token) override {
        ++forgets;
        if (away) co_return fail(Errc::connect, "scripted");
        std::erase_if(kept, [&](const Kept& each) { return each.conversation == conversation && each.query == query; });
        co_return ok();
    }

    std::vector<Kept> kept;
    bool away = false;
    int reads = 0;
    int adds = 0;
    int forgets = 0;
    std::function<Status()> on_added;  // what becomes of the answer to an add()
};

class KeptStream final : public emit::ChunkStream {
public:
    KeptStream(std::vector<std::string>& lines, int& complete) : lines_(lines), complete_(complete) {}
    void line(std::string json) override { lines_.push_back(std::move(json)); }
    void complete() override { ++complete_; }

private:
    std::vector<std::string>& lines_;
    int& complete_;
};

}  // namespace ark::runs
