#pragma once
#include <span>
#include <string_view>

namespace ark::web {

struct Asset {
    std::string_view name;  ///< "live.js"
    std::string_view bytes;
};

/// The files that were embedded at build time (cmake/Embed.cmake).
std::span<const Asset> assets();

}  // namespace ark::web
