#include "resources/patch.hpp"

#include "resources/apply.hpp"

#include <gtest/gtest.h>

namespace ark::resources {
namespace {

JsonValue json(std::string_view text) {
    return *JsonValue::parse(text);
}

TEST(MergePatch, FollowsTheTableOfRfc7396) {
    const auto merged = [](std::string_view target, std::string_view patch) {
        auto value = json(target);
        merge_patch(value, json(patch));
        return value.dump();
    };
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"b":"c"})"), R"({"a":"b","b":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":null})"), R"({})");
    EXPECT_EQ(merged(R"({"a":"b","b":"c"})", R"({"a":null})"), R"({"b":"c"})");
    EXPECT_EQ(merged(R"({"a":["b"]})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":"c"})", R"({"a":["b"]})"), R"({"a":["b"]})");
    EXPECT_EQ(merged(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"), R"({"a":{"b":"d"}})");
    EXPECT_EQ(merged(R"({"a":[{"b":"c"}]})", R"({"a":[1]})"), R"({"a":[1]})");
    EXPECT_EQ(merged(R"(["a","b"])", R"(["c","d"])"), R"(["c","d"])");
    EXPECT_EQ(merged(R"({"a":"b"})", R"(["c"])"), R"(["c"])");
    EXPECT_EQ(merged(R"({"e":null})", R"({"a":1})"), R"({"e":null,"a":1})");
    EXPECT_EQ(merged(R"([1,2])", R"({"a":"b","c":null})"), R"({"a":"b"})");
    EXPECT_EQ(merged(R"({})", R"({"a":{"bb":{"ccc":null}}})"), R"({"a":{"bb":{}}})");
}

TEST(JsonPatch, FollowsTheExamplesOfRfc6902) {
    const auto patched = [](std::string_view target, std::string_view patch) {
        auto value = json(target);
        auto outcome = json_patch(value, json(patch));
        return outcome ? value.dump() : std::string(name(outcome.error().reason));
    };
    EXPECT_EQ(patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])"),
              R"({"foo":"bar","baz":"qux"})");
    EXPECT_EQ(patched(R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])"),
              R"({"foo":["bar","qux","baz"]})");
    EXPECT_EQ(patched(R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["x"]}])"),
              R"({"foo":["bar",["x"]]})");
    EXPECT_EQ(patched(R"({"foo":["a","b","c"]})", R"([{"op":"remove","path":"/foo/1"}])"), R"({"foo":["a","c"]})");
    EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"replace","path":"/a","value":2}])"), R"({"a":2})");
    EXPECT_EQ(patched(R"({"a":{"b":1},"c":{}})", R"([{"op":"move","from":"/a/b","path":"/c/d"}])"),
              R"({"a":{},"c":{"d":1}})");
    EXPECT_EQ(patched(R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/c"}])"),
              R"({"a":{"b":1},"c":{"b":1}})");
    EXPECT_EQ(
        patched(R"({"a/b":1,"m~n":2})", R"([{"op":"remove","path":"/a~1b"},{"op":"test","path":"/m~0n","value":2}])"),
        R"({"m~n":2})");
    EXPECT_EQ(patched(R"({"~01":1})", R"([{"op":"test","path":"/~001","value":1}])"), R"({"~01":1})");
    EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"test","path":"/a","value":"1"}])"), "Invalid");
    EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"add","path":"/x/y","value":1}])"), "Invalid");
    EXPECT_EQ(patched(R"({"a":[1]})", R"([{"op":"replace","path":"/a/01","value":1}])"), "Invalid");
    EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"jump","path":"/a"}])"), "BadRequest");
    EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"remove","path":"a"}])"), "BadRequest");
    EXPECT_EQ(patched(R"({"a":1})", R"({"op":"remove"})"), "BadRequest");
}

