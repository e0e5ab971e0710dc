#pragma once
#include "base/packing.hpp"
#include "base/text.hpp"
#include "views/story.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The keys of the store (docs/views.md has them all).
namespace ark::views::keys {

// Space ids: what producers call things → their numbers.

inline std::string tenant(std::string_view name) {
    return "T" + std::string(name);
}

inline void append_story(std::string& out, const StoryKey& key) {
    out.push_back('k');
    append_tenant(out, key.tenant);
    out.push_back(static_cast<char>(key.type));
    out.append(key.id.view());
}
inline std::string story(const StoryKey& key) {
    std::string out;
    append_story(out, key);
    return out;
}

inline std::string named(char type, std::uint32_t tenant, std::string_view text) {
    std::string out(1, type);
    append_tenant(out, tenant);
    out.append(clip(text, id_bytes_max));
    return out;
}
inline std::string session_id(std::uint32_t tenant, std::string_view id) {
    return named('s', tenant, id);
}
inline std::string query_id(std::uint32_t tenant, std::string_view id) {
    return named('i', tenant, id);
}
/// A query's name within a session (or none) and a namespace (or none).
inline std::string query_name(std::uint32_t tenant, std::uint64_t session, std::string_view space,
                              std::string_view name) {
    std::string out(1, 'n');
    append_tenant(out, tenant);
    append_number(out, session);
    append_text(out, clip(space, name_bytes_max));
    out.append(clip(name, id_bytes_max));
    return out;
}

// Space rows.

enum class Row : char { trace = 't', loose = 'l', query = 'q', session = 's' };

inline std::string rows(Row type, std::uint32_t tenant) {
    std::string out(1, static_cast<char>(type));
    append_tenant(out, tenant);
    return out;
}
inline std::string row(Row type, std::uint32_t tenant, std::uint64_t number) {
    auto out = rows(type, tenant);
    append_number(out, number);
    return out;
}
inline std::uint32_t tenant_of_row(std::string_view key) {
    std::uint32_t tenant = 0;
    for (const char c : key.substr(1, 4))
        tenant = tenant << 8 | static_cast<std::uint8_t>(c);
    return tenant;
}
inline Row row_type(const StoryKey& key) {
    return key.type == StoryKey::Type::trace ? Row::trace : Row::loose;
}

/// Which stories belong to a group; the value is their Row type.
enum class Member : char { of_session = 'S', of_query = 'Q' };

inline std::string members(Member type, std::uint64_t group) {
    std::string out(1, static_cast<char>(type));
    append_number(out, group);
    return out;
}
inline std::string member(Member type, std::uint64_t group, std::uint64_t story) {
    auto out = members(type, group);
    append_number(out, story);
    return out;
}

inline constexpr std::string_view progress = "m";  ///< where the fold stands, and how much it has counted

// Space postings.

inline std::string chunks(std::uint64_t story) {
    std::string out;
    append_number(out, story);
    return out;
}
inline std::string chunk(std::uint64_t story, std::uint64_t first_offset) {
    auto out = chunks(story);
    append_number(out, first_offset);
    return out;
}

/// The first key behind all that begin with `prefix`.
inline std::string behind(std::string prefix) {
    while (!prefix.empty() && static_cast<std::uint8_t>(prefix.back()) == 0xff)
        prefix.pop_back();
    if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<std::uint8_t>(prefix.back()) + 1);
    return prefix;
}

/// The big-endian number that a key of postings begins with.
inline std::uint64_t first_number(std::string_view key) {
    return Unpacker(key).number();
}

/// The big-endian number at the end of a key.
inline std::uint64_t last_number(std::string_view key) {
    return Unpacker(key.substr(key.size() < 8 ? key.size() : key.size() - 8)).number();
}

}  // namespace ark::views::keys
