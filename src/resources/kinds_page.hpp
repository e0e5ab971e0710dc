#pragma once
#include <string>

namespace ark::resources {

/// Every kind with its fields, as docs/resources.md has them; a test compares.
std::string kinds_markdown();

}  // namespace ark::resources
