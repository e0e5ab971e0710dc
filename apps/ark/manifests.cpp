#include "manifests.hpp"

#include "codec/yaml_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace ark::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t manifest_bytes_max = 64u << 20;

Result<std::string> read_text(const std::string& path) {
    std::string text;
    if (path == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
        std::ifstream file(path, std::ios::binary);
        if (!file) return fail(Errc::bad_argument, "cannot read " + path);
        text.assign(std::istreambuf_iterator<char>(file), {});
    }
    if (text.size() > manifest_bytes_max) return fail(Errc::too_large, path + ": beyond 64 MiB");
    return text;
}

}  // namespace

Status add_manifests(std::string_view text, const std::string& path, std::vector<Manifest>& out) {
    auto documents = codec::parse_yaml(text);
    if (!documents) return fail(Errc::bad_argument, path + ": " + documents.error().context);
    for (auto& document : *documents) {
        const auto source = path + ":" + std::to_string(document.line);
        if (document.value["items"].is_array() && document.value["kind"].text().ends_with("List")) {
            for (const auto& item : document.value["items"].array())
                out.push_back({item, source});
        } else {
            out.push_back({std::move(document.value), source});
        }
    }
    for (const auto& manifest : out) {
        const bool complete = !manifest.object["apiVersion"].text().empty() && !manifest.object["kind"].text().empty();
        if (!complete) return fail(Errc::bad_argument, manifest.source + ": apiVersion and kind are missing");
    }
    return ok();
}

namespace {

Status read_file(const std::string& path, std::vector<Manifest>& out) {
    ARK_TRY(const auto text, read_text(path));
    return add_manifests(text, path, out);
}

/// A folder's own manifests, in order of names.
Result<std::vector<std::string>> files_of(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const auto extension = it->path().extension();
        if (extension == ".yaml" || extension == ".yml" || extension == ".json") files.push_back(it->path().string());
    }
    if (error) return fail(Errc::bad_argument, folder + ": " + error.message());
    if (files.empty()) return fail(Errc::bad_argument, folder + ": no .yaml, .yml or .json files in it");
    std::sort(files.begin(), files.end());
    return files;
}

std::size_t rank_of(const codec::JsonValue& object) {
    constexpr std::array<std::string_view, 13> order{"Secret",          "ConfigMap", "Service",   "ArkConfig", "Model",
                                                     "ExecutionEngine", "Memory",    "MCPServer", "A2AServer", "Tool",
                                                     "Agent",           "Team",      "Evaluator"};
    const auto found = std::find(order.begin(), order.end(), object["kind"].text());
    return static_cast<std::size_t>(found - order.begin());
}

}  // namespace

Result<std::vector<Manifest>> read_manifests(const std::vector<std::string>& paths) {
    std::vector<Manifest> manifests;
    for (const auto& path : paths) {
        std::vector<std::string> files{path};
        if (path != "-" && fs::is_directory(path)) {
            ARK_TRY(files, files_of(path));
        }
        for (const auto& file : files) {
            ARK_TRY_STATUS(read_file(file, manifests));
        }
    }
    if (manifests.empty()) return fail(Errc::bad_argument, "there is no resource in what was given");
    return manifests;
}

void sort_for_apply(std::vector<Manifest>& manifests) {
    std::stable_sort(manifests.begin(), manifests.end(),
                     [](const auto& a, const auto& b) { return rank_of(a.object) < rank_of(b.object); });
}

}  // namespace ark::cli
