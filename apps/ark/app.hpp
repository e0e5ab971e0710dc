#pragma once
#include <string>
#include <vector>

namespace ark::cli {

/// The whole program: `words` without the program's name; the exit code. Main thread, once.
int run(const std::vector<std::string>& words);

}  // namespace ark::cli
