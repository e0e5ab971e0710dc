#include "resources/testing/test_store.hpp"

#include <gmock/gmock.h>

namespace ark::resources {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view agent = R"({"metadata":{"name":"a"},"spec":{"prompt":"p"}})";

TEST(Store, CreatesWithWhatOnlyTheStoreKnows) {
    TestStore t;
    const auto written = t.create("Agent", R"({"metadata":{"name":"a","uid":"mine","resourceVersion":"9"},
        "spec":{"prompt":"p"},"status":{"conditions":[]}})");
    ASSERT_TRUE(written) << said(written);
    EXPECT_TRUE(written->created);
    const auto& value = written->resource->value;
    EXPECT_EQ(value["apiVersion"].text(), "ark.mckinsey.com/v1alpha1");
    EXPECT_EQ(value["kind"].text(), "Agent");
    EXPECT_EQ(value["metadata"]["namespace"].text(), "lab");
    EXPECT_EQ(value["metadata"]["uid"].text().size(), 36u);
    EXPECT_EQ(value["metadata"]["creationTimestamp"].text(), "2023-11-14T22:13:20Z");
    EXPECT_EQ(value["metadata"]["generation"].integer(), 1);
    EXPECT_EQ(value["metadata"]["resourceVersion"].text(), "1");
    EXPECT_TRUE(value["status"].is_null()) << "status has its own door";
    EXPECT_EQ(value["spec"]["modelRef"]["name"].text(), "default");
    EXPECT_EQ(said(t.create("Agent", agent)), "agents.ark.mckinsey.com \"a\" already exists");
}

TEST(Store, MakesUpNames) {
    TestStore t;
    const auto first = t.create("ConfigMap", R"({"metadata":{"generateName":"m-"}})");
    const auto second = t.create("ConfigMap", R"({"metadata":{"generateName":"m-"}})");
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->resource->name(), second->resource->name());
    EXPECT_EQ(first->resource->name().substr(0, 2), "m-");
    EXPECT_THAT(said(t.create("ConfigMap", R"({"metadata":{}})")), HasSubstr("metadata.name: Required value"));
    EXPECT_THAT(said(t.create("ConfigMap", R"({"metadata":{"name":"No"}})")),
                HasSubstr("metadata.name: Invalid value"));
    EXPECT_THAT(said(t.create("ConfigMap", R"({"metadata":{"name":"x","namespace":"other"}})")),
                HasSubstr("is not that of the address"));
    EXPECT_THAT(said(t.create("ConfigMap", R"({"kind":"Secret","metadata":{"name":"x"}})")),
                HasSubstr("but the address is that of ConfigMap"));
    EXPECT_THAT(said(t.create("ConfigMap", "[1]")), HasSubstr("a resource is an object"));
}

TEST(Store, UpdatesOnlyTheVersionThatWasRead) {
    TestStore t;
    static_cast<void>(t.create("Agent", agent));
    auto first = t.get("Agent", "a")->value;
    auto second = first;
    first.find("spec")->set("prompt", JsonValue{std::string("new")});
    ASSERT_TRUE(t.update("Agent", "a", first));
    second.find("spec")->set("prompt", JsonValue{std::string("newer")});
    const auto late = t.update("Agent", "a", second);
    EXPECT_EQ(late.error().reason, Reason::conflict);
    EXPECT_THAT(said(late), HasSubstr("the object has been modified"));
    second.find("metadata")->erase("resourceVersion");
    EXPECT_THAT(said(t.update("Agent", "a", second)), HasSubstr("metadata.resourceVersion: Invalid value: 0"));
    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"c"}})"));
    EXPECT_TRUE(t.update("ConfigMap", "c", json(R"({"data":{"k":"v"}})"))) << "core kinds may leave it out";
    EXPECT_EQ(said(t.update("Agent", "no", second)), "agents.ark.mckinsey.com \"no\" not found");
    EXPECT_EQ(t.merge("Agent", "a", R"({"metadata":{"resourceVersion":"1"},"spec":{"prompt":"x"}})").error().reason,
              Reason::conflict);
}

