#pragma once
// A store in memory that does what store.hpp promises, as plainly as possible: what the routes are tested against, and
// nothing of sessions but their names. One thread.
#include "reference/json_text.hpp"
#include "reference/store.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

namespace ark::reference::testing {

class MemoryStore final : public Store {
public:
    struct Item {
        std::uint64_t sequence = 0;
        std::string conversation, query, session;
        TraceId trace;
        std::string shown;  // as pages show it
        std::string bare;   // as watchers see it
        bool complete = false;
    };

    /// What the next write or read fails with, for once.
    std::optional<Error> failure;
    std::optional<std::chrono::seconds> last_ttl;

    void add_span(const TraceId& trace, std::string session, std::string json) {
        Item item;
        item.trace = trace;
        item.session = std::move(session);
        item.shown = item.bare = std::move(json);
        add(Kind::spans, std::move(item));
    }

    awaitable<Status> caught_up() override {
        if (failure) co_return take_failure();
        co_return ok();
    }

    Result<RowsPage> page(std::string_view, Kind kind, const Filter& filter, std::uint64_t after,
                          std::size_t limit) override {
        RowsPage page;
        for (const auto& item : items_[kind]) {
            if (!passes(filter, item)) continue;
            ++page.total;
            if (item.sequence <= after) continue;
            if (page.rows.size() == limit) {
                page.has_more = true;
            } else {
                page.rows.push_back({item.sequence, item.shown});
            }
        }
        return page;
    }

    Result<TracesPage> traces(std::string_view, std::string_view session, std::optional<std::uint64_t> before,
                              std::size_t limit) override {
        Filter filter;
        filter.session = session;
        std::vector<TraceSpans> all;
        for (const auto& item : items_[Kind::spans]) {
            if (!passes(filter, item)) continue;
            auto known = std::find_if(all.begin(), all.end(), [&](const auto& t) { return t.id == item.trace; });
            if (known == all.end()) known = all.insert(all.end(), {item.trace, item.sequence, {}});
            known->spans.push_back(item.shown);
        }
        TracesPage page;
        page.total = all.size();
        for (auto trace = all.rbegin(); trace != all.rend(); ++trace) {
            if (before && trace->first_sequence >= *before) continue;
            if (page.traces.size() == limit) {
                page.has_more = true;
            } else {
                page.traces.push_back(*trace);
            }
        }
        return page;
    }

    Result<std::optional<TraceSpans>> trace(std::string_view, const TraceId& id) override {
        TraceSpans found{id, 0, {}};
        for (const auto& item : items_[Kind::spans]) {
            if (item.trace == id) found.spans.push_back(item.shown);
        }
        return found.spans.empty() ? std::optional<TraceSpans>() : found;
    }

    Result<MemoryStatus> memory_status(std::string_view) override {
        MemoryStatus status;
        std::map<std::string, std::set<std::string>> queries;
        for (const auto& item : items_[Kind::messages]) {
            ++status.messages;
            auto& all = status.conversations;
            auto known = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.id == item.conversation; });
            if (known == all.end()) known = all.insert(all.end(), {item.conversation, 0, 0});
            ++known->messages;
            auto& of_conversation = queries[item.conversation];
            of_conversation.insert(item.query);
            known->queries = of_conversation.size();
        }
        return status;
    }

    Result<std::vector<SessionText>> sessions(std::string_view) override { return all_sessions(); }
    Result<SessionsPage> sessions_page(std::string_view, const SessionsRequest& request) override {
        last_sessions_request = request;
        SessionsPage page;
        page.total = page.idle = sessions_.size();
        for (std::size_t i = request.offset; i < sessions_.size() && page.sessions.size() < request.limit; ++i)
            page.sessions.push_back(all_sessions()[i]);
        page.has_more = request.offset + page.sessions.size() < page.total;
        return page;
    }
    Result<std::optional<SessionText>> session(std::string_view, std::string_view id) override {
        for (auto& session : all_sessions()) {
            if (session.id == id) return std::optional(session);
        }
        return std::optional<SessionText>();
    }
    SessionsRequest last_sessions_request;

    Result<StreamState> stream_state(std::string_view, std::string_view query) override {
        auto state = StreamState::none;
        for (const auto& item : items_[Kind::chunks]) {
            if (item.query != query) continue;
            state = item.complete || state == StreamState::complete ? StreamState::complete : StreamState::open;
        }
        return state;
    }

    awaitable<Result<journal::Receipt>> append_messages(std::string, std::string conversation, std::string query,
                                                        std::vector<std::string> messages,
                                                        std::optional<std::chrono::seconds> ttl) override {
        if (failure) co_return take_failure();
        last_ttl = ttl;
        for (const auto& message : messages) {
            Item item;
            item.conversation = conversation;
            item.query = query;
            item.shown = fmt::format(R"({{"conversation_id":"{}","query_id":"{}","message":{},"sequence":{}}})",
                                     conversation, query, message, next_[Kind::messages] + 1);
            item.bare = item.shown;
            add(Kind::messages, std::move(item));
        }
        co_return journal::Receipt{};
    }
    awaitable<Result<journal::Receipt>> append_events(std::string, std::string events) override {
        if (failure) co_return take_failure();
        const JsonView all(events);
        if (all.is(JsonType::array)) {
            all.for_each_element([this](JsonView event) { add_event(event); });
        } else {
            add_event(all);
        }
        co_return journal::Receipt{};
    }
    awaitable<Result<journal::Receipt>> append_chunks(std::string, std::string query,
                                                      std::vector<std::string> chunks) override {
        if (failure) co_return take_failure();
        for (auto& chunk : chunks)
            add_chunk(query, std::move(chunk), false);
        co_return journal::Receipt{};
    }
    awaitable<Result<Completed>> complete(std::string tenant, std::string query) override {
        const auto state = stream_state(tenant, query);
        if (*state == StreamState::none) co_return Completed::not_found;
        if (*state == StreamState::complete) co_return Completed::already;
        add_chunk(query, R"("[DONE]")", true);
        co_return Completed::completed;
    }
    awaitable<Result<journal::Receipt>> apply_session(std::string, std::string body) override {
        if (failure) co_return take_failure();
        sessions_.push_back(JsonView(body).find("sessionId").string());
        co_return journal::Receipt{};
    }
    awaitable<Result<journal::Receipt>> erase(std::string, Erasure erasure) override {
        if (failure) co_return take_failure();
        if (erasure.kind == Kind::sessions) sessions_.clear();
        const bool whole = erasure.conversation.empty() && erasure.query.empty();
        Filter filter;
        filter.conversation = erasure.conversation;
        filter.query = erasure.query;
        std::erase_if(items_[erasure.kind], [&](const Item& item) { return passes(filter, item); });
        if (whole) next_[erasure.kind] = 0;
        co_return journal::Receipt{};
    }

    awaitable<Result<std::unique_ptr<Watch>>> watch(std::string, Kind kind, Filter filter, Start start,
                                                    std::size_t) override {
        auto executor = co_await asio::this_coro::executor;
        auto watch = std::make_unique<MemoryWatch>(*this, kind, std::move(filter), start, executor);
        co_return std::unique_ptr<Watch>(std::move(watch));
    }

    StoreStatus status() const override { return {}; }
    void stop() override {}

