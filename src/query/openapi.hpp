#pragma once
#include <span>
#include <string>
#include <string_view>

namespace ark::query {

/// The OpenAPI 3.1 document of this module: openapi.json, embedded at build.
std::string_view openapi_text();

/// `base` with the tags, paths and components of `parts` in it, on one line. All are documents of ours, known at
/// build: one that is no JSON, or that says anew what is said already, is a bug and ends the process.
std::string merge_openapi(std::string_view base, std::span<const std::string_view> parts);

}  // namespace ark::query
