#pragma once
#include "base/ids.hpp"
#include "base/packing.hpp"
#include "base/text.hpp"
#include "reference/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The keys of the projected rows (docs/views.md has them all): tag, tenant, the rest.
namespace ark::reference::keys {

/// Ids of producers are known by their first bytes.
inline constexpr std::size_t id_bytes_max = 512;

/// By which of its ids an item is found.
enum class Dimension : char { conversation = 'c', query = 'q', session = 's' };

inline std::string of_tenant(char tag, std::string_view tenant) {
    std::string out(1, tag);
    out.push_back(static_cast<char>(tenant.size()));  // at most 128 bytes
    out.append(tenant);
    return out;
}

/// Counted, so that no id is the beginning of another.
inline void append_id(std::string& out, std::string_view id) {
    id = clip(id, id_bytes_max);
    out.push_back(static_cast<char>(id.size() >> 8));
    out.push_back(static_cast<char>(id.size()));
    out.append(id);
}

inline std::string of_kind(char tag, std::string_view tenant, Kind kind) {
    auto out = of_tenant(tag, tenant);
    out.push_back(static_cast<char>(kind));
    return out;
}
inline std::string of_id(char tag, std::string_view tenant, Kind kind, Dimension dimension, std::string_view id) {
    auto out = of_kind(tag, tenant, kind);
    out.push_back(static_cast<char>(dimension));
    append_id(out, id);
    return out;
}
inline std::string with_number(std::string key, std::uint64_t number) {
    append_number(key, number);
    return key;
}

// The tags that are also spoken of elsewhere.
inline constexpr char run_tag = 'r';
inline constexpr char member_tag = 'i';
inline constexpr char group_tag = 'g';
inline constexpr char end_tag = 'x';
inline constexpr char trace_tag = 't';
inline constexpr char session_place_tag = 's';
inline constexpr char session_change_tag = 'V';

/// What keys begin with that watchers ask for.
inline constexpr std::string_view watched_tags = "ritsV";

inline constexpr std::string_view progress = "0";  ///< which place the rows belong to

// Of all kinds but sessions.
inline std::string state(std::string_view tenant) {
    return of_tenant('m', tenant);
}
inline std::string runs(std::string_view tenant, Kind kind) {
    return of_kind(run_tag, tenant, kind);
}
/// Which runs belong to an id; the value is how many items they have.
inline std::string members(std::string_view tenant, Kind kind, Dimension dimension, std::string_view id) {
    return of_id(member_tag, tenant, kind, dimension, id);
}
inline std::string group(std::string_view tenant, Kind kind, Dimension dimension, std::string_view id) {
    return of_id(group_tag, tenant, kind, dimension, id);
}
/// The group of an id and its members differ in the tag alone.
inline void group_of_members(std::string& key) {
    key.front() = group_tag;
}
inline void members_of_group(std::string& key) {
    key.front() = member_tag;
}
inline std::string groups(std::string_view tenant, Kind kind, Dimension dimension) {
    auto out = of_kind(group_tag, tenant, kind);
    out.push_back(static_cast<char>(dimension));
    return out;
}
/// How many messages a conversation has of a query.
inline std::string pairs(std::string_view tenant) {
    return of_tenant('p', tenant);
}
inline std::string pair(std::string_view tenant, std::string_view conversation, std::string_view query) {
    auto out = pairs(tenant);
    append_id(out, conversation);
    append_id(out, query);
    return out;
}
/// What ends when: runs of messages and events, and the chunks of finished queries.
inline std::string ends(std::string_view tenant, Kind kind) {
    return of_kind(end_tag, tenant, kind);
}
/// A finished query's chunks, once compacted: where the journal has them.
inline std::string compacted_all(std::string_view tenant) {
    return of_tenant('c', tenant);
}
inline std::string compacted(std::string_view tenant, std::string_view query) {
    auto out = compacted_all(tenant);
    append_id(out, query);
    return out;
}
inline std::string traces(std::string_view tenant) {
    return of_tenant(trace_tag, tenant);
}
inline std::string trace(std::string_view tenant, const TraceId& id) {
    return traces(tenant).append(id.view());
}
/// Traces by the number of their first span.
inline std::string trace_order(std::string_view tenant) {
    return of_tenant('o', tenant);
}

// Sessions. `place` is where JavaScript's objects put a key: see place_of().
inline std::string sessions(std::string_view tenant) {
    return of_tenant('S', tenant);
}
inline std::string session_places(std::string_view tenant) {
    return of_tenant(session_place_tag, tenant);
}
inline std::string session_place(std::string_view tenant, std::string_view id) {
    auto out = session_places(tenant);
    append_id(out, id);
    return out;
}
inline std::string session_changes(std::string_view tenant) {
    return of_tenant(session_change_tag, tenant);
}
/// Sessions by their last activity, the latest first; of one millisecond by place. The value is the status.
inline std::string session_activity(std::string_view tenant) {
    return of_tenant('A', tenant);
}
inline std::string active_at(std::string_view tenant, std::uint64_t ms) {
    return with_number(session_activity(tenant), ~ms);
}
inline std::string queries(std::string_view tenant, std::string_view session) {
    return of_tenant('Q', tenant).append(session);
}
inline std::string query_place(std::string_view tenant, std::string_view session, std::string_view name) {
    auto out = of_tenant('q', tenant).append(session);
    append_id(out, name);
    return out;
}
/// The query of a name that was created last, whichever session has it.
inline std::string query_of_name(std::string_view tenant, std::string_view name) {
    auto out = of_tenant('n', tenant);
    append_id(out, name);
    return out;
}
/// The conversations of a session, each once.
inline std::string session_conversation(std::string_view tenant, std::string_view session, std::string_view id) {
    auto out = of_tenant('K', tenant).append(session);
    append_id(out, id);
    return out;
}
/// The tags of everything that sessions are made of.
inline constexpr std::string_view session_tags = "SsVAQqnK";

/// Where an object of JavaScript has the key: integers below 2^32-1 first, by value, then the others in the order in
/// which they came (`number` ascends). Places sort as bytes and all have place_bytes.
inline constexpr std::size_t place_bytes = 9;
std::string place_of(std::string_view id, std::uint64_t number);

/// The first key behind all that begin with `prefix`; empty: there is none.
std::string behind(std::string prefix);
/// The big-endian number at the end of a key.
std::uint64_t last_number(std::string_view key);

}  // namespace ark::reference::keys
