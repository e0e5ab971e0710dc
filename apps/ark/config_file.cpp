#include "config_file.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>

#include <yaml-cpp/yaml.h>

namespace ark::cli {
namespace {

constexpr std::size_t file_bytes_max = 1u << 20;

int line_of(const YAML::Node& node) {
    return node.Mark().line + 1;
}

Error at_line(const YAML::Node& node, std::string text) {
    return fail(Errc::config, "line " + std::to_string(line_of(node)) + ": " + std::move(text));
}

Result<FileEntry> entry_of(std::string key, const YAML::Node& value) {
    FileEntry entry{std::move(key), {}, line_of(value)};
    if (value.IsScalar()) {
        entry.values.push_back(value.Scalar());
        return entry;
    }
    if (!value.IsSequence()) return at_line(value, entry.key + ": a value or a list of values was expected");
    for (const auto& element : value) {
        if (!element.IsScalar()) return at_line(element, entry.key + ": a list of plain values was expected");
        entry.values.push_back(element.Scalar());
    }
    return entry;
}

Result<std::vector<FileEntry>> entries_of(const YAML::Node& root) {
    std::vector<FileEntry> entries;
    if (root.IsNull()) return entries;
    if (!root.IsMap()) return at_line(root, "keys and values were expected");
    for (const auto& top : root) {
        const auto name = top.first.Scalar();
        if (!top.second.IsMap()) {
            ARK_TRY(auto entry, entry_of(name, top.second));
            entries.push_back(std::move(entry));
            continue;
        }
        for (const auto& member : top.second) {
            ARK_TRY(auto entry, entry_of(name + "." + member.first.Scalar(), member.second));
            entries.push_back(std::move(entry));
        }
    }
    return entries;
}

}  // namespace

Result<std::vector<FileEntry>> read_config_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return errno == ENOENT ? fail(Errc::not_found, path) : from_errno(errno, path);
    std::string text(file_bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (file.bad()) return from_errno(errno, path);
    if (text.size() > file_bytes_max) return fail(Errc::config, path + ": larger than 1 MiB");
    try {
        auto entries = entries_of(YAML::Load(text));
        if (!entries) return prefix(std::move(entries).error(), path);
        return entries;
    } catch (const YAML::Exception& error) {
        return fail(Errc::config, path + ": line " + std::to_string(error.mark.line + 1) + ": " + error.msg);
    }
}

}  // namespace ark::cli
