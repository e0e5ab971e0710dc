#pragma once
#include <span>
#include <string_view>

/// What `ark up --demo` brings along: the examples, tools to call, and people who ask.
namespace ark::demo {

/// A file of examples/, as it stands there.
struct File {
    std::string_view name;  ///< "resources/02-agent.yaml"
    std::string_view text;
};
std::span<const File> files();

}  // namespace ark::demo
