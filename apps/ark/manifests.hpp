#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::cli {

/// A resource as somebody wrote it down, and where.
struct Manifest {
    codec::JsonValue object;
    std::string source;  ///< "agents.yaml:12", "-:1"
};

/// Of one file's text; `path` is what errors call it.
Status add_manifests(std::string_view text, const std::string& path, std::vector<Manifest>& out);
/// Reads files, folders (their .yaml, .yml and .json files, in order of names, not what is below) and "-" (standard
/// input). Lists are taken apart. Errors: bad_argument with the place.
Result<std::vector<Manifest>> read_manifests(const std::vector<std::string>& paths);

/// What others refer to comes first: secrets, then models, …, queries last. Stable.
void sort_for_apply(std::vector<Manifest>& manifests);

}  // namespace ark::cli
