#include "reference/rows.hpp"

#include "base/packing.hpp"
#include "reference/keys.hpp"

#include <charconv>

namespace ark::reference {
namespace {

constexpr char rows_version = 2;

template <class... Numbers>
void append_numbers(std::string& out, Numbers... numbers) {
    (append_varint(out, static_cast<std::uint64_t>(numbers)), ...);
}
template <class... Numbers>
void read_numbers(Unpacker& in, Numbers&... numbers) {
    ((numbers = in.varint()), ...);
}
template <class... Texts>
void append_texts(std::string& out, const Texts&... texts) {
    (append_text(out, texts), ...);
}
template <class... Texts>
void read_texts(Unpacker& in, Texts&... texts) {
    ((texts = in.text()), ...);
}

bool whole(const Unpacker& in) {
    return in.ok() && in.at_end();
}

}  // namespace

namespace keys {

std::string place_of(std::string_view id, std::uint64_t number) {
    constexpr std::uint64_t index_max = (1ull << 32) - 2;  // ECMA-262: array indexes
    std::uint64_t value = 0;
    const auto* end = id.data() + id.size();
    const auto read = std::from_chars(id.data(), end, value);
    const bool canonical = !id.empty() && (id.size() == 1 || id.front() != '0') && read.ec == std::errc();
    if (canonical && read.ptr == end && value <= index_max) return with_number("0", value);
    return with_number("1", number);
}

std::string behind(std::string prefix) {
    while (!prefix.empty() && static_cast<std::uint8_t>(prefix.back()) == 0xff)
        prefix.pop_back();
    if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<std::uint8_t>(prefix.back()) + 1);
    return prefix;
}

std::uint64_t last_number(std::string_view key) {
    return Unpacker(key.substr(key.size() < 8 ? key.size() : key.size() - 8)).number();
}

}  // namespace keys

std::string_view name(Phase phase) {
    switch (phase) {
        case Phase::running:
            return "running";
        case Phase::done:
            return "done";
        case Phase::error:
            return "error";
        case Phase::canceled:
            return "canceled";
    }
    return "running";
}

std::string_view name(SessionStatus status) {
    switch (status) {
        case SessionStatus::active:
            return "active";
        case SessionStatus::idle:
            return "idle";
        case SessionStatus::error:
            return "error";
    }
    return "idle";
}

std::string Place::pack() const {
    std::string out(1, rows_version);
    append_numbers(out, folded.value());
    return out;
}

bool Place::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    if (in.byte() != rows_version) return false;
    folded = Offset(in.varint());
    return whole(in);
}

std::string TenantState::pack() const {
    std::string out;
    for (const auto& kind : kinds)
        append_numbers(out, kind.next, kind.count, kind.first, kind.generation);
    append_numbers(out, traces, sessions, active, failed, clock_ms);
    return out;
}

bool TenantState::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    for (auto& kind : kinds)
        read_numbers(in, kind.next, kind.count, kind.first, kind.generation);
    read_numbers(in, traces, sessions, active, failed, clock_ms);
    return whole(in);
}

void Run::pack_into(std::string& out) const {
    append_numbers(out, count, offset.value(), ends_ms, completes ? 1 : 0);
    append_texts(out, conversation, query, session);
}

bool Run::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    read_numbers(in, count);
    offset = Offset(in.varint());
    read_numbers(in, ends_ms);
    completes = in.varint() != 0;
    read_texts(in, conversation, query, session);
    return whole(in);
}

bool Run::same_ids(const Run& other) const {
    return conversation == other.conversation && query == other.query && session == other.session;
}

std::string GroupRow::pack() const {
    std::string out;
    append_numbers(out, count, first, queries, completed, completed_ms);
    return out;
}

bool GroupRow::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    read_numbers(in, count, first, queries, completed, completed_ms);
    return whole(in);
}

std::string NumberRow::pack() const {
    std::string out;
    append_varint(out, number);
    return out;
}

bool NumberRow::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    number = in.varint();
    return whole(in);
}

std::string TraceFirst::pack() const {
    return keys::with_number({}, sequence);
}

bool TraceFirst::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    sequence = in.number();
    return whole(in);
}

std::string CompactedRow::pack() const {
    std::string out;
    append_numbers(out, generation, completed);
    std::uint64_t at = 0;
    for (const auto& stretch : stretches) {
        append_numbers(out, stretch.offset.value() - at, stretch.count);
        at = stretch.offset.value();
    }
    return out;
}

bool CompactedRow::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    read_numbers(in, generation, completed);
    std::uint64_t at = 0;
    stretches.clear();
    while (in.ok() && !in.at_end()) {
        Stretch stretch;
        at += in.varint();
        stretch.offset = Offset(at);
        read_numbers(in, stretch.count);
        stretches.push_back(stretch);
    }
    return in.ok();
}

SessionStatus SessionRow::status() const {
    if (running > 0) return SessionStatus::active;
    return latest_failed ? SessionStatus::error : SessionStatus::idle;
}

std::string SessionRow::name() const {
    constexpr std::string_view prefix = "session-";
    return id.substr(id.starts_with(prefix) ? prefix.size() : 0);
}

std::string SessionRow::pack() const {
    std::string out;
    append_texts(out, id, latest);
    append_numbers(out, created_ms, activity_ms, running, errors, queries, conversations, change, latest_ms,
                   latest_failed ? 1 : 0);
    for (const auto& word : words)
        append_text(out, word);
    return out;
}

bool SessionRow::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    read_texts(in, id, latest);
    read_numbers(in, created_ms, activity_ms, running, errors, queries, conversations, change, latest_ms);
    latest_failed = in.varint() != 0;
    words.clear();
    while (in.ok() && !in.at_end())
        words.emplace_back(in.text());
    return in.ok();
}

std::string QueryRow::pack() const {
    std::string out;
    append_texts(out, name, space, conversation, agent, team, tool, target, error);
    append_numbers(out, static_cast<std::uint8_t>(phase), created_ms, completed_ms, activity_ms);
    return out;
}

bool QueryRow::unpack(std::string_view bytes) {
    Unpacker in(bytes);
    read_texts(in, name, space, conversation, agent, team, tool, target, error);
    const auto number = in.varint();
    if (number > static_cast<std::uint64_t>(Phase::canceled)) in.fail();
    phase = static_cast<Phase>(number);
    read_numbers(in, created_ms, completed_ms, activity_ms);
    return whole(in);
}

}  // namespace ark::reference
