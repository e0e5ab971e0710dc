// cel-conformance DIR: runs the CEL conformance suite (*.textproto of github.com/google/cel-spec,
// tests/simple/testdata). Prints "name: passed/applicable" for each file, then its failing cases. Exit 0 when all that
// apply pass, 1 when one fails, 2 when the folder or a file cannot be read.
#include "cases.hpp"
#include "textproto.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace {

using ark::conformance::Outcome;
using ark::conformance::TextMessage;

struct FileResult {
    int passed = 0;
    int applicable = 0;
    std::vector<std::string> failures;
};

FileResult run(const TextMessage& file) {
    FileResult result;
    for (const auto* section : file.all("section")) {
        for (const auto* test : section->message.front().all("test")) {
            const auto& message = test->message.front();
            const auto outcome = ark::conformance::run_case(message);
            if (outcome.verdict == Outcome::Verdict::not_applicable) continue;
            ++result.applicable;
            if (outcome.verdict == Outcome::Verdict::passed) {
                ++result.passed;
                continue;
            }
            result.failures.push_back(fmt::format("  {}/{}\n    expression: {}\n    expected:   {}\n    got:        {}",
                                                  section->message.front().text("name"), message.text("name"),
                                                  message.text("expr"), outcome.expected, outcome.got));
        }
    }
    return result;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("usage: cel-conformance DIR\n", stderr);
        return 2;
    }
    std::error_code error;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(arguments[1], error))
        if (entry.path().extension() == ".textproto") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    if (error || paths.empty()) {
        fmt::print(stderr, "cel-conformance: no *.textproto in {}\n", arguments[1]);
        return 2;
    }
    bool all_passed = true;
    for (const auto& path : paths) {
        std::ifstream stream(path, std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
        const auto file = ark::conformance::parse_text_message(text);
        if (!file) {
            fmt::print(stderr, "cel-conformance: {}: {}\n", path.string(), file.error().context);
            return 2;
        }
        const auto result = run(*file);
        fmt::print("{}: {}/{}\n", path.stem().string(), result.passed, result.applicable);
        for (const auto& failure : result.failures)
            fmt::print("{}\n", failure);
        all_passed = all_passed && result.passed == result.applicable;
    }
    return all_passed ? 0 : 1;
}