private:
    /// Looks every few milliseconds: a test has the time.
    class MemoryWatch final : public Watch {
    public:
        MemoryWatch(MemoryStore& store, Kind kind, Filter filter, Start start, asio::any_io_executor executor)
            : store_(store), kind_(kind), filter_(std::move(filter)), timer_(std::move(executor)) {
            newest_ = store_.next_[kind_];
            seen_ = start.at == Start::At::live ? newest_ : start.at == Start::At::behind ? start.sequence : 0;
        }
        awaitable<Result<Frames>> next(std::chrono::milliseconds patience) override {
            Frames frames;
            for (; !canceled_ && patience.count() >= 0; patience -= step) {
                if (collect(frames)) co_return frames;
                boost::system::error_code ignored;
                timer_.expires_after(step);
                co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            }
            if (canceled_) co_return fail(Errc::closed, "watch canceled");
            co_return frames;
        }
        void cancel() override {
            canceled_ = true;
            timer_.cancel();
        }

    private:
        static constexpr std::chrono::milliseconds step{5};

        bool collect(Frames& frames) {
            bytes_.clear();
            items_.clear();
            held_.clear();
            for (const auto& item : store_.items_[kind_]) {
                if (item.sequence <= seen_) continue;
                const bool replayed = item.sequence <= newest_;
                if (!held_.empty() && replayed != frames.replayed) break;
                seen_ = item.sequence;
                frames.replayed = replayed;
                if (passes(filter_, item)) held_.push_back(item);
            }
            for (const auto& item : held_) {
                items_.push_back({item.sequence, item.bare, item.complete});
                bytes_ += fmt::format("data: {}\nid: {}\n\n", item.bare, item.sequence);
            }
            frames.bytes = bytes_;
            frames.items = items_;
            return !held_.empty();
        }

        MemoryStore& store_;
        const Kind kind_;
        const Filter filter_;
        asio::steady_timer timer_;
        std::uint64_t newest_ = 0;
        std::uint64_t seen_ = 0;
        bool canceled_ = false;
        std::vector<Item> held_;
        std::vector<LiveItem> items_;
        std::string bytes_;
    };

    static bool passes(const Filter& filter, const Item& item) {
        const auto holds = [](const std::string& wanted, const std::string& is) {
            return wanted.empty() || wanted == is;
        };
        return holds(filter.conversation, item.conversation) && holds(filter.query, item.query) &&
               holds(filter.session, item.session) && (!filter.trace || *filter.trace == item.trace);
    }
    Error take_failure() {
        auto error = std::move(*failure);
        failure.reset();
        return error;
    }
    void add(Kind kind, Item item) {
        item.sequence = ++next_[kind];
        items_[kind].push_back(std::move(item));
    }
    void add_event(JsonView event) {
        const auto data = event.find("data");
        Item item;
        item.query = data.find("queryId").string();
        item.session = data.find("sessionId").string();
        item.shown = item.bare = event.text();
        add(Kind::events, std::move(item));
    }
    void add_chunk(const std::string& query, std::string json, bool complete) {
        Item item;
        item.query = query;
        item.complete = complete;
        item.shown = fmt::format(R"({{"sequenceNumber":{},"data":{{"queryId":"{}","chunk":{}{}}}}})",
                                 next_[Kind::chunks] + 1, query, json, complete ? R"(,"complete":true)" : "");
        item.bare = std::move(json);
        add(Kind::chunks, std::move(item));
    }
    std::vector<SessionText> all_sessions() const {
        std::vector<SessionText> all;
        for (const auto& id : sessions_)
            all.push_back({id, fmt::format(R"({{"sessionId":"{}"}})", id)});
        return all;
    }

    std::map<Kind, std::vector<Item>> items_;
    std::map<Kind, std::uint64_t> next_;
    std::vector<std::string> sessions_;
};

}  // namespace ark::reference::testing
