#include "command.hpp"

#include "base/duration.hpp"
#include "base/edit_distance.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace ark::cli {
namespace {

Error wrong(std::string_view key, std::string_view text, std::string_view wanted) {
    return fail(Errc::bad_argument,
                "--" + std::string(key) + ": '" + std::string(text) + "' is not " + std::string(wanted));
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

Exit exit_of(const Error& error) {
    switch (error.code) {
        case Errc::bad_argument:
        case Errc::config:
            return Exit::usage;
        case Errc::deadline:
            return Exit::timeout;
        case Errc::not_found:
        case Errc::expired:
            return Exit::not_found;
        case Errc::connect:
            return Exit::unreachable;
        case Errc::unauthorized:
        case Errc::forbidden:
            return Exit::denied;
        case Errc::conflict:
            return Exit::conflict;
        default:
            return Exit::failed;
    }
}

std::string OptionSpec::key() const {
    const auto at = name.find("--");
    return at == std::string::npos ? name : name.substr(at + 2);
}

bool Invocation::has(std::string_view key) const {
    return std::any_of(values_.begin(), values_.end(), [&](const auto& entry) { return entry.first == key; });
}

std::string Invocation::text(std::string_view key) const {
    return text(key, "");
}

std::string Invocation::text(std::string_view key, std::string_view fallback) const {
    const auto last =
        std::find_if(values_.rbegin(), values_.rend(), [&](const auto& entry) { return entry.first == key; });
    return last == values_.rend() ? std::string(fallback) : last->second;
}

std::vector<std::string> Invocation::all(std::string_view key) const {
    std::vector<std::string> found;
    for (const auto& [name, value] : values_) {
        if (name == key) found.push_back(value);
    }
    return found;
}

Result<std::uint64_t> Invocation::whole_number(std::string_view key, std::uint64_t fallback) const {
    if (!has(key)) return fallback;
    const auto given = text(key);
    if (const auto value = parse_number<std::uint64_t>(given)) return *value;
    return wrong(key, given, "a whole number");
}

Result<double> Invocation::number(std::string_view key, double fallback) const {
    if (!has(key)) return fallback;
    const auto given = text(key);
    if (const auto value = parse_number<double>(given)) return *value;
    return wrong(key, given, "a number");
}

Result<std::uint64_t> Invocation::bytes(std::string_view key, std::uint64_t fallback) const {
    if (!has(key)) return fallback;
    const auto given = text(key);
    if (const auto value = parse_bytes(given)) return *value;
    return wrong(key, given, "a size such as 512, 300KB or 64MiB");
}

Result<std::int64_t> Invocation::duration_nanos(std::string_view key, std::int64_t fallback) const {
    if (!has(key)) return fallback;
    const auto given = text(key);
    if (const auto value = parse_duration(given)) return static_cast<std::int64_t>(value->count());
    return wrong(key, given, "a duration such as 250ms, 30s or 1h30m");
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
    std::optional<std::string> best;
    auto best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& candidate : known) {
        const auto distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace ark::cli