TEST(JsonPatch, CannotGrowWithoutBound) {
    auto value = json(R"({"a":["0123456789"]})");
    JsonValue::Array doublings(64, json(R"({"op":"copy","from":"/a","path":"/a/-"})"));
    EXPECT_FALSE(json_patch(value, JsonValue{doublings}));
    value = json(R"({"a":{}})");
    JsonValue::Array deeper(1000, json(R"({"op":"copy","from":"","path":"/a/a"})"));
    EXPECT_FALSE(json_patch(value, JsonValue{deeper}));
}

TEST(StrategicPatch, MergesListsByKey) {
    const auto merged = [](std::string_view target, std::string_view patch) {
        auto value = json(target);
        strategic_patch(value, json(patch));
        return value.dump();
    };
    EXPECT_EQ(merged(R"({"spec":{"ports":[{"port":80,"name":"a"},{"port":81,"name":"b"}]}})",
                     R"({"spec":{"$setElementOrder/ports":[{"port":81}],"ports":[{"name":"b","port":82},
                        {"$patch":"delete","name":"a"}]}})"),
              R"({"spec":{"ports":[{"port":82,"name":"b"}]}})");
    EXPECT_EQ(merged(R"({"data":{"a":"1","b":"2"}})", R"({"data":{"a":null,"c":"3"}})"),
              R"({"data":{"b":"2","c":"3"}})");
    EXPECT_EQ(merged(R"({"f":["x","y"]})", R"({"f":["z"],"$deleteFromPrimitiveList/f":["x"]})"), R"({"f":["y","z"]})");
    EXPECT_EQ(merged(R"({"m":{"a":1,"b":2}})", R"({"m":{"$patch":"replace","c":3}})"), R"({"m":{"c":3}})");
}

struct Applied {
    JsonValue value{JsonValue::Object{}};
    std::string apply(std::string manager, std::string_view text, bool force = false) {
        auto outcome = apply_patch(value, json(text), Applier{std::move(manager), force, "2026-11-20T10:00:00Z"});
        if (!outcome) return outcome.error().message;
        auto shown = value;
        shown.find("metadata")->erase("managedFields");
        shown.erase("metadata");
        return shown.dump();
    }
};

TEST(Apply, RemovesWhatTheManagerNoLongerSays) {
    Applied object;
    EXPECT_EQ(object.apply("a", R"({"spec":{"x":1,"in":{"y":2}}})"), R"({"spec":{"x":1,"in":{"y":2}}})");
    merge_patch(object.value, json(R"({"spec":{"other":3}})"));
    EXPECT_EQ(object.apply("a", R"({"spec":{"x":1}})"), R"({"spec":{"x":1,"other":3}})");
}

TEST(Apply, OtherManagersFieldsStay) {
    Applied object;
    object.apply("a", R"({"spec":{"x":1,"y":1}})");
    EXPECT_EQ(object.apply("b", R"({"spec":{"y":1,"z":1}})"), R"({"spec":{"x":1,"y":1,"z":1}})");
    EXPECT_EQ(object.apply("a", R"({"spec":{"x":1}})"), R"({"spec":{"x":1,"y":1,"z":1}})") << "b applied y too";
    EXPECT_EQ(object.apply("b", R"({"spec":{"x":2}})"), "Apply failed with 1 conflict: conflict with \"a\": .spec.x");
    EXPECT_EQ(object.apply("b", R"({"spec":{"x":2}})", true), R"({"spec":{"x":2}})");
    EXPECT_EQ(object.apply("a", R"({"spec":{"w":1}})"), R"({"spec":{"x":2,"w":1}})") << "x is b's now";
}

TEST(Apply, TheSameAgainChangesNothing) {
    Applied object;
    object.apply("a", R"({"spec":{"x":[1,{"y":2}]}})");
    const auto before = object.value;
    auto again =
        apply_patch(object.value, json(R"({"spec":{"x":[1,{"y":2}]}})"), Applier{"a", false, "2027-01-01T00:00:00Z"});
    ASSERT_TRUE(again);
    EXPECT_EQ(object.value.dump(), before.dump());
}

}  // namespace
}  // namespace ark::resources