TEST(Store, GenerationCountsChangesOfTheSpecOnly) {
    TestStore t;
    static_cast<void>(t.create("Agent", agent));
    const auto generation = [&] { return t.get("Agent", "a")->value["metadata"]["generation"].integer(); };
    ASSERT_TRUE(t.merge("Agent", "a", R"({"metadata":{"labels":{"l":"1"}}})"));
    EXPECT_EQ(generation(), 1);
    ASSERT_TRUE(t.merge("Agent", "a", R"({"spec":{"prompt":"q"}})"));
    EXPECT_EQ(generation(), 2);
    const auto status = R"({"status":{"conditions":[{"type":"Available","status":"True"}]},"spec":{"prompt":"no"}})";
    ASSERT_TRUE(t.merge("Agent", "a", status, Part::status));
    EXPECT_EQ(generation(), 2);
    const auto value = t.get("Agent", "a")->value;
    EXPECT_EQ(value["spec"]["prompt"].text(), "q") << "the door of status changes nothing else";
    EXPECT_EQ(at_path(value, "status.conditions[Available].status").text(), "True");
    ASSERT_TRUE(t.merge("Agent", "a", R"({"status":null})"));
    EXPECT_EQ(t.get("Agent", "a")->version, 4u) << "the main door ignores status: nothing changed, no version";
    EXPECT_EQ(t.merge("Secret", "a", "{}", Part::status).error().reason, Reason::not_found);
}

TEST(Store, StatusMayChangeWhenWhatTheSpecNamesIsGone) {
    TestStore t;
    static_cast<void>(t.create("Agent", agent));
    ASSERT_TRUE(
        t.create("Query", R"({"metadata":{"name":"q"},"spec":{"input":"x","target":{"type":"agent","name":"a"}}})"));
    ASSERT_TRUE(t.remove("Agent", "a"));
    EXPECT_TRUE(t.merge("Query", "q", R"({"status":{"phase":"done"}})", Part::status));
    EXPECT_TRUE(t.merge("Query", "q", R"({"metadata":{"labels":{"a":"b"}}})"));
    EXPECT_THAT(said(t.merge("Query", "q", R"({"spec":{"input":"y"}})")), HasSubstr("spec.target.name: Not found"));
}

TEST(Store, DryRunsChangeNothing) {
    TestStore t;
    WriteOptions dry;
    dry.dry_run = true;
    auto object = json(agent);
    const auto written = t.run(t.store().create(kind_named("Agent"), "lab", std::move(object), dry));
    ASSERT_TRUE(written);
    EXPECT_EQ(written->resource->value["metadata"]["resourceVersion"].text(), "1");
    EXPECT_EQ(t.get("Agent", "a"), nullptr);
    EXPECT_EQ(t.create("Agent", agent)->resource->version, 1u);
    DeleteOptions options;
    options.dry_run = true;
    EXPECT_TRUE(t.remove("Agent", "a", options));
    EXPECT_NE(t.get("Agent", "a"), nullptr);
}

TEST(Store, ListsInOrderPageByPage) {
    TestStore t;
    for (const auto* name : {"d", "a", "c", "b"})
        static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":")" + std::string(name) +
                                                    R"(","labels":{"even":")" + (*name % 2 == 0 ? "yes" : "no") +
                                                    R"("}}})"));
    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"z"}})", "attic"));
    EXPECT_THAT(t.names("ConfigMap"), ElementsAre("z", "a", "b", "c", "d")) << "all namespaces, in order of them";
    ListOptions options;
    options.ns = "lab";
    options.limit = 3;
    auto page = t.run(t.store().list(kind_named("ConfigMap"), options));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->items.size(), 3u);
    EXPECT_EQ(page->remaining, 1u);
    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"aa"}})"));
    options.resume = page->resume;
    EXPECT_THAT(t.names("ConfigMap", options), ElementsAre("d"));
    EXPECT_EQ(t.run(t.store().list(kind_named("ConfigMap"), options))->version, page->version)
        << "a watch from there sees what the pages missed";
    options = {};
    options.selection.labels = *LabelSelector::parse("even=yes");
    EXPECT_THAT(t.names("ConfigMap", options), ElementsAre("b", "d"));
    options.resume = "nonsense";
    EXPECT_EQ(t.run(t.store().list(kind_named("ConfigMap"), options)).error().reason, Reason::bad_request);
}

