#pragma once
#include "views/fold.hpp"
#include "views/reads.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

/// Folds items made by hand, for tests of the fold without a journal.
namespace ark::views::testing {

inline TraceId trace_id(std::uint8_t n) {
    TraceId id;
    id.bytes[0] = 0xaa;
    id.bytes[15] = n;
    return id;
}
inline SpanId span_id(std::uint8_t n) {
    SpanId id;
    id.bytes[0] = 0xbb;
    id.bytes[7] = n;
    return id;
}

/// Of the running test, fit for a file's name.
inline std::string test_name() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(info->test_suite_name()) + info->name();
    std::replace(name.begin(), name.end(), '/', '_');
    return name;
}

/// How often a row has a name; 0: not at all.
inline std::uint32_t count(const Names& names, std::string_view name) {
    const auto found = std::ranges::find(names, name, &Names::value_type::name);
    return found == names.end() ? 0 : found->count;
}

/// One item in the making. Texts given must outlive it.
struct Make {
    items::Item item;
    otlp::SpanView view;

    /// A span of `trace` from second `start` to `end` (0 = pending).
    static Make span(std::uint8_t trace, std::uint8_t id, std::uint8_t parent, std::uint64_t start, std::uint64_t end) {
        Make make;
        make.item.type = items::ItemType::span;
        make.item.trace_id = trace_id(trace);
        make.item.span_id = span_id(id);
        if (parent != 0) make.item.parent_span_id = span_id(parent);
        make.item.time = seconds(start);
        make.item.end = end == 0 ? UnixNanos() : seconds(end);
        make.view.name = "a span";
        return make;
    }
    /// An event of the dictionary.
    static Make event(std::string_view reason, std::uint64_t time) {
        Make make;
        make.item.type = items::ItemType::event;
        make.item.time = make.item.end = seconds(time);
        make.item.entry = model::find_reason(reason);
        make.item.reason = reason;
        if (make.item.entry != nullptr) {
            make.item.phase = make.item.entry->phase;
            make.item.facts.kind = make.item.entry->kind;
            make.item.facts.operation = make.item.entry->operation;
        }
        make.item.failed = make.item.phase == model::Phase::error;
        make.item.facts.agentic = true;
        return make;
    }
    static UnixNanos seconds(std::uint64_t s) { return UnixNanos(1'000'000'000'000'000'000 + s * 1'000'000'000); }

    Make& of(std::uint8_t trace, std::uint8_t span, std::uint8_t parent = 0) {
        item.trace_id = trace_id(trace);
        item.span_id = span_id(span);
        if (parent != 0) item.parent_span_id = span_id(parent);
        return *this;
    }
    Make& named(std::string_view name) {
        view.name = name;
        return *this;
    }
    Make& kind(model::Kind kind) {
        item.facts.kind = kind;
        item.facts.agentic = true;
        return *this;
    }
    Make& agent(std::string_view name) {
        item.facts.agent = name;
        item.facts.agentic = true;
        return *this;
    }
    Make& tool(std::string_view name) {
        item.facts.tool = name;
        return *this;
    }
    Make& model(std::string_view name) {
        item.facts.model = name;
        return *this;
    }
    Make& tokens(std::int64_t input, std::int64_t output) {
        item.facts.usage.input_tokens = input;
        item.facts.usage.output_tokens = output;
        return *this;
    }
    Make& session(std::string_view id, model::SessionSource source = model::SessionSource::session) {
        item.facts.session_id = id;
        item.facts.session_source = source;
        item.facts.agentic = true;
        return *this;
    }
    Make& conversation(std::string_view id) {
        item.facts.conversation_id = id;
        item.facts.agentic = true;
        return *this;
    }
    Make& query(std::string_view id, std::string_view name = "") {
        item.facts.query_id = id;
        item.facts.query_name = name;
        item.facts.agentic = true;
        return *this;
    }
    Make& question(std::string_view id) {
        item.facts.question_id = id;
        return *this;
    }
    Make& input(std::string_view text) {
        item.facts.input = text;
        return *this;
    }
    Make& output(std::string_view text) {
        item.facts.output = text;
        return *this;
    }
    Make& failed() {
        item.failed = true;
        return *this;
    }
};

/// A fold over a store of its own.
class Folding {
public:
    explicit Folding(std::string name, std::size_t hot_bytes_max = 1u << 20) : hot_bytes_max_(hot_bytes_max) {
        config_.directory = ::testing::TempDir() + "ark_fold_" + name;
        config_.memtable_bytes = config_.cache_bytes = 1u << 20;
        std::filesystem::remove_all(config_.directory);
        open();
    }
    ~Folding() {
        close();
        std::filesystem::remove_all(config_.directory);
    }
    Folding(const Folding&) = delete;
    Folding& operator=(const Folding&) = delete;

    void add(const Make& make, std::string_view tenant = "default") {
        auto item = make.item;
        if (item.type == items::ItemType::span) item.span = &make.view;
        item.offset = Offset(next_++);
        fold->apply(fold->tenant(tenant), item, item.time);
    }
    void commit() {
        const auto changed = fold->commit(Offset(next_));
        ASSERT_TRUE(changed) << changed.error().message();
        fold->shrink();
    }
    /// Adds each in a drain of its own.
    void add_all(std::initializer_list<Make> all) {
        for (const auto& make : all) {
            add(make);
            commit();
        }
    }
    /// As after a restart: everything hot is gone, what was committed and flushed stays.
    void reopen() {
        ASSERT_TRUE(kv->flush());
        close();
        open();
    }

    Reads reads(std::uint64_t now_seconds = 0, std::uint64_t interrupted_after_seconds = 300) const {
        return {*kv, Moment{Make::seconds(now_seconds).value(), interrupted_after_seconds * 1'000'000'000}};
    }
    std::optional<TraceRow> trace(std::uint8_t n, std::uint64_t now = 0) const {
        const auto r = reads(now);
        const auto key = StoryKey::of_trace(1, trace_id(n));
        const auto number = r.number(keys::story(key));
        if (!number || !*number) return std::nullopt;
        const auto story = r.story_row(key, **number);
        if (!story || *story == nullptr) return std::nullopt;
        return *r.row(**story);
    }
    std::optional<SessionRow> session(std::string_view id, std::uint64_t now = 0) const {
        const auto r = reads(now);
        const auto number = r.number(keys::session_id(1, id));
        if (!number || !*number) return std::nullopt;
        const auto found = r.session(1, **number);
        if (!found || *found == nullptr) return std::nullopt;
        return r.row(**found);
    }
    std::optional<QueryRow> query(std::string_view id, std::uint64_t now = 0) const {
        const auto r = reads(now);
        const auto number = r.query_number(1, id);
        if (!number || !*number) return std::nullopt;
        const auto found = r.query(1, **number);
        if (!found || *found == nullptr) return std::nullopt;
        return *r.row(**found);
    }
    std::string fingerprint() const {
        const auto hash = fingerprint_of(*kv->snapshot());
        EXPECT_TRUE(hash) << hash.error().message();
        return hash ? *hash : "";
    }

    std::unique_ptr<store::Kv> kv;
    std::unique_ptr<HotStories> stories;
    std::unique_ptr<Fold> fold;

private:
    void open() {
        auto opened = store::Kv::open(config_);
        ASSERT_TRUE(opened) << opened.error().message();
        kv = std::move(*opened);
        stories = std::make_unique<HotStories>();
        fold = std::make_unique<Fold>(*kv, *stories, hot_bytes_max_);
        ASSERT_TRUE(fold->resume(Epoch(7)));
        next_ = std::max<std::uint64_t>(next_, fold->progress().folded.value());
    }
    void close() {
        fold.reset();
        stories.reset();
        kv.reset();
    }

    store::KvConfig config_;
    std::size_t hot_bytes_max_;
    std::uint64_t next_ = 0;
};

}  // namespace ark::views::testing
