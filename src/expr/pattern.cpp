#include "expr/pattern.hpp"

#include <re2/re2.h>

namespace ark::expr {

Pattern Pattern::compile(std::string_view text, std::string& error) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(256 << 10);  // of the program and its DFA: some 10,000 instructions
    auto engine = std::make_shared<const RE2>(re2::StringPiece(text.data(), text.size()), options);
    if (!engine->ok()) error = engine->error();
    Pattern pattern;
    pattern.engine_ = std::move(engine);
    return pattern;
}

bool Pattern::found_in(std::string_view text) const {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *static_cast<const RE2*>(engine_.get()));
}

}  // namespace ark::expr