TEST(Store, FinalizersHoldWhatIsDeleted) {
    TestStore t;
    static_cast<void>(
        t.create("Agent", R"({"metadata":{"name":"a","finalizers":["x.example/one","x.example/two"]},"spec":{}})"));
    auto removed = t.remove("Agent", "a");
    ASSERT_TRUE(removed);
    EXPECT_FALSE(removed->gone);
    EXPECT_FALSE(t.get("Agent", "a")->value["metadata"]["deletionTimestamp"].is_null());
    ASSERT_TRUE(t.remove("Agent", "a")) << "again is fine";
    EXPECT_THAT(said(t.merge("Agent", "a", R"({"metadata":{"finalizers":["a.b/1","a.b/2","a.b/3"]}})")),
                HasSubstr("no finalizer can be added"));
    ASSERT_TRUE(t.merge("Agent", "a", R"({"metadata":{"finalizers":["x.example/two"]}})"));
    EXPECT_NE(t.get("Agent", "a"), nullptr);
    const auto last = t.merge("Agent", "a", R"({"metadata":{"finalizers":null}})");
    ASSERT_TRUE(last);
    EXPECT_TRUE(last->gone);
    EXPECT_EQ(t.get("Agent", "a"), nullptr);
}

TEST(Store, PreconditionsOfDeletesHold) {
    TestStore t;
    static_cast<void>(t.create("Agent", agent));
    DeleteOptions options;
    options.uid = "other";
    EXPECT_EQ(t.remove("Agent", "a", options).error().reason, Reason::conflict);
    options = {};
    options.version = 7;
    EXPECT_EQ(t.remove("Agent", "a", options).error().reason, Reason::conflict);
    options.version = 1;
    EXPECT_TRUE(t.remove("Agent", "a", options));
    EXPECT_EQ(t.remove("Agent", "a").error().reason, Reason::not_found);
}

std::string owned_by(TestStore& t, std::string_view owner, std::string_view name, std::string_view more = "") {
    const auto uid = std::string(t.get("ConfigMap", std::string(owner))->uid());
    return R"({"metadata":{"name":")" + std::string(name) + R"(",)" + std::string(more) +
           R"("ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":")" + std::string(owner) +
           R"(","uid":")" + uid + R"("}]}})";
}

TEST(Store, WhatIsOwnedGoesWithItsOwner) {
    TestStore t;
    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"owner"}})"));
    static_cast<void>(t.create("ConfigMap", owned_by(t, "owner", "child")));
    static_cast<void>(t.create("ConfigMap", owned_by(t, "child", "grandchild")));
    static_cast<void>(t.create("ConfigMap", owned_by(t, "owner", "held", R"("finalizers":["x.y/z"],)")));
    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"stranger"}})"));
    ASSERT_TRUE(t.remove("ConfigMap", "owner"));
    EXPECT_THAT(t.names("ConfigMap"), ElementsAre("held", "stranger"));
    EXPECT_TRUE(is_leaving(t.get("ConfigMap", "held")->value));
}

TEST(Store, OrphansStayAndForegroundWaits) {
    TestStore t;
    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"one"}})"));
    static_cast<void>(t.create("ConfigMap", owned_by(t, "one", "orphan")));
    DeleteOptions options;
    options.propagation = Propagation::orphan;
    ASSERT_TRUE(t.remove("ConfigMap", "one", options));
    EXPECT_TRUE(t.get("ConfigMap", "orphan")->value["metadata"]["ownerReferences"].is_null());

    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"two"}})"));
    static_cast<void>(t.create("ConfigMap", owned_by(t, "two", "held", R"("finalizers":["x.y/z"],)")));
    options.propagation = Propagation::foreground;
    auto waiting = t.remove("ConfigMap", "two", options);
    ASSERT_TRUE(waiting);
    EXPECT_FALSE(waiting->gone);
    EXPECT_NE(t.get("ConfigMap", "two"), nullptr);
    ASSERT_TRUE(t.merge("ConfigMap", "held", R"({"metadata":{"finalizers":null}})"));
    EXPECT_EQ(t.get("ConfigMap", "two"), nullptr);
    EXPECT_EQ(t.get("ConfigMap", "held"), nullptr);
}

