#pragma once
#include <cstddef>
#include <string_view>

namespace ark {

/// How many letters to insert, remove, replace or swap with their neighbour make `b` of `a`: how far a mistyped word is
/// from a known one. Upper and lower case are the same letter in ASCII; bytes otherwise. Takes |a|·|b| steps: callers
/// clip what strangers typed. Any thread.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace ark
