// Goal: every example is valid as it stands, and applies in any order of files.
#include "codec/yaml_reader.hpp"
#include "resources/testing/test_store.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace ark::resources {
namespace {

struct Example {
    JsonValue object;
    std::string place;
};

std::vector<Example> examples() {
    std::vector<Example> found;
    for (const auto& entry : std::filesystem::directory_iterator(ARK_SOURCE_DIRECTORY "/examples/resources")) {
        if (entry.path().extension() != ".yaml") continue;
        std::ifstream file(entry.path());
        auto documents = codec::parse_yaml(std::string(std::istreambuf_iterator<char>(file), {}));
        EXPECT_TRUE(documents) << entry.path() << ": " << documents.error().message();
        if (!documents) continue;
        for (auto& document : *documents)
            found.push_back(
                {std::move(document.value), entry.path().filename().string() + ":" + std::to_string(document.line)});
    }
    return found;
}

TEST(Examples, AllApply) {
    TestStore t;
    auto waiting = examples();
    EXPECT_GE(waiting.size(), 20u);
    std::set<std::string> kinds;
    std::string last;
    while (!waiting.empty()) {
        std::vector<Example> failed;
        for (auto& example : waiting) {
            const auto* kind = find_kind_of(example.object["apiVersion"].text(), example.object["kind"].text());
            ASSERT_NE(kind, nullptr) << example.place;
            kinds.insert(kind->name);
            WriteOptions options;
            options.fields = FieldValidation::strict;
            options.manager = "test";
            PatchBody patch{PatchType::apply, example.object};
            const auto applied = t.run(t.store().patch(*kind, {"lab", std::string(name_of(example.object))}, Part::main,
                                                       std::move(patch), options));
            if (applied) {
                EXPECT_TRUE(applied->warnings.empty()) << example.place << ": " << applied->warnings.front();
                continue;
            }
            last = example.place + ": " + applied.error().message;
            failed.push_back(std::move(example));
        }
        ASSERT_LT(failed.size(), waiting.size()) << last;
        waiting = std::move(failed);
    }
    for (const auto* kind :
         {"Query", "Agent", "Team", "Model", "Tool", "MCPServer", "Secret", "ConfigMap", "Evaluation"})
        EXPECT_EQ(kinds.count(kind), 1u) << "no example of " << kind;
}

}  // namespace
}  // namespace ark::resources