TEST(Store, NothingIsOwnedByWhatIsGone) {
    TestStore t;
    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"owner"}})"));
    const auto late = owned_by(t, "owner", "late");
    static_cast<void>(t.remove("ConfigMap", "owner"));
    EXPECT_TRUE(t.create("ConfigMap", late));
    EXPECT_EQ(t.get("ConfigMap", "late"), nullptr);
    static_cast<void>(t.create("ConfigMap", R"({"metadata":{"name":"self"}})"));
    const auto self = owned_by(t, "self", "self");
    EXPECT_THAT(said(t.merge("ConfigMap", "self", self)), HasSubstr("nothing owns itself"));
}

TEST(Store, DeletesASelection) {
    TestStore t;
    for (const auto* name : {"a", "b", "c"})
        static_cast<void>(t.create(
            "ConfigMap", R"({"metadata":{"name":")" + std::string(name) + R"(","labels":{"n":")" + name + R"("}}})"));
    ListOptions which;
    which.ns = "lab";
    which.selection.labels = *LabelSelector::parse("n in (a,c)");
    const auto gone = t.run(t.store().remove_all(kind_named("ConfigMap"), which, {}));
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->size(), 2u);
    EXPECT_THAT(t.names("ConfigMap"), ElementsAre("b"));
}

TEST(Store, AppliesFromTheServer) {
    TestStore t;
    const auto apply = [&](std::string_view text, std::string manager, bool force = false) {
        WriteOptions options;
        options.manager = std::move(manager);
        options.force = force;
        PatchBody patch{PatchType::apply, json(text)};
        return t.run(t.store().patch(kind_named("Agent"), {"lab", "a"}, Part::main, std::move(patch), options));
    };
    const auto first = apply(R"({"spec":{"prompt":"p","description":"d"}})", "ark");
    ASSERT_TRUE(first) << said(first);
    EXPECT_TRUE(first->created);
    EXPECT_EQ(apply(R"({"spec":{"prompt":"p","description":"d"}})", "ark")->resource->version, 1u) << "nothing changed";
    const auto second = apply(R"({"spec":{"prompt":"p"}})", "ark");
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->resource->value["spec"]["description"].is_null());
    EXPECT_EQ(second->resource->value["spec"]["modelRef"]["name"].text(), "default") << "a default is nobody's";
    const auto other = apply(R"({"spec":{"prompt":"mine"}})", "other");
    EXPECT_EQ(other.error().reason, Reason::conflict);
    EXPECT_EQ(other.error().causes.front().field, ".spec.prompt");
    EXPECT_TRUE(apply(R"({"spec":{"prompt":"mine"}})", "other", true));
    EXPECT_EQ(apply("{}", "").error().reason, Reason::bad_request);
}

TEST(Store, BoundsHold) {
    EmbeddedStoreConfig config;
    config.limits.object_bytes_max = 1000;
    config.limits.total_bytes_max = 1500;
    TestStore t(config);
    const auto with = [](std::string_view name, std::size_t bytes) {
        return R"({"metadata":{"name":")" + std::string(name) + R"("},"data":{"k":")" + std::string(bytes, 'x') +
               R"("}})";
    };
    EXPECT_EQ(t.create("ConfigMap", with("big", 2000)).error().reason, Reason::too_large);
    EXPECT_TRUE(t.create("ConfigMap", with("a", 600)));
    EXPECT_EQ(t.create("ConfigMap", with("b", 600)).error().reason, Reason::forbidden);
}

TEST(Store, EventsGoAfterAWhile) {
    EmbeddedStoreConfig config;
    config.events_max = 3;
    TestStore t(config);
    const auto event = [&](int i) {
        static_cast<void>(t.create(
            "Event", R"({"metadata":{"name":"e)" + std::to_string(i) + R"("},"involvedObject":{"name":"x"}})"));
    };
    for (int i = 0; i < 5; ++i)
        event(i);
    t.clock.advance_ms(61'000);
    event(5);
    event(
        6);  // when this is answered, the house was kept after the one before: at the latest then after the clock moved
    EXPECT_LE(t.names("Event").size(), 5u);
    t.clock.advance_ms(4'000'000);
    event(7);
    event(8);
    EXPECT_THAT(t.names("Event"), ElementsAre("e7", "e8"));
}

}  // namespace
}  // namespace ark::resources
