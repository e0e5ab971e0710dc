#include "resources/feed.hpp"
#include "resources/testing/test_store.hpp"

#include <gmock/gmock.h>

namespace ark::resources {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

/// "ADDED a@1" for each event.
std::vector<std::string> said(const Outcome<std::vector<WatchEvent>>& events) {
    if (!events) return {std::string(name(events.error().reason))};
    std::vector<std::string> out;
    for (const auto& event : *events) {
        out.push_back(std::string(name(event.type)) + " " + std::string(event.resource->name()) + "@" +
                      std::to_string(event.resource->version));
    }
    return out;
}

std::string config_map(std::string_view name, std::string_view label = "x") {
    return R"({"metadata":{"name":")" + std::string(name) + R"(","labels":{"l":")" + std::string(label) + R"("}}})";
}

struct Watching : TestStore {
    using TestStore::TestStore;
    std::unique_ptr<Watch> watch(WatchOptions options) {
        auto opened = store().watch(kind_named("ConfigMap"), std::move(options), context.get_executor());
        EXPECT_TRUE(opened);
        return opened ? std::move(*opened) : nullptr;
    }
    std::vector<std::string> next(Watch& watch, std::chrono::milliseconds wait = 0ms) {
        return said(run(watch.next(wait)));
    }
};

TEST(Watches, SayWhatThereIsAndThenWhatChanges) {
    Watching t;
    static_cast<void>(t.create("ConfigMap", config_map("a")));
    static_cast<void>(t.create("Secret", R"({"metadata":{"name":"no"}})"));
    const auto watch = t.watch({});
    EXPECT_THAT(t.next(*watch), ElementsAre("ADDED a@1"));
    EXPECT_THAT(t.next(*watch), IsEmpty());
    static_cast<void>(t.create("ConfigMap", config_map("b")));
    static_cast<void>(t.merge("ConfigMap", "a", R"({"data":{"k":"v"}})"));
    static_cast<void>(t.remove("ConfigMap", "b"));
    EXPECT_THAT(t.next(*watch, 1s), ElementsAre("ADDED b@3", "MODIFIED a@4", "DELETED b@5"));
    EXPECT_EQ(watch->version(), 5u);
}

TEST(Watches, GoOnFromAVersion) {
    Watching t;
    for (const auto* name : {"a", "b", "c"})
        static_cast<void>(t.create("ConfigMap", config_map(name)));
    WatchOptions options;
    options.from = 1;
    const auto watch = t.watch(options);
    EXPECT_THAT(t.next(*watch), ElementsAre("ADDED b@2", "ADDED c@3"));
    options.from = 3;
    EXPECT_THAT(t.next(*t.watch(options)), IsEmpty());
    options.from = 4;
    EXPECT_EQ(t.store().watch(kind_named("ConfigMap"), options, t.context.get_executor()).error().reason,
              Reason::expired)
        << "a version from the future is another store's";
}

TEST(Watches, HistorySurvivesARestart) {
    Watching t;
    for (const auto* name : {"a", "b", "c"})
        static_cast<void>(t.create("ConfigMap", config_map(name)));
    t.open();
    WatchOptions options;
    options.from = 2;
    EXPECT_THAT(t.next(*t.watch(options)), ElementsAre("ADDED c@3"));
}

TEST(Watches, SelectionsHaveBorders) {
    Watching t;
    WatchOptions options;
    options.ns = "lab";
    options.selection.labels = *LabelSelector::parse("l=in");
    const auto watch = t.watch(options);
    static_cast<void>(t.create("ConfigMap", config_map("a", "out")));
    static_cast<void>(t.merge("ConfigMap", "a", R"({"metadata":{"labels":{"l":"in"}}})"));
    static_cast<void>(t.merge("ConfigMap", "a", R"({"data":{"k":"v"}})"));
    static_cast<void>(t.merge("ConfigMap", "a", R"({"metadata":{"labels":{"l":"out"}}})"));
    static_cast<void>(t.remove("ConfigMap", "a"));
    static_cast<void>(t.create("ConfigMap", config_map("z", "in"), "attic"));
    EXPECT_THAT(t.next(*watch), ElementsAre("ADDED a@2", "MODIFIED a@3", "DELETED a@4"));
}

TEST(Watches, WhoFallsBehindIsTold) {
    EmbeddedStoreConfig config;
    config.history_max = 4;
    Watching t(config);
    const auto watch = t.watch({});
    EXPECT_THAT(t.next(*watch), IsEmpty());
    for (int i = 0; i < 6; ++i)
        static_cast<void>(t.create("ConfigMap", config_map("m" + std::to_string(i))));
    EXPECT_THAT(t.next(*watch), ElementsAre("Expired"));
    WatchOptions options;
    options.from = 1;
    EXPECT_EQ(t.store().watch(kind_named("ConfigMap"), options, t.context.get_executor()).error().reason,
              Reason::expired);
    options.from = 2;
    EXPECT_THAT(t.next(*t.watch(options)), ElementsAre("ADDED m2@3", "ADDED m3@4", "ADDED m4@5", "ADDED m5@6"));
}

awaitable<void> make(Watching& all, const char* name) {
    auto object = json(config_map(name));
    std::string ns = "lab";
    WriteOptions options;
    const auto made =
        co_await all.store().create(kind_named("ConfigMap"), std::move(ns), std::move(object), std::move(options));
    EXPECT_TRUE(made);
}

TEST(Watches, WakeWhenSomethingComesAndEndWhenStopped) {
    Watching t;
    const auto watch = t.watch({});
    std::vector<std::string> seen;
    const auto wait = [](Watching& all, Watch& on, std::vector<std::string>& out) -> awaitable<void> {
        auto events = co_await on.next(60s);
        out = said(events);
        co_await make(all, "b");
        on.stop();
        events = co_await on.next(60s);
    };
    asio::co_spawn(t.context, wait(t, *watch, seen), [](std::exception_ptr) {});
    asio::co_spawn(t.context, make(t, "a"), [](std::exception_ptr) {});
    t.context.run();
    EXPECT_THAT(seen, ElementsAre("ADDED a@1"));
    EXPECT_TRUE(watch->stopped());
}

// Goal: whoever goes along with a kind hears of what is there, of each change, and goes on when it fell behind.
TEST(Feed, TellsWhatIsThereAndEachChangeUntilItIsStopped) {
    Watching t;
    static_cast<void>(t.create("ConfigMap", config_map("a")));
    Feed feed(t.store(), kind_named("ConfigMap"), t.context.get_executor());
    std::vector<std::string> heard;
    bool ended = false;
    asio::co_spawn(t.context, feed.run([&](const WatchEvent& event) {
        heard.push_back(std::string(name(event.type)) + " " + std::string(event.resource->name()));
        if (event.resource->name() == "b") feed.stop();
    }),
                   [&](std::exception_ptr) { ended = true; });
    t.context.restart();
    while (heard.empty())
        t.context.run_one();
    auto object = json(config_map("b"));
    asio::co_spawn(t.context, t.store().create(kind_named("ConfigMap"), "lab", std::move(object), {}),
                   [](std::exception_ptr, const Outcome<Written>& written) { EXPECT_TRUE(written); });
    t.context.run();
    EXPECT_TRUE(ended);
    EXPECT_THAT(heard, ElementsAre("ADDED a", "ADDED b"));
}

}  // namespace
}  // namespace ark::resources
