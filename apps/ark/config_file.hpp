#pragma once
#include "base/result.hpp"

#include <string>
#include <vector>

namespace ark::cli {

/// One key of a configuration file: "server" or "broker.listen", its text (or texts, of a list), and its line.
struct FileEntry {
    std::string key;
    std::vector<std::string> values;
    int line = 0;
};

/// Reads a YAML file of two levels: scalars and lists of scalars. The only place that knows yaml-cpp.
/// Errors: config (with file and line), io, not_found.
Result<std::vector<FileEntry>> read_config_file(const std::string& path);

}  // namespace ark::cli
