#include "journal/names.hpp"

#include <charconv>

namespace ark::journal {
namespace {

constexpr std::string_view segment_ending = ".seg";
constexpr std::string_view spare_beginning = "spare-";
constexpr std::size_t digits = 10;

std::string padded(std::uint64_t sequence) {
    auto text = std::to_string(sequence);
    if (text.size() < digits) text.insert(0, digits - text.size(), '0');
    return text;
}

}  // namespace

std::string in_directory(const std::string& directory, std::string_view name) {
    return directory + "/" + std::string(name);
}

std::string manifest_path(const std::string& directory) {
    return in_directory(directory, "MANIFEST");
}

std::string lock_path(const std::string& directory) {
    return in_directory(directory, "LOCK");
}

std::string segment_name(std::uint64_t sequence) {
    return padded(sequence) + std::string(segment_ending);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
    if (!name.ends_with(segment_ending)) return std::nullopt;
    name.remove_suffix(segment_ending.size());
    std::uint64_t sequence = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), sequence);
    if (error != std::errc() || end != name.data() + name.size() || name != padded(sequence)) return std::nullopt;
    return sequence;
}

std::string spare_name(std::uint64_t sequence) {
    return std::string(spare_beginning) + padded(sequence);
}

bool is_spare_name(std::string_view name) {
    return name.starts_with(spare_beginning);
}

}  // namespace ark::journal
