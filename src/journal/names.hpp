#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How the files of a journal are called (docs/formats/journal.md, Directory).
namespace ark::journal {

std::string manifest_path(const std::string& directory);
std::string lock_path(const std::string& directory);

std::string segment_name(std::uint64_t sequence);                        ///< "0000000007.seg"
std::optional<std::uint64_t> parse_segment_name(std::string_view name);  ///< nothing for any other name
std::string spare_name(std::uint64_t sequence);                          ///< "spare-0000000007"
bool is_spare_name(std::string_view name);
std::string in_directory(const std::string& directory, std::string_view name);

}  // namespace ark::journal
