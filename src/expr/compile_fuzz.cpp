// Any text compiles or is refused, with and without checking and words; and says where it is wrong.
#include "base/check.hpp"
#include "expr/program.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

const ark::expr::Environment& environment(bool lenient) {
    const auto make = [](bool unchecked) {
        ark::expr::Options options;
        options.words = options.length = unchecked;
        options.check = !unchecked;
        ark::expr::Environment made(options);
        made.add_variable("reason", ark::expr::Type::string());
        made.add_variable("attributes", ark::expr::Type::map(ark::expr::Type::string(), ark::expr::Type::dyn()));
        return made;
    };
    static const auto strict = make(false);
    static const auto loose = make(true);
    return lenient ? loose : strict;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const bool lenient : {false, true}) {
        const auto program = ark::expr::compile(text, environment(lenient));
        if (program) continue;
        const auto issues = program.error();
        ARK_CHECK(!issues.list.empty(), "refused without a reason");
        for (const auto& issue : issues.list)
            ARK_CHECK(issue.offset <= size && issue.line >= 1 && issue.column >= 1, "an issue outside the text");
    }
    return 0;
}
