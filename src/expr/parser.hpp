#pragma once
#include "expr/ast.hpp"
#include "expr/environment.hpp"

#include <memory>
#include <string_view>

namespace ark::expr {

/// The tree of `text` with macros expanded, or the first error in it. The grammar is CEL's (langdef), with the words
/// of Options::words: they bind as in Python, `not` below comparison, `x if c else y` as ?:.
Compiled<std::unique_ptr<Ast>> parse(std::string_view text, const Options& options);

}  // namespace ark::expr
